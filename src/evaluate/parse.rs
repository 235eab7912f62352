//! The text of one TOML file to one risk matrix, with every problem named by line and fix.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::catalog::{Classifier, RiskLevel};
use crate::classifier::{ClassifierFile, Problem};
use crate::position::Position;
use crate::request::value;
use crate::text::did_you_mean;

use super::form::{LevelForm, MatrixForm};
use super::matrix::{Matrix, MatrixName};
use super::wording::{self, Wording};

/// The most factors of a matrix. Sums of the exact fractions stay far below what a number holds.
const MAX_FACTORS: usize = 100;
/// The most groups.
const MAX_GROUPS: usize = 8;

/// Reads one matrix from the text of its file. Names of classifiers' values and attributes are looked
/// up in `classifiers`.
///
/// # Errors
/// Every problem found, each with its line; of what is not TOML or not of the form, the first.
pub fn parse_matrix(
    file: &str,
    text: &str,
    classifiers: &[ClassifierFile],
) -> Result<Matrix, Vec<Problem>> {
    let form = toml::from_str(text).map_err(|e: toml::de::Error| {
        let (at, message) = (e.span().unwrap_or(0..0), Position::toml_message(&e));
        let remedy = "docs/RISK.md has every key with what it may hold";
        vec![Problem::in_text((file, text), &at, message, remedy)]
    })?;
    let mut reader = Reader {
        text: (file, text),
        classifiers,
        problems: Vec::new(),
    };
    let matrix = reader.matrix(form);
    match reader.problems.is_empty() {
        true => Ok(matrix),
        false => Err(reader.problems),
    }
}

/// Looks up the names of one form, and notes what is wrong.
pub(super) struct Reader<'t> {
    /// The file's name, and what it says.
    text: (&'t str, &'t str),
    classifiers: &'t [ClassifierFile],
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    pub(super) fn problem(
        &mut self,
        at: &Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems
            .push(Problem::in_text(self.text, at, message, remedy));
    }

    /// Notes something about a name.
    pub(super) fn wrong(&mut self, at: &Range<usize>, (message, remedy): Wording, about: &str) {
        let filled = |text: &str| text.replace("{}", about);
        self.problem(at, filled(message), filled(remedy));
    }

    /// The place of a name among the known ones. One that is none of them is a problem with this message,
    /// `{}` being the name; the nearest is the fix.
    pub(super) fn find<'c>(
        &mut self,
        at: &Range<usize>,
        name: &str,
        known: impl Iterator<Item = &'c str> + Clone,
        message: &str,
    ) -> Option<usize> {
        let found = known.clone().position(|k| k == name);
        if found.is_none() {
            let remedy = did_you_mean(name, known.clone()).unwrap_or_else(|| {
                let mut some: Vec<&str> = known.take(12).collect();
                some.dedup();
                match some.is_empty() {
                    true => "there is none so far: add it where it is looked for".to_owned(),
                    false => format!(
                        "write one of those that there are, such as {}",
                        some.join(", ")
                    ),
                }
            });
            self.problem(at, message.replace("{}", name), remedy);
        }
        found
    }

    pub(super) fn classifier(&self, classifier: Classifier) -> Option<&'t ClassifierFile> {
        let files: &'t [ClassifierFile] = self.classifiers;
        files.iter().find(|f| f.name == classifier.name())
    }

    /// Says which of these codes a classifier does not have, retired or not.
    pub(super) fn check_codes<'c>(
        &mut self,
        at: &Range<usize>,
        classifier: Classifier,
        codes: impl Iterator<Item = &'c str>,
    ) {
        let Some(file) = self.classifier(classifier) else {
            return;
        };
        let message = format!("the classifier {} has no value {{}}", file.name);
        let known = file.values.iter().map(|v| &*v.code);
        for code in codes {
            self.find(at, code, known.clone(), &message);
        }
    }

    fn matrix(&mut self, form: MatrixForm) -> Matrix {
        self.check(&form);
        let groups = form.groups.into_iter();
        let groups: Vec<_> = groups.map(|(name, g)| (name, g.into_inner())).collect();
        let default = form.missing.default;
        let factors = form.factor.into_iter();
        let mut factors: Vec<_> = factors
            .filter_map(|f| self.factor(f, &groups, default))
            .collect();
        // Sorted, so that nothing depends on the order of the file.
        factors.sort_by(|a, b| a.id.cmp(&b.id));
        let floors = form.floor.into_iter();
        let mut floors: Vec<_> = floors.filter_map(|f| self.floor(f, &factors)).collect();
        floors.sort_by(|a, b| a.id.cmp(&b.id));
        let ratings = || factors.iter().filter_map(|f| f.attribute.as_ref());
        let uses = |name: &str| ratings().any(|(_, classifier)| classifier == name);
        let used = self.classifiers.iter().filter(|f| uses(&f.name));
        let mut categories = form.applies_to.into_inner().0;
        categories.sort();
        Matrix {
            levels: self.levels(&form.levels),
            name: MatrixName {
                name: form.name.into_inner(),
                file: self.text.0.into(),
                hash: crate::hex(&Sha256::digest(self.text.1.as_bytes())),
                owner: form.owner.into_inner(),
                valid_from: form.valid_from.get_ref().to_string(),
                classifiers: used.map(|f| (f.name.clone(), f.hash())).collect(),
            },
            example: form.example,
            categories,
            text: self.text.1.into(),
            show: form.explain.show,
            groups,
            factors,
            floors,
            flags: form.flags,
            rules: form.decision,
        }
    }

    /// What the tables of the file say beside each other.
    fn check(&mut self, form: &MatrixForm) {
        if *form.format.get_ref() != 1 {
            self.wrong(&form.format.span(), wording::FORMAT, "");
        }
        for (what, text) in [("name", &form.name), ("owner", &form.owner)] {
            if text.get_ref().trim().is_empty() {
                self.wrong(&text.span(), wording::BLANK, what);
            }
        }
        let day = form.valid_from.get_ref();
        if day.date.is_none() || day.time.is_some() {
            self.wrong(&form.valid_from.span(), wording::DAY, "");
        }
        if form.factor.len() > MAX_FACTORS {
            self.wrong(&(0..0), wording::FACTORS, &MAX_FACTORS.to_string());
        }
        if form.groups.is_empty() || form.groups.len() > MAX_GROUPS {
            self.wrong(&(0..0), wording::GROUPS, &MAX_GROUPS.to_string());
        }
        for (name, group) in &form.groups {
            if !form.factor.iter().any(|f| f.group.get_ref() == name) {
                self.wrong(&group.span(), wording::EMPTY_GROUP, name);
            }
        }
        let (at, categories) = (form.applies_to.span(), &form.applies_to.get_ref().0);
        let codes = categories.iter().map(|c| &**c);
        self.check_codes(&at, Classifier::RiskManagementCategory, codes.clone());
        self.unique("category", codes.map(|c| (c, at.clone())));
        let ids = form.factor.iter().map(|f| &f.id);
        self.unique("factor", ids.map(|id| (&**id.get_ref(), id.span())));
        let ids = form.floor.iter().map(|f| &f.id);
        self.unique("floor", ids.map(|id| (&**id.get_ref(), id.span())));
    }

    fn unique<'i>(&mut self, what: &str, names: impl Iterator<Item = (&'i str, Range<usize>)>) {
        let mut seen = Vec::new();
        for (name, at) in names {
            if name.trim().is_empty() {
                self.wrong(&at, wording::BLANK, &format!("the id of a {what}"));
            } else if seen.contains(&name) {
                self.wrong(&at, wording::TWICE, &format!("the {what} {name}"));
            }
            seen.push(name);
        }
    }

    fn levels(&mut self, forms: &[LevelForm]) -> Vec<(u32, RiskLevel)> {
        let mut levels: Vec<(u32, RiskLevel)> = Vec::new();
        for LevelForm { level, from } in forms {
            // The digits as they stand in the file.
            let digits = self.text.1.get(from.span()).map(|t| t.replace('_', ""));
            let number = digits.and_then(|d| value::thousandths(&d));
            let score = number.filter(|n| n % 100 == 0 && (0..=100_000).contains(n));
            let Some(tenths) = score.map(|n| (n / 100) as u32) else {
                self.wrong(&from.span(), wording::SCORE, level.name());
                continue;
            };
            let last = levels.last();
            if !last.map_or(tenths == 0, |last| last.0 < tenths && last.1 < *level) {
                self.wrong(&from.span(), wording::LEVELS, level.name());
            }
            levels.push((tenths, *level));
        }
        if forms.is_empty() {
            self.wrong(&(0..0), wording::NO_LEVEL, "");
        }
        levels
    }
}
