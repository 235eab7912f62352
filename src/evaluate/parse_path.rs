//! The paths of a matrix: which fields of a customer they lead to, and the conditions on the way.

use std::ops::Range;

use toml::Spanned;

use crate::catalog::{CUSTOMER, FieldIndex, Object, Type};

use super::form::{Conditions, Test, Texts};
use super::matrix::{FieldPath, Leaf, Step};
use super::parse::Reader;
use super::screened::{ANY, FLAGS};
use super::wording;

impl Reader<'_> {
    /// The paths of fields and of flags, with the conditions on the items of their lists.
    pub(super) fn paths(
        &mut self,
        fields: Option<&Spanned<Texts>>,
        flags: Option<&Spanned<Texts>>,
        conditions: &Conditions,
    ) -> Vec<FieldPath> {
        let mut paths = Vec::new();
        for (texts, flag) in [(fields, false), (flags, true)] {
            let Some(texts) = texts else { continue };
            for text in &texts.get_ref().0 {
                paths.extend(match flag {
                    true => self.flag(text, &texts.span()),
                    false => self.path(text, &texts.span()),
                });
            }
        }
        let Some(forms) = conditions else {
            return paths;
        };
        if !paths.iter().any(|p| p.steps.iter().any(|s| s.list)) {
            self.wrong(&forms.span(), wording::NO_ITEMS, "");
        }
        for path in &mut paths {
            for (name, test) in forms.get_ref() {
                // The innermost list whose items have such a field.
                let lists = || path.steps.iter().rposition(|s| s.list);
                let has = |s: &Step| s.list && s.object.fields.iter().any(|f| f.name == name);
                let index = path.steps.iter().rposition(has).or_else(lists);
                let Some(step) = index.and_then(|i| path.steps.get_mut(i)) else {
                    continue;
                };
                if let Some(field) = self.field(step.object, name, &forms.span()) {
                    self.compares(test, step.object, field, &forms.span());
                    step.conditions.push((field, test.clone()));
                }
            }
        }
        paths
    }

    fn flag(&mut self, word: &str, at: &Range<usize>) -> Option<FieldPath> {
        let known = FLAGS.iter().map(|f| f.0).chain(ANY.iter().map(|f| f.0));
        let index = self.find(at, word, known, "there is no flag {}")?;
        let Some((_, declared, process)) = FLAGS.get(index) else {
            let (_, outcome) = ANY.get(index - FLAGS.len())?;
            return Some(FieldPath {
                text: word.to_owned(),
                steps: Vec::new(),
                object: &CUSTOMER,
                leaf: Leaf::Found(*outcome),
            });
        };
        let path = self.path(declared, at)?;
        match path.leaf {
            Leaf::Field(f) => Some(FieldPath {
                leaf: Leaf::Flag(*process, f),
                ..path
            }),
            _ => None,
        }
    }

    fn field(&mut self, of: &'static Object, name: &str, at: &Range<usize>) -> Option<FieldIndex> {
        let names = of.fields.iter().map(|f| f.name);
        let message = format!("{} has no field {{}}", of.name);
        let index = self.find(at, name, names, &message)?;
        Some(FieldIndex(index as u8))
    }

    /// Says it where a field cannot be compared with what a condition asks.
    fn compares(&mut self, test: &Test, of: &'static Object, field: FieldIndex, at: &Range<usize>) {
        let field = of.field(field);
        match (test, field.ty) {
            (Test::Is(_), Type::Boolean)
            | (Test::Range(_), Type::Integer | Type::BigInteger | Type::Decimal) => {}
            (Test::OneOf(words), Type::Text | Type::Choice(_)) => {
                self.check_words(at, field, words.0.iter().map(|w| &**w));
            }
            _ => self.wrong(at, wording::COMPARED, field.name),
        }
    }

    pub(super) fn unless(&mut self, conditions: &Conditions) -> Vec<(FieldPath, Test)> {
        let mut all = Vec::new();
        let Some(forms) = conditions else {
            return all;
        };
        for (name, test) in forms.get_ref() {
            let Some(path) = self.path(name, &forms.span()) else {
                continue;
            };
            match path.leaf {
                Leaf::Field(f) => self.compares(test, path.object, f, &forms.span()),
                _ => self.wrong(&forms.span(), wording::NO_VALUE, name),
            }
            all.push((path, test.clone()));
        }
        all
    }

    /// The field that a path names, or the items of the list that it ends with.
    pub(super) fn path(&mut self, text: &str, at: &Range<usize>) -> Option<FieldPath> {
        let Some(rest) = text.strip_prefix("Customer.") else {
            self.wrong(at, wording::PATH, text);
            return None;
        };
        let mut path = FieldPath {
            text: rest.to_owned(),
            steps: Vec::new(),
            object: &CUSTOMER,
            leaf: Leaf::Item,
        };
        let mut names = rest.split('.').peekable();
        while let Some(name) = names.next() {
            let key = name.strip_suffix("[]").unwrap_or(name);
            let (list, last) = (key != name, names.peek().is_none());
            let field = self.field(path.object, key, at)?;
            path.object = match path.object.field(field).ty {
                Type::List(of) if list => of,
                Type::Object(of) if !list && !last => of,
                Type::List(_) | Type::Object(_) | Type::Choices(_) => break,
                _ if list || !last => break,
                _ => {
                    path.leaf = Leaf::Field(field);
                    return Some(path);
                }
            };
            let (object, conditions) = (path.object, Vec::new());
            path.steps.push(Step {
                field,
                list,
                object,
                conditions,
            });
            if last {
                return Some(path);
            }
        }
        self.wrong(at, wording::NO_VALUE, text);
        None
    }
}
