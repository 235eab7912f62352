//! The text of one TOML file to one risk matrix, with every problem named by line and fix.

use std::collections::BTreeMap;
use std::ops::Range;

use sha2::{Digest, Sha256};
use toml::Spanned;

use crate::catalog::{Classifier, EntityType, RiskLevel};
use crate::classifier::{ClassifierFile, Problem};
use crate::position::Position;
use crate::request::value;
use crate::text::did_you_mean;

use super::form::{FactorForm, FlagSource, For, GroupForm, LevelForm, MatrixForm, MissingForm};
use super::matrix::{Decision, Factor, Group, Matrix};

/// The most factors of a matrix. Sums of the exact fractions stay far below what a number holds.
const MAX_FACTORS: usize = 100;
/// The largest weight of a group.
const MAX_WEIGHT: u32 = 1000;
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
    let mut reader = Reader {
        file,
        text,
        classifiers,
        problems: Vec::new(),
        used: BTreeMap::new(),
    };
    let form = toml::from_str(text).map_err(|e: toml::de::Error| {
        let message = Position::toml_message(&e);
        let remedy = "docs/RISK.md has every key with what it may hold";
        vec![reader.problem_at(e.span().unwrap_or(0..0), message, remedy)]
    })?;
    let matrix = reader.matrix(form);
    match reader.problems.is_empty() {
        true => Ok(matrix),
        false => Err(reader.problems),
    }
}

pub(super) struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    pub classifiers: &'t [ClassifierFile],
    pub problems: Vec<Problem>,
    /// Classifiers whose attributes were looked up, with their hashes.
    pub used: BTreeMap<String, String>,
}

impl<'t> Reader<'t> {
    fn problem_at(&self, at: Range<usize>, message: impl Into<String>, remedy: &str) -> Problem {
        Problem {
            file: self.file.into(),
            line: (at.end > 0).then(|| Position::of(self.text.as_bytes(), at.start).line),
            message: message.into(),
            remedy: remedy.into(),
            passing: false,
        }
    }

    pub(super) fn problem(&mut self, at: Range<usize>, message: impl Into<String>, remedy: &str) {
        let problem = self.problem_at(at, message, remedy);
        self.problems.push(problem);
    }

    /// A name that is none of the known ones: the nearest is the fix.
    pub(super) fn not_known<'c>(
        &mut self,
        at: Range<usize>,
        message: String,
        given: &str,
        known: impl Iterator<Item = &'c str> + Clone,
    ) {
        let remedy = did_you_mean(given, known.clone()).unwrap_or_else(|| {
            let some: Vec<&str> = known.take(12).collect();
            format!(
                "write one of those that there are, such as {}",
                some.join(", ")
            )
        });
        self.problem(at, message, &remedy);
    }

    pub(super) fn classifier(&self, classifier: Classifier) -> Option<&'t ClassifierFile> {
        let files: &'t [ClassifierFile] = self.classifiers;
        files.iter().find(|f| f.name == classifier.name())
    }

    /// Whether the classifier has these codes, retired or not; says which it does not have.
    pub(super) fn check_codes<'c>(
        &mut self,
        at: &Range<usize>,
        classifier: Classifier,
        codes: impl Iterator<Item = &'c str>,
    ) {
        let Some(file) = self.classifier(classifier) else {
            return;
        };
        for code in codes {
            if !file.values.iter().any(|v| v.code == code) {
                let message = format!("the classifier {} has no value {code}", file.name);
                self.not_known(
                    at.clone(),
                    message,
                    code,
                    file.values.iter().map(|v| &*v.code),
                );
            }
        }
    }

    fn matrix(&mut self, form: MatrixForm) -> Matrix {
        self.head(&form);
        let categories =
            self.categories(&form.applies_to.span(), form.applies_to.get_ref().0.clone());
        let groups = self.groups(form.groups, &form.factor);
        let default = form.missing.default.unwrap_or(MissingForm::Neutral);
        let mut factors: Vec<Factor> = Vec::new();
        for factor in form.factor {
            factors.extend(self.factor(factor, &groups, default));
        }
        // Sorted, so that nothing depends on the order of the file.
        factors.sort_by(|a, b| a.id.cmp(&b.id));
        let mut floors: Vec<_> = form
            .floor
            .into_iter()
            .filter_map(|f| self.floor(f, &factors))
            .collect();
        floors.sort_by(|a, b| a.id.cmp(&b.id));
        Matrix {
            file: self.file.into(),
            name: form.name,
            owner: form.owner,
            valid_from: form.valid_from.get_ref().to_string(),
            example: form.example,
            categories,
            text: self.text.into(),
            hash: crate::hex(&Sha256::digest(self.text.as_bytes())),
            groups,
            factors,
            floors,
            levels: self.levels(&form.levels),
            flag_source: form
                .flags
                .source
                .unwrap_or(FlagSource::ScreeningThenDeclared),
            waiting_counts: form.flags.waiting_counts_as.unwrap_or(true),
            decision: self.decision(form.decision),
            show: form.explain.show,
            classifiers: std::mem::take(&mut self.used).into_iter().collect(),
        }
    }

    fn head(&mut self, form: &MatrixForm) {
        if *form.format.get_ref() != 1 {
            let remedy = "write format = 1, the only one so far";
            self.problem(form.format.span(), "the format is not known", remedy);
        }
        for (what, text) in [("name", &form.name), ("owner", &form.owner)] {
            if text.trim().is_empty() {
                let remedy = "write who answers for the matrix, and what it is called";
                self.problem(0..0, format!("{what} is blank"), remedy);
            }
        }
        let day = form.valid_from.get_ref();
        if day.date.is_none() || day.time.is_some() {
            let remedy = "write the first day: valid_from = 2026-12-01";
            self.problem(form.valid_from.span(), "valid_from is not a day", remedy);
        }
        if form.factor.len() > MAX_FACTORS {
            let remedy = "put fields that say the same into one factor";
            self.problem(
                0..0,
                format!("there are more than {MAX_FACTORS} factors"),
                remedy,
            );
        }
        self.unique("factor", form.factor.iter().map(|f| &f.id));
        self.unique("floor", form.floor.iter().map(|f| &f.id));
    }

    fn groups(&mut self, forms: BTreeMap<String, GroupForm>, factors: &[FactorForm]) -> Vec<Group> {
        if forms.is_empty() || forms.len() > MAX_GROUPS {
            let message = format!("there are not 1 to {MAX_GROUPS} groups");
            self.problem(
                0..0,
                message,
                "write customer, country, product, channel, or what you weigh",
            );
        }
        let mut groups = Vec::new();
        for (name, group) in forms {
            let weight = *group.weight.get_ref();
            if weight == 0 || weight > MAX_WEIGHT {
                let message =
                    format!("the weight of the group {name} is not from 1 to {MAX_WEIGHT}");
                let remedy = "write a whole number; only the relation of the weights counts";
                self.problem(group.weight.span(), message, remedy);
            }
            if !factors.iter().any(|f| *f.group.get_ref() == name) {
                let remedy = "add a factor, or remove the group: it would always be without data";
                self.problem(
                    group.weight.span(),
                    format!("the group {name} has no factor"),
                    remedy,
                );
            }
            groups.push(Group {
                name,
                weight,
                combine: group.combine,
            });
        }
        groups
    }

    fn unique<'i>(&mut self, what: &str, ids: impl Iterator<Item = &'i Spanned<String>>) {
        let mut seen = Vec::new();
        for id in ids {
            let text = id.get_ref();
            if text.trim().is_empty() {
                self.problem(id.span(), format!("the id of a {what} is blank"), "name it");
            } else if seen.contains(&text) {
                let remedy = "an id stands once: results refer to it";
                self.problem(
                    id.span(),
                    format!("the {what} {text} is there twice"),
                    remedy,
                );
            }
            seen.push(text);
        }
    }

    fn categories(&mut self, at: &Range<usize>, codes: Vec<String>) -> Vec<String> {
        let classifier = Classifier::RiskManagementCategory;
        self.check_codes(at, classifier, codes.iter().map(String::as_str));
        let mut sorted = codes.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() < codes.len() {
            self.problem(
                at.clone(),
                "applies_to names a category twice",
                "remove one of the two",
            );
        }
        sorted
    }

    fn levels(&mut self, forms: &[LevelForm]) -> Vec<(u32, RiskLevel)> {
        let mut levels: Vec<(u32, RiskLevel)> = Vec::new();
        for form in forms {
            let (level, at) = (*form.level.get_ref(), form.from.span());
            // The digits as they stand in the file.
            let digits = self
                .text
                .get(at.clone())
                .unwrap_or_default()
                .replace('_', "");
            let tenths =
                value::thousandths(&digits).filter(|n| n % 100 == 0 && (0..=100_000).contains(n));
            let Some(tenths) = tenths.and_then(|n| u32::try_from(n / 100).ok()) else {
                let remedy = "write a number from 0.0 to 100.0 with one decimal, as scores have";
                self.problem(
                    at,
                    format!("from of {} is not a score", level.name()),
                    remedy,
                );
                continue;
            };
            if level == RiskLevel::None {
                let remedy = "begin with LOW: NONE is left for customers that nobody rated";
                self.problem(
                    form.level.span(),
                    "NONE is no level of an evaluation",
                    remedy,
                );
            }
            let rises = levels
                .last()
                .map_or(tenths == 0, |last| last.0 < tenths && last.1 < level);
            if !rises {
                let remedy = "begin from 0.0, and let each level be higher and begin higher than the one before";
                self.problem(at, format!("{} does not follow", level.name()), remedy);
            }
            levels.push((tenths, level));
        }
        if forms.is_empty() {
            self.problem(
                0..0,
                "there is no level",
                "add [[levels]] with level and from",
            );
        }
        levels
    }

    fn decision(&mut self, form: super::form::DecisionForm) -> Decision {
        let (mut over, mut at_least, mut human) = (40, RiskLevel::Medium, true);
        if let Some(thin) = form.thin_data {
            (over, at_least, human) = (*thin.over.get_ref(), *thin.at_least.get_ref(), thin.human);
            if over >= 100 {
                let remedy = "write a percentage from 0 to 99: little known is not little risk";
                self.problem(
                    thin.over.span(),
                    "over of thin_data is never exceeded",
                    remedy,
                );
            }
            self.not_none(&thin.at_least);
        }
        Decision {
            human_from: form.human_from.0,
            leads_human_from: form.leads.map_or(form.human_from, |l| l.human_from).0,
            thin_over: over,
            thin_at_least: at_least,
            thin_human: human,
            reject_from: form.auto_reject_from.and_then(|l| l.0),
            wait_for_approval_date: form.wait_for_approval_date,
        }
    }

    pub(super) fn not_none(&mut self, level: &Spanned<RiskLevel>) {
        if *level.get_ref() == RiskLevel::None {
            let remedy = "write LOW or higher: nothing is raised to NONE";
            self.problem(level.span(), "at_least is NONE", remedy);
        }
    }
}

impl From<For> for EntityType {
    fn from(applies: For) -> EntityType {
        match applies {
            For::Individual => EntityType::Individual,
            For::Organization => EntityType::Organization,
        }
    }
}
