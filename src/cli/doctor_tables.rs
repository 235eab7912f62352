//! What `doctor` says of the institution's tables: classifiers and risk matrices.

use std::collections::HashSet;

use crate::classifier::{ClassifierFile, read_folder};
use crate::config::Home;
use crate::evaluate::{Matrix, read_matrices};
use crate::ingest::classifiers_of;
use crate::text::counted;

use super::doctor::{Line, State, line, ok};

pub(super) fn classifiers(home: &Home) -> Line {
    let folder = home.classifiers();
    if !folder.exists() {
        return line(
            "classifiers",
            State::Warn,
            "none yet",
            "`kycdrop init` or `kycdrop run` writes the shipped ones; adapt them",
        );
    }
    match read_folder(&folder, &crate::clock::today()) {
        Ok(files) => ok(
            "classifiers",
            format!(
                "{}, no problems",
                counted(files.len() as u64, "file", "files")
            ),
        ),
        Err(e) => line(
            "classifiers",
            State::Fail,
            format!(
                "{}; keeping the previous classifiers until this is fixed",
                counted(e.0.len() as u64, "problem", "problems")
            ),
            "`kycdrop classifiers check` shows each with its line",
        ),
    }
}

/// The risk matrices, and the categories without one. Without sound classifiers there is nothing to say.
pub(super) fn matrices(home: &Home) -> Line {
    const WHAT: &str = "risk matrices";
    let Ok(classifiers) = classifiers_of(home) else {
        return line(
            WHAT,
            State::Warn,
            "not read: the classifiers have problems",
            "",
        );
    };
    let matrices = match read_matrices(&home.risk(), &classifiers) {
        Ok(matrices) => matrices,
        Err(e) => {
            let problems = counted(e.0.len() as u64, "problem", "problems");
            return line(
                WHAT,
                State::Fail,
                format!("{problems}; keeping the previous risk matrices until this is fixed"),
                "`kycdrop risk check` shows each with its line",
            );
        }
    };
    let names: Vec<String> = matrices.iter().map(shown).collect();
    let found = match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    let without = without_matrix(&classifiers, &matrices);
    match without.is_empty() {
        true => ok(WHAT, found),
        false => line(
            WHAT,
            State::Warn,
            format!("{found}; none is for {}", without.join(", ")),
            "customers of these categories with EVALUATE wait until a matrix in risk/ has them in applies_to",
        ),
    }
}

fn shown(matrix: &Matrix) -> String {
    let (file, name) = (&matrix.name().file, &matrix.name().name);
    match matrix.example {
        true => format!("{file} ({name}; an example: a person always decides)"),
        false => format!("{file} ({name})"),
    }
}

/// The categories that can be evaluated and that no matrix is for.
fn without_matrix<'c>(classifiers: &'c [ClassifierFile], matrices: &[Matrix]) -> Vec<&'c str> {
    let with: HashSet<&String> = matrices.iter().flat_map(|m| &m.categories).collect();
    let categories = classifiers
        .iter()
        .filter(|c| c.name == "riskManagementCategory");
    let values = categories.flat_map(|c| &c.values).filter(|v| {
        let simplified = v
            .attributes
            .get("kind")
            .is_some_and(|kind| kind == "simplified");
        !simplified && !v.retired && !with.contains(&v.code)
    });
    values.map(|v| v.code.as_str()).collect()
}
