//! The screening lists of a home, read and indexed.

use std::sync::Arc;

use rusqlite::Connection;

use crate::catalog::ScreeningProcess;
use crate::clock;
use crate::config::Home;
use crate::history::{History, ListVersion, list_entries_before};
use crate::lists::{Content, List, Lists, Previous, THRESHOLD, folds, read_folder};
use crate::screening::Index;
use crate::trouble::Result;

use super::screening::{OfProcess, UsedList, UsedLists};

/// The lists of a home, each compared with what it had when it was used last.
///
/// # Errors
/// When the folder or the history cannot be read.
pub fn read(history: &Connection, home: &Home) -> Result<Lists> {
    let before = list_entries_before(history)?;
    let before = before
        .into_iter()
        .map(|(name, entries)| (name, Previous { entries }));
    let today = clock::utc_now().date_naive();
    read_folder(&home.lists(), today, &before.collect())
}

/// Reads and indexes the lists of a home, and keeps the version of each in the history. A list that is
/// refused is said: in its processes a hit of another list is one, and no hit says nothing.
pub(super) fn of_home(history: &mut History, home: &Home) -> Result<UsedLists> {
    if !home.lists().is_dir() {
        return Ok(UsedLists::default());
    }
    let lists = read(history.connection(), home)?;
    for (list, refusal) in lists.refused() {
        tracing::error!(list = list.name, "screening list refused: {refusal}");
    }
    let used = lists
        .all
        .iter()
        .filter_map(|list| Some((list, list.content.as_ref().ok()?)));
    let versions: Vec<ListVersion> = used.map(|(list, content)| version(list, content)).collect();
    let ids = history.activate_lists(&versions)?;
    let mut of_process: Vec<_> = ScreeningProcess::ALL
        .into_iter()
        .map(|process| OfProcess {
            process,
            lists: Vec::new(),
            missing: lists.missing(process).map(|why| why.to_string()),
        })
        .collect();
    let mut ids = ids.into_iter();
    let folds = folds(&home.lists())?;
    let Lists { all, .. } = lists;
    for list in all {
        let (Ok(content), Some(description)) = (list.content, list.description) else {
            continue;
        };
        let Some(id) = ids.next() else { break };
        let used = Arc::new(UsedList {
            id,
            name: list.name,
            date: content.date,
            threshold: description.threshold.unwrap_or(THRESHOLD) as f32,
            index: Index::build(content.entities, &folds),
        });
        for of in &mut of_process {
            if description.processes.contains(&of.process) {
                of.lists.push(used.clone());
            }
        }
    }
    Ok(UsedLists(of_process))
}

fn version(list: &List, content: &Content) -> ListVersion {
    let title = list.description.as_ref().map(|d| d.title.clone());
    ListVersion {
        name: list.name.clone(),
        version: content.version.clone(),
        title: title.unwrap_or_default(),
        date: content.date.to_string(),
        entries: content.entities.len() as u64,
        names: content.names,
    }
}
