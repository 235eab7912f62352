//! The paths of a matrix: which fields of a customer they lead to, and the conditions on the way.

use std::ops::Range;

use toml::Spanned;

use crate::catalog::{Applies, CUSTOMER, EntityType, Field, FieldIndex, Object, Type, keys};

use super::form::{Conditions, OneOrMore, TestForm};
use super::matrix::{Condition, FieldPath, Step, Test};
use super::parse::Reader;

/// A path with what it leads to.
pub(super) struct Resolved {
    pub path: FieldPath,
    /// The objects of its lists, in the order of their steps.
    pub items: Vec<&'static Object>,
    /// The object that holds the leaf, or the item.
    pub object: &'static Object,
    pub leaf: Option<&'static Field>,
}

const PATH: &str =
    "write it from Customer on, as docs/FIELDS.md has it: Customer.listAddress[].country";

impl Reader<'_> {
    /// Whether a field may hold these words: codes of its classifier, or its values.
    pub(super) fn check_words<'c>(
        &mut self,
        at: &Range<usize>,
        field: &'static Field,
        words: impl Iterator<Item = &'c str>,
    ) {
        match (field.classifier, field.ty.values()) {
            (Some(classifier), _) => self.check_codes(at, classifier, words),
            (None, []) => {}
            (None, values) => {
                for word in words.filter(|w| !values.contains(w)) {
                    let message = format!("{} is never {word}", field.name);
                    self.not_known(at.clone(), message, word, values.iter().copied());
                }
            }
        }
    }

    /// The paths of a factor, with the conditions on the items of their lists.
    pub(super) fn resolve(
        &mut self,
        field: Option<&Spanned<OneOrMore>>,
        conditions: &Conditions,
    ) -> Vec<Resolved> {
        let Some(field) = field else {
            return Vec::new();
        };
        let texts = field.get_ref().0.iter();
        let mut paths: Vec<Resolved> = texts
            .filter_map(|text| self.path(text, &field.span()))
            .collect();
        let Some(forms) = conditions else {
            return paths;
        };
        for path in &mut paths {
            for (name, test) in forms.get_ref() {
                let has = |o: &&&'static Object| keys(o).get(name).is_some();
                let object = path.items.iter().rev().find(has).or(path.items.last());
                let Some(object) = object else {
                    let remedy =
                        "conditions are about the items of a list: use unless for the customer";
                    self.problem(
                        forms.span(),
                        format!("{} is in no list", path.path.text),
                        remedy,
                    );
                    continue;
                };
                let condition = self.condition(name, test, object, &forms.span());
                let depth = path.items.iter().position(|o| o.id == object.id);
                let mut lists = path.path.steps.iter_mut().filter(|s| s.list);
                if let (Some(condition), Some(step)) = (condition, depth.and_then(|d| lists.nth(d)))
                {
                    step.conditions.push(condition);
                }
            }
        }
        paths
    }

    pub(super) fn condition(
        &mut self,
        name: &str,
        test: &TestForm,
        object: &'static Object,
        at: &Range<usize>,
    ) -> Option<Condition> {
        let Some(field) = keys(object).get(name) else {
            let message = format!("{} has no field {name}", object.name);
            self.not_known(
                at.clone(),
                message,
                name,
                object.fields.iter().map(|f| f.name),
            );
            return None;
        };
        let test = self.test(test, object.field(field), at)?;
        Some(Condition { field, test })
    }

    fn test(&mut self, form: &TestForm, field: &'static Field, at: &Range<usize>) -> Option<Test> {
        let number = matches!(field.ty, Type::Integer | Type::BigInteger | Type::Decimal);
        let thousandths = |n: Option<i64>| n.map(|n| n.saturating_mul(1000));
        match (form, field.ty) {
            (TestForm::Is(is), Type::Boolean) => Some(Test::Is(*is)),
            (TestForm::OneOf(words), Type::Text | Type::Choice(_)) => {
                self.check_words(at, field, words.iter().map(String::as_str));
                Some(Test::OneOf(words.clone()))
            }
            (TestForm::Range(range), _) if number => Some(Test::Range {
                from: thousandths(range.from),
                below: thousandths(range.below),
                or_missing: range.or_missing,
            }),
            _ => {
                let message = format!("{} cannot be compared with that", field.name);
                let remedy = "true or false goes with a Boolean, texts with a String or Enum, { from, below } with a number";
                self.problem(at.clone(), message, remedy);
                None
            }
        }
    }

    pub(super) fn unless(&mut self, conditions: &Conditions) -> Vec<(FieldPath, Test)> {
        let Some(forms) = conditions else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (name, test) in forms.get_ref() {
            let Some(resolved) = self.path(name, &forms.span()) else {
                continue;
            };
            match resolved.leaf {
                Some(field) => {
                    let test = self.test(test, field, &forms.span());
                    all.extend(test.map(|test| (resolved.path, test)));
                }
                None => self.problem(forms.span(), format!("{name} is no single value"), PATH),
            }
        }
        all
    }

    /// The field that a path names, or the items of the list that it ends with.
    pub(super) fn path(&mut self, text: &str, at: &Range<usize>) -> Option<Resolved> {
        let mut object: &'static Object = &CUSTOMER;
        let (mut steps, mut items) = (Vec::new(), Vec::new());
        let rest = text.strip_prefix("Customer.");
        let Some(rest) = rest else {
            self.problem(at.clone(), format!("{text} is no path of a customer"), PATH);
            return None;
        };
        let path = |steps, leaf| FieldPath {
            text: rest.to_owned(),
            steps,
            leaf,
        };
        let mut names = rest.split('.').peekable();
        while let Some(name) = names.next() {
            let (key, list) = name
                .strip_suffix("[]")
                .map_or((name, false), |key| (key, true));
            let Some(index) = keys(object).get(key) else {
                let message = format!("{} has no field {key}", object.name);
                self.not_known(
                    at.clone(),
                    message,
                    key,
                    object.fields.iter().map(|f| f.name),
                );
                return None;
            };
            let field = object.field(index);
            let last = names.peek().is_none();
            match field.ty {
                Type::List(of) if list => {
                    items.push(of);
                    steps.push(Step {
                        field: index,
                        list,
                        conditions: Vec::new(),
                    });
                    object = of;
                    if last {
                        return Some(Resolved {
                            path: path(steps, None),
                            items,
                            object,
                            leaf: None,
                        });
                    }
                }
                Type::Object(of) if !list && !last => {
                    steps.push(Step {
                        field: index,
                        list,
                        conditions: Vec::new(),
                    });
                    object = of;
                }
                Type::List(_) | Type::Object(_) | Type::Choices(_) => break,
                _ if last && !list => {
                    let leaf = Some(field);
                    return Some(Resolved {
                        path: path(steps, Some(index)),
                        items,
                        object,
                        leaf,
                    });
                }
                _ => break,
            }
        }
        let remedy = "a list is written with [], and a path ends with a single value or a list";
        self.problem(at.clone(), format!("{text} leads to no value"), remedy);
        None
    }
}

/// The one kind of customer that has any of these fields, if it is one.
pub(super) fn only_for(paths: &[Resolved]) -> Option<EntityType> {
    let whom = |path: &Resolved| {
        let first: FieldIndex = path
            .path
            .steps
            .first()
            .map(|s| s.field)
            .or(path.path.leaf)?;
        match CUSTOMER.field(first).applies {
            Applies::Individual => Some(EntityType::Individual),
            Applies::Organization => Some(EntityType::Organization),
            Applies::Both => None,
        }
    };
    let first = paths.first().and_then(whom)?;
    paths
        .iter()
        .all(|path| whom(path) == Some(first))
        .then_some(first)
}
