//! The classifier files and risk matrices of a home as they come and change: while they are being copied
//! those of before stay active. They are taken up together, since a matrix uses the ratings of
//! classifiers.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;

use crate::classifier::{
    ClassifierFile, ClassifierSet, is_classifier_file, lost_many, read_folder, shipped_files,
};
use crate::clock;
use crate::config::{Config, Home};
use crate::evaluate::read_matrices;
use crate::history::{self, History, classifiers_with_values};
use crate::trouble::{Kind, Result, Trouble};

use super::evaluating::Matrices;
use super::lists;
use super::screening::UsedLists;

pub(super) type Fingerprint = (String, Vec<(PathBuf, u64, Option<SystemTime>)>);

/// Shows whether a classifier file or a risk matrix was changed, without reading it; and the day, since a
/// value may be retired on one.
pub(super) fn fingerprint(home: &Home) -> Fingerprint {
    let listed = |folder| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = listed(home.classifiers())
        .chain(listed(home.risk()))
        .map(|e| e.path())
        .filter(|p| is_classifier_file(p))
        .chain(listed(home.lists()).map(|e| e.path()))
        .map(|p| {
            let metadata = p.metadata().ok();
            let bytes = metadata.as_ref().map_or(0, std::fs::Metadata::len);
            (p, bytes, metadata.and_then(|m| m.modified().ok()))
        })
        .collect();
    files.sort();
    (clock::today(), files)
}

/// How long the files and their folders have not been changed, by their times.
pub(super) fn stood_for(home: &Home, (_, files): &Fingerprint) -> Duration {
    let folders = [home.classifiers(), home.risk(), home.lists()];
    let folders = folders
        .into_iter()
        .filter_map(|f| std::fs::metadata(f).ok()?.modified().ok());
    let times = files.iter().filter_map(|(_, _, modified)| *modified);
    let last = times.chain(folders).max();
    last.and_then(|last| SystemTime::now().duration_since(last).ok())
        .unwrap_or_default()
}

/// Whether the classifier files hold so much less than the set that they may still be being copied;
/// says so. Files that are not sound hold nothing.
pub(super) fn look_cut(set: &ClassifierSet, home: &Home) -> bool {
    let Ok(files) = read_folder(&home.classifiers(), &clock::today()) else {
        return false;
    };
    let Some(classifier) = lost_many(set, &files) else {
        return false;
    };
    tracing::warn!(
        classifier,
        "the classifier files lost many values at once: they are activated if they do not change for settle_timeout"
    );
    true
}

/// The set that the history has as active, with the matrices of the home; None in a history without one.
pub(super) fn active(history: &mut History, home: &Home) -> Result<Option<Active>> {
    let conn = history.connection();
    let Some((set_id, files)) = history::active_classifiers(conn)? else {
        return Ok(None);
    };
    let set = set_of(conn, set_id, &files)?;
    let matrices = matrices(history, home, &files)?;
    Ok(Some(Active {
        set,
        set_id,
        matrices,
        lists: lists::of_home(history, home)?,
    }))
}

/// What customers are validated and evaluated with.
pub(super) struct Active {
    pub set: ClassifierSet,
    /// Its row in the history.
    pub set_id: i64,
    pub matrices: Matrices,
    pub lists: UsedLists,
}

/// Reads the risk matrices of a home, and keeps each version of them in the history.
fn matrices(history: &mut History, home: &Home, files: &[ClassifierFile]) -> Result<Matrices> {
    let matrices = read_matrices(&home.risk(), files)?;
    let ids = history.activate_matrices(&matrices)?;
    Ok(Matrices { matrices, ids })
}

/// The set of these files, which the history has as its set of this number.
fn set_of(conn: &Connection, set_id: i64, files: &[ClassifierFile]) -> Result<ClassifierSet> {
    let mut set = ClassifierSet::from_files(files).map_err(|_| {
        Trouble::new(
            Kind::Setup,
            format!("the classifier set {set_id} in the database is incomplete"),
            "restore the database from a backup",
        )
    })?;
    set.note_had_values(&classifiers_with_values(conn)?);
    Ok(set)
}

/// Reads the classifier files and the risk matrices, and makes them the active ones of the history.
pub(super) fn activate(history: &mut History, home: &Home) -> Result<Active> {
    let files = read_folder(&home.classifiers(), &clock::today())?;
    let mut set = ClassifierSet::from_files(&files)?;
    let matrices = matrices(history, home, &files)?;
    let active = history.activate_classifiers(&files)?;
    set.note_had_values(&classifiers_with_values(history.connection())?);
    if active.changed {
        tracing::info!(set = %active.hash.get(..12).unwrap_or(&active.hash), "classifiers activated");
    }
    Ok(Active {
        set,
        set_id: active.set_id,
        matrices,
        lists: lists::of_home(history, home)?,
    })
}

/// Waits until the classifier files stood still for `settle`, for `settle_timeout` at most.
pub(super) fn settled(home: &Home, config: &Config) -> Fingerprint {
    let mut seen = fingerprint(home);
    let until = Instant::now() + config.settle_timeout.max(config.settle);
    while stood_for(home, &seen) < config.settle && Instant::now() < until {
        thread::sleep(config.settle);
        let before = std::mem::replace(&mut seen, fingerprint(home));
        if before == seen {
            break;
        }
    }
    seen
}

/// The classifiers of a home, for today; the shipped ones if it has none.
///
/// # Errors
/// When they are not sound.
pub fn of_home(home: &Home) -> Result<Vec<ClassifierFile>> {
    let folder = home.classifiers();
    let today = clock::today();
    Ok(match folder.exists() {
        true => read_folder(&folder, &today)?,
        false => shipped_files(&today)?,
    })
}

/// A set of the history by its hash, `now` or a day, with its files: see [`history::ask::find_set`].
///
/// # Errors
/// When there is no such set, or the history cannot be read.
pub fn of_history(conn: &Connection, given: &str) -> Result<(ClassifierSet, Vec<ClassifierFile>)> {
    let (set_id, _) = history::ask::find_set(conn, given)?;
    let files = history::classifiers_of_set(conn, set_id)?;
    Ok((set_of(conn, set_id, &files)?, files))
}

/// The set that a file dropped now would be validated against, without activating anything: that of
/// the files once they stood still for `settle`, of the history where they may still be being copied,
/// and the shipped one in a home without any. With the files that it was made of.
///
/// # Errors
/// When the files are not sound, or the history cannot be read.
pub fn to_check_with(
    home: &Home,
    config: &Config,
    conn: Option<&Connection>,
) -> Result<(ClassifierSet, Vec<ClassifierFile>)> {
    let seen = settled(home, config);
    if let Some(conn) = conn
        && stood_for(home, &seen) < config.settle_timeout
        && let Some((set_id, files)) = history::active_classifiers(conn)?
    {
        let set = set_of(conn, set_id, &files)?;
        if look_cut(&set, home) {
            return Ok((set, files));
        }
    }
    let files = of_home(home)?;
    let mut set = ClassifierSet::from_files(&files)?;
    if let Some(conn) = conn {
        set.note_had_values(&classifiers_with_values(conn)?);
    }
    Ok((set, files))
}
