//! What `risk check` tries, and how it tells it: what a matrix cannot do, the edges of its levels, and
//! whether the institution's golden profiles come out as expected.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{CUSTOMER, RiskLevel};
use crate::classifier::ClassifierSet;
use crate::clock;
use crate::evaluate::{Case, Matrix, Screened, Verdict, matrix_for, self_test, tenths};
use crate::left_alone::is_left_alone;
use crate::regular_file;
use crate::request::Tree;
use crate::text::visible;
use crate::trouble::{Result, Trouble};

use super::risk::{latest, read_customer};

/// The most bytes of a profile.
const MAX_PROFILE_BYTES: u64 = 16 << 20;

/// What was tried so far, in words.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) text: String,
    pub(super) findings: u64,
    pub(super) profiles: u64,
}

impl Tried {
    fn finding(&mut self, place: &str, what: &str, fix: &str) {
        self.findings += 1;
        let _ = writeln!(
            self.text,
            "{}: {}\n    {}",
            visible(place),
            visible(what),
            visible(fix)
        );
    }

    /// Tries one matrix.
    pub(super) fn matrix(&mut self, matrix: &Matrix) {
        let name = matrix.name();
        let example = if matrix.example {
            " (an example: a person always decides)"
        } else {
            ""
        };
        let _ = writeln!(
            self.text,
            "{}: {}{example}, valid from {}, for {}",
            visible(&name.file),
            visible(&name.name),
            name.valid_from,
            matrix.categories.join(", ")
        );
        let mut before: Option<RiskLevel> = None;
        for (from, level) in matrix.levels().iter().copied() {
            let edge = match before {
                Some(before) => format!("; {} is {}", tenths(from - 1), before.name()),
                None => String::new(),
            };
            let _ = writeln!(
                self.text,
                "  {:<8} from {:>5}{edge}",
                level.name(),
                tenths(from)
            );
            before = Some(level);
        }
        for finding in self_test(matrix) {
            self.finding(&name.file, &finding.what, &finding.fix);
        }
    }
}

/// A customer with the result that the institution expects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    level: RiskLevel,
    /// With one decimal.
    score: Option<String>,
    decision: Option<Verdict>,
    /// The floors that hold.
    floors: Option<Vec<String>>,
    #[serde(default)]
    screening: Vec<Screened>,
    customer: Value,
}

/// Tries every profile of a folder, if there is one.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub(super) fn profiles(
    folder: &Path,
    with: (&[Matrix], &ClassifierSet),
    tried: &mut Tried,
) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let read = |e: std::io::Error| Trouble::io("reading", folder, &e);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let known = path.extension().is_some_and(|e| e == "json" || e == "toml");
        if known && !path.file_name().is_some_and(is_left_alone) {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let place = format!("profiles/{name}");
        let bytes = regular_file::read(&path, MAX_PROFILE_BYTES)
            .map_err(|e| Trouble::io("reading", &path, &e))?;
        tried.profiles += 1;
        match profile(&bytes, path.extension().is_some_and(|e| e == "toml")) {
            Err(what) => {
                let fix = "a profile has level and customer, and may have score, decision, floors and screening: docs/RISK.md";
                tried.finding(&place, &what, fix);
            }
            Ok(profile) => {
                let differences = differences(&profile, with).unwrap_or_else(|what| vec![what]);
                let fix = "`kycdrop risk explain` says how a result comes about: correct the matrix or the profile";
                for what in differences {
                    tried.finding(&place, &what, fix);
                }
            }
        }
    }
    Ok(())
}

fn profile(bytes: &[u8], is_toml: bool) -> Result<Profile, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
    if !is_toml {
        return serde_json::from_str(text).map_err(|e| e.to_string());
    }
    let table: toml::Table =
        toml::from_str(text).map_err(|e| crate::position::Position::of_toml(text, &e))?;
    serde_json::from_value(as_json(toml::Value::Table(table))).map_err(|e| e.to_string())
}

/// TOML as JSON has it: a date is its text.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(n) => n.into(),
        toml::Value::Float(n) => n.into(),
        toml::Value::Boolean(is) => is.into(),
        toml::Value::Datetime(when) => when.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(k, v)| (k, as_json(v))).collect())
        }
    }
}

/// How the result differs from what the profile expects.
///
/// # Errors
/// What keeps it from being evaluated.
fn differences(
    profile: &Profile,
    (matrices, set): (&[Matrix], &ClassifierSet),
) -> Result<Vec<String>, String> {
    let text = profile.customer.to_string();
    let mut tree = Tree::new();
    read_customer(&text, &mut tree)?;
    let case = Case::of(tree.root(&text, &CUSTOMER), set, &profile.screening);
    let today = clock::today();
    // A matrix is tried before the day on which it is valid.
    let day = latest(matrices, &today);
    let matrix = matrix_for(matrices, case.category(), day).map_err(|e| e.to_string())?;
    let evaluation = matrix.evaluate(case);
    let mut found = Vec::new();
    let mut compare = |what: &str, wanted: &str, is: &str| {
        if wanted != is {
            found.push(format!("expected {what} {wanted}, and it is {is}"));
        }
    };
    compare("level", profile.level.name(), evaluation.level.name());
    if let Some(score) = &profile.score {
        compare("score", score, &evaluation.score);
    }
    if let Some(decision) = profile.decision {
        compare("decision", decision.name(), evaluation.decision.name());
    }
    if let Some(floors) = &profile.floors {
        let mut wanted = floors.clone();
        wanted.sort();
        let is: Vec<&str> = evaluation.floors.iter().map(|f| &*f.id).collect();
        compare("floors", &wanted.join(", "), &is.join(", "));
    }
    Ok(found)
}
