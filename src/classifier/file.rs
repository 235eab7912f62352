//! The classifier files of a folder, read all together: the set is sound or it is refused.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::catalog::Classifier;
use crate::left_alone;
use crate::position::Position;
use crate::regular_file;

use super::parse::parse_file;
use super::problem::{Problem, Refused};

/// The most bytes of a classifier file.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// One value of a classifier, as its file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRow {
    /// The code that a request gives.
    pub code: String,
    /// The name for people.
    pub name: String,
    /// A JSON object, keys sorted.
    pub attributes: Map<String, Value>,
    /// No longer valid on the day (UTC) that the file was read for.
    pub retired: bool,
    /// The first day (`yyyy-MM-dd`) on which the value is no longer valid, if the file gives one.
    pub retired_on: Option<String>,
}

/// One classifier as its file gives it, checked as far as one file can be checked alone.
#[derive(Clone, Debug)]
pub struct ClassifierFile {
    /// The name, which is that of the file without `.toml`.
    pub name: String,
    /// The title for people.
    pub title: String,
    /// By code.
    pub values: Vec<ValueRow>,
    /// Paths of text fields that it is bound to, as `Object.field`.
    pub bind_fields: Vec<String>,
    /// Codes of additional values that it is bound to.
    pub bind_values: Vec<String>,
}

impl ClassifierFile {
    /// A hash of what the file says, whatever its comments and layout.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let mut add = |text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        add(&self.name);
        add(&self.title);
        add(&self.bind_fields.join("\n"));
        add(&self.bind_values.join("\n"));
        for v in &self.values {
            add(&v.code);
            add(&v.name);
            add(&Value::Object(v.attributes.clone()).to_string());
            add(if v.retired { "retired" } else { "" });
            add(v.retired_on.as_deref().unwrap_or(""));
        }
        crate::hex(&hasher.finalize())
    }
}

/// Reads every `*.toml` of the folder, in the order of their names, for the day `today`
/// (`yyyy-MM-dd`, UTC), which decides which values are retired.
///
/// # Errors
/// [`Refused`] with every problem of every file, and every classifier of the contract that is
/// missing.
pub fn read_folder(folder: &Path, today: &str) -> Result<Vec<ClassifierFile>, Refused> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    let paths = match toml_files(folder) {
        Ok(paths) => paths,
        Err(e) => {
            let folder = folder.display().to_string();
            let remedy = "make it readable, or give another home with --home";
            let problem = Problem::unread(folder, "the folder ", &e, remedy);
            return Err(Refused(vec![problem]));
        }
    };
    for path in paths {
        match read_file(&path, today) {
            Ok(file) => files.push(file),
            Err(mut found) => problems.append(&mut found),
        }
    }
    for classifier in Classifier::ALL {
        if !folder.join(format!("{}.toml", classifier.name())).exists() {
            problems.push(Problem::missing(classifier));
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(Refused(problems))
    }
}

/// The TOML files of a folder of the institution, in the order of their names.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn toml_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| is_classifier_file(path));
    paths.sort();
    Ok(paths)
}

/// Whether a name in the folder is that of a classifier.
pub fn is_classifier_file(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("toml"))
        && !path.file_name().is_some_and(left_alone::is_left_alone)
}

fn read_file(path: &Path, today: &str) -> Result<ClassifierFile, Vec<Problem>> {
    let (file, text) = read_text(path)?;
    parse_file(&file, &text, today)
}

/// The name and the text of a TOML file that the institution wrote.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn read_text(path: &Path) -> Result<(String, String), Vec<Problem>> {
    let file = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let whole = |message: String, remedy: &str| {
        vec![Problem {
            file: file.clone(),
            line: None,
            message,
            remedy: remedy.into(),
            passing: false,
        }]
    };
    if !file.ends_with(".toml") {
        return Err(whole(
            "the ending is not `.toml`".into(),
            "write it in small letters, or move the file out of the folder",
        ));
    }
    match regular_file::read(path, MAX_FILE_BYTES) {
        Err(e) if e.kind() == ErrorKind::InvalidInput => Err(whole(
            format!("is {e}, not a regular file"),
            "only regular files are read here",
        )),
        Err(e) if e.kind() == ErrorKind::FileTooLarge => {
            Err(whole(format!("has {e}"), "split it into several"))
        }
        Err(e) => Err(vec![Problem::unread(file, "", &e, "make it readable")]),
        Ok(bytes) => match String::from_utf8(bytes) {
            Err(e) => {
                let at = Position::of(e.as_bytes(), e.utf8_error().valid_up_to());
                let mut found = whole("is not UTF-8".into(), "save the file as UTF-8");
                found.iter_mut().for_each(|p| p.line = Some(at.line));
                Err(found)
            }
            Ok(text) => Ok((file, text)),
        },
    }
}
