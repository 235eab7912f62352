//! Screening lists: plug-ins of an institution, a TOML description beside each data file.
//!
//! In: a folder, the day, and how many entries each list had before. Out: [`Lists`], each with its
//! entries or the [`Refusal`] that says why it is not used. A list is refused whole: a customer who was
//! compared with half of it was not screened. It may not use SQL or the clock, and compares no names.

mod dates;
mod description;
mod entries;
mod folder;
mod json;
mod ofac;
mod refusal;
mod source;
mod table;
mod un;

use std::fmt;

use chrono::NaiveDate;

use crate::catalog::ScreeningProcess;
use crate::screening::Entity;
use crate::text::counted;

pub use description::{Description, Format};
pub use folder::{
    FOLDS, Opened, each_list, folds, is_description, read_described, read_folder, read_list,
    read_undescribed,
};
pub use refusal::Refusal;

use folder::age;

/// The score from which on an entry is a hit, where nothing else is said. docs/SCREENING.md has what others
/// would find and miss: a match that is missed is worse than one customer in a thousand more to look at.
pub const THRESHOLD: f64 = 0.75;

/// What is known of a list from before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Previous {
    /// How many entries it had when it was used last.
    pub entries: u64,
}

/// Every list of a folder.
#[derive(Debug, Default)]
pub struct Lists {
    /// In the order of their names.
    pub all: Vec<List>,
    /// Names of files that no description mentions, if all descriptions are sound.
    pub undescribed: Vec<String>,
}

/// One list: its description, and its entries where it can be used.
#[derive(Debug)]
pub struct List {
    /// The name of its description without `.toml`.
    pub name: String,
    /// What the description says; None where that is not sound.
    pub description: Option<Description>,
    /// Its content, or why it is not used.
    pub content: Result<Content, Refusal>,
}

/// What is in a list that is used.
#[derive(Clone, Debug)]
pub struct Content {
    /// A hash over its description and its files, in hexadecimal: another content has another version.
    pub version: String,
    /// The day that it is from.
    pub date: NaiveDate,
    /// Its age today, in days.
    pub age_days: u32,
    /// People and organisations; none in what [`List::on`] returns.
    pub entities: Vec<Entity>,
    /// The number of entries.
    pub entries: u64,
    /// The number of all their names.
    pub names: u64,
    /// The number of entries that are neither (vessels), not of the topics asked for, or without a name.
    pub left_out: u64,
}

/// How a list stands, for people and for metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The name of the list.
    pub list: String,
    /// Its title for people; empty where the description is not sound.
    pub title: String,
    /// What it is screened for; empty where the description is not sound.
    pub processes: Vec<ScreeningProcess>,
    /// Its version; None where the list is refused, as in the next three.
    pub version: Option<String>,
    /// The day that it is from.
    pub date: Option<NaiveDate>,
    /// Its age in days.
    pub age_days: Option<u32>,
    /// The number of its entries.
    pub entries: Option<u64>,
    /// The number of their names.
    pub names: Option<u64>,
    /// Why it is refused.
    pub refused: Option<String>,
}

/// Why "no match" cannot be said in a process, although some of its lists may be usable.
#[derive(Debug)]
pub enum Missing<'l> {
    /// No list is described for it.
    NoList,
    /// These lists are refused. One whose description is not sound may be for any process.
    Refused(Vec<(&'l str, &'l Refusal)>),
}

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing::Refused(lists) = self else {
            return f.write_str("there is no list for it");
        };
        for (i, (name, refusal)) in lists.iter().enumerate() {
            let between = if i > 0 { "; " } else { "" };
            write!(f, "{between}list {name}: {refusal}")?;
        }
        Ok(())
    }
}

impl Lists {
    /// The lists of a process that can be compared with. A hit in one of them is a hit; that there is
    /// none says something only where [`Lists::missing`] is None.
    pub fn usable(&self, process: ScreeningProcess) -> impl Iterator<Item = (&List, &Content)> {
        let of_process = self.all.iter().filter(move |list| list.is_for(process));
        of_process.filter_map(|list| Some((list, list.content.as_ref().ok()?)))
    }

    /// What a process lacks; None where all its lists are usable, and there is one.
    pub fn missing(&self, process: ScreeningProcess) -> Option<Missing<'_>> {
        let lists = || self.all.iter().filter(|list| list.is_for(process));
        let refused =
            lists().filter_map(|list| Some((list.name.as_str(), list.content.as_ref().err()?)));
        let refused: Vec<_> = refused.collect();
        match refused.is_empty() {
            false => Some(Missing::Refused(refused)),
            true => lists().next().is_none().then_some(Missing::NoList),
        }
    }

    /// The lists that are refused.
    pub fn refused(&self) -> impl Iterator<Item = (&List, &Refusal)> {
        let refused = |list| Some((list, List::refusal(list)?));
        self.all.iter().filter_map(refused)
    }

    /// How every list stands.
    pub fn standings(&self) -> Vec<Standing> {
        self.all.iter().map(List::standing).collect()
    }
}

impl List {
    /// Whether the list is screened for a process; one whose description is not sound may be.
    pub fn is_for(&self, process: ScreeningProcess) -> bool {
        let processes = self.description.as_ref().map(|d| &d.processes);
        processes.is_none_or(|processes| processes.contains(&process))
    }

    /// The same list on this day, without its entries: only its age is judged again. None of one that was
    /// refused, since that is to be read again.
    pub fn on(&self, today: NaiveDate) -> Option<List> {
        let (description, content) = (self.description.as_ref()?, self.content.as_ref().ok()?);
        let content = age(description, content.date, today).map(|age_days| Content {
            version: content.version.clone(),
            entities: Vec::new(),
            age_days,
            ..*content
        });
        Some(List {
            name: self.name.clone(),
            description: Some(description.clone()),
            content,
        })
    }

    /// Why it is not used.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.content.as_ref().err()
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let content = self.content.as_ref().ok();
        let description = self.description.as_ref();
        Standing {
            list: self.name.clone(),
            title: description.map(|d| d.title.clone()).unwrap_or_default(),
            processes: description.map(|d| d.processes.clone()).unwrap_or_default(),
            version: content.map(|c| c.version.clone()),
            date: content.map(|c| c.date),
            age_days: content.map(|c| c.age_days),
            entries: content.map(|c| c.entries),
            names: content.map(|c| c.names),
            refused: self.refusal().map(ToString::to_string),
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = counted(self.entries, "entry", "entries");
        let names = counted(self.names, "name", "names");
        write!(
            f,
            "{entries} with {names}, of {} ({} days old)",
            self.date, self.age_days
        )
    }
}
