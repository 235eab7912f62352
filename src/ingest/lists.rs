//! The screening lists of a home, read and indexed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use rusqlite::Connection;

use crate::catalog::ScreeningProcess;
use crate::clock;
use crate::config::Home;
use crate::history::{History, ListVersion, list_entries_before};
use crate::lists::{
    Content, FOLDS, List, Lists, Previous, THRESHOLD, each_list, folds, read_described, read_folder,
};
use crate::screening::{Folds, Index};
use crate::trouble::Result;

use super::classifier_files::FileState;
use super::screening::{OfProcess, UsedList, UsedLists};

/// The lists of a home, each compared with what it had when it was used last.
///
/// # Errors
/// When the folder or the history cannot be read.
pub fn read(history: &Connection, home: &Home) -> Result<Lists> {
    let today = clock::utc_now().date_naive();
    read_folder(&home.lists(), today, &previous(history)?)
}

fn previous(history: &Connection) -> Result<BTreeMap<String, Previous>> {
    let before = list_entries_before(history)?.into_iter();
    let before = before.map(|(name, entries)| (name, Previous { entries }));
    Ok(before.collect())
}

/// A list as it was read, without its entries.
pub(super) struct ReadList {
    /// The name of its description's file.
    file: String,
    pub(super) list: List,
    /// How its files were then, that of folds among them; None: one was not there.
    files: Option<Vec<FileState>>,
    /// None of a list that is refused.
    used: Option<Arc<UsedList>>,
}

impl ReadList {
    /// The list on this day, if its files are still the same.
    fn again(&self, folder: &Path, seen: &[FileState], today: NaiveDate) -> Option<List> {
        let now = files_of(folder, &self.file, &self.list, seen)?;
        let same = self.files.as_ref() == Some(&now);
        self.list.on(today).filter(|_| same)
    }
}

/// The files that a list was read of.
fn files_of(folder: &Path, file: &str, list: &List, seen: &[FileState]) -> Option<Vec<FileState>> {
    let state = |name: &str| {
        seen.iter()
            .find(|state| state.path == folder.join(name))
            .cloned()
    };
    let data = list.description.iter().flat_map(|d| &d.files);
    let files = std::iter::once(file)
        .chain(data.map(String::as_str))
        .map(state);
    files.chain(state(FOLDS).map(Some)).collect()
}

/// Reads and indexes the lists of a home, and keeps the version of each in the history. `seen` is how the files
/// of the home were before; a list of `before` whose files are the same is not read again. A list that is refused
/// is said: in its processes a hit of another list is one, and no hit says nothing.
pub(super) fn of_home(
    history: &mut History,
    home: &Home,
    seen: &[FileState],
    before: &UsedLists,
) -> Result<UsedLists> {
    let folder = home.lists();
    if !folder.is_dir() {
        return Ok(UsedLists::default());
    }
    let today = clock::utc_now().date_naive();
    let previous = previous(history.connection())?;
    let lists = each_list(&folder, |file| {
        let known = before.read.iter().find(|read| read.file == file);
        let known = known.and_then(|read| read.again(&folder, seen, today));
        known.unwrap_or_else(|| read_described(&folder, file, today, &previous))
    })?;
    for (list, refusal) in lists.refused() {
        tracing::error!(list = list.name, "screening list refused: {refusal}");
    }
    let usable = lists
        .all
        .iter()
        .filter_map(|list| Some((list, list.content.as_ref().ok()?)));
    let versions: Vec<ListVersion> = usable
        .map(|(list, content)| version(list, content))
        .collect();
    let mut ids = history.activate_lists(&versions)?.into_iter();
    let mut of_process: Vec<_> = ScreeningProcess::ALL
        .into_iter()
        .map(|process| OfProcess {
            process,
            lists: Vec::new(),
            missing: lists.missing(process).map(|why| why.to_string()),
        })
        .collect();
    let folds = folds(&folder)?;
    let mut read = Vec::with_capacity(lists.all.len());
    for mut list in lists.all {
        let file = format!("{}.toml", list.name);
        let used = used(&mut list, &mut ids, &folds, before);
        let processes = list.description.iter().flat_map(|d| &d.processes);
        for process in processes {
            let of = of_process.iter_mut().filter(|of| of.process == *process);
            of.for_each(|of| of.lists.extend(used.clone()));
        }
        read.push(ReadList {
            files: files_of(&folder, &file, &list, seen),
            file,
            list,
            used,
        });
    }
    Ok(UsedLists { of_process, read })
}

/// The list with its index, that of before if its entries were not read again.
fn used(
    list: &mut List,
    ids: &mut impl Iterator<Item = i64>,
    folds: &Folds,
    before: &UsedLists,
) -> Option<Arc<UsedList>> {
    let (content, description) = (list.content.as_mut().ok()?, list.description.as_ref()?);
    let id = ids.next()?;
    let entities = std::mem::take(&mut content.entities);
    if entities.is_empty() {
        let mut known = before.read.iter().filter_map(|read| read.used.clone());
        return known.find(|known| known.id == id);
    }
    Some(Arc::new(UsedList {
        id,
        name: list.name.clone(),
        date: content.date,
        threshold: description.threshold.unwrap_or(THRESHOLD) as f32,
        index: Index::build(entities, folds),
    }))
}

fn version(list: &List, content: &Content) -> ListVersion {
    let title = list.description.as_ref().map(|d| d.title.clone());
    ListVersion {
        name: list.name.clone(),
        version: content.version.clone(),
        title: title.unwrap_or_default(),
        date: content.date.to_string(),
        entries: content.entries,
        names: content.names,
    }
}
