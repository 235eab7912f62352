//! The matrices of a folder, read all together: they are sound or none of them is used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::classifier::{ClassifierFile, Problem, read_text, told, toml_files};
use crate::trouble::Trouble;

use super::matrix::Matrix;
use super::parse::parse_matrix;

/// File name and text of the matrix that ships with kycdrop: an example, for an institution to approve.
pub const MATRICES: &[(&str, &str)] = &[("example.toml", include_str!("../../risk/example.toml"))];

/// The matrices that cannot be loaded. None of the folder is used then.
#[derive(Debug)]
pub struct Refused(pub Vec<Problem>);

impl From<Refused> for Trouble {
    fn from(e: Refused) -> Trouble {
        told("the risk matrices", &e.0)
    }
}

/// Reads every `*.toml` of the folder, in the order of their names; none where there is no folder.
///
/// # Errors
/// [`Refused`] with every problem of every file.
pub fn read_matrices(
    folder: &Path,
    classifiers: &[ClassifierFile],
) -> Result<Vec<Matrix>, Refused> {
    let paths = match toml_files(folder) {
        Ok(paths) => paths,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(e) => {
            let folder = folder.display().to_string();
            let problem = Problem::unread(folder, "the folder ", &e, "make it readable");
            return Err(Refused(vec![problem]));
        }
    };
    matrix_files(&paths, classifiers)
}

/// Reads these matrices, as the ones of one folder.
///
/// # Errors
/// [`Refused`] with every problem of every file, and of categories that two of them are for.
pub fn matrix_files(
    paths: &[PathBuf],
    classifiers: &[ClassifierFile],
) -> Result<Vec<Matrix>, Refused> {
    let (mut matrices, mut problems) = (Vec::<Matrix>::new(), Vec::new());
    for path in paths {
        let read = read_text(path).and_then(|(file, text)| parse_matrix(&file, &text, classifiers));
        match read {
            Err(mut found) => problems.append(&mut found),
            Ok(matrix) => {
                for category in &matrix.categories {
                    let other = matrices.iter().find(|m| m.categories.contains(category));
                    problems.extend(other.map(|other| Problem {
                        file: matrix.name.file.clone(),
                        line: None,
                        message: format!("{} is also for the category {category}", other.name.file),
                        remedy: "a category has one matrix: remove it from applies_to of the other, or move that file out of the folder".into(),
                        passing: false,
                    }));
                }
                matrices.push(matrix);
            }
        }
    }
    match problems.is_empty() {
        true => Ok(matrices),
        false => Err(Refused(problems)),
    }
}

/// Why a customer is not evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMatrix {
    /// No matrix is for the category.
    OfCategory(String),
    /// The matrix of this file is valid from a later day on.
    Until(String, String),
}

impl fmt::Display for NoMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoMatrix::OfCategory(category) => {
                write!(f, "no risk matrix is for the category {category}")
            }
            NoMatrix::Until(file, day) => write!(f, "the risk matrix {file} is valid from {day}"),
        }
    }
}

/// The matrix for a category on a day (`yyyy-MM-dd`, UTC).
///
/// # Errors
/// Why there is none.
pub fn matrix_for<'m>(
    matrices: &'m [Matrix],
    category: &str,
    day: &str,
) -> Result<&'m Matrix, NoMatrix> {
    let has = |m: &&Matrix| m.categories.iter().any(|c| c == category);
    match matrices.iter().find(has) {
        None => Err(NoMatrix::OfCategory(category.into())),
        Some(m) if !m.is_valid_on(day) => Err(NoMatrix::Until(
            m.name.file.clone(),
            m.name.valid_from.clone(),
        )),
        Some(m) => Ok(m),
    }
}
