//! What a person means by a word: a batch, customers, or rules.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use crate::catalog::{RuleRow, rules, rules_below_code, rules_of_code};
use crate::disk;
use crate::hashing::hash_file;
use crate::history::ask::{self, Found, Search};
use crate::trouble::Result;

use super::wording::rules_of_text;

/// What can be asked for, in the order in which it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhatKind {
    Last,
    Batch,
    Code,
    File,
    CommunicationNumber,
    CustomerExtId,
    Text,
    Name,
}

impl WhatKind {
    pub(crate) const ALL: [WhatKind; 8] = [
        WhatKind::Last,
        WhatKind::Batch,
        WhatKind::Code,
        WhatKind::File,
        WhatKind::CommunicationNumber,
        WhatKind::CustomerExtId,
        WhatKind::Text,
        WhatKind::Name,
    ];

    /// Those that stand for a batch.
    pub(crate) const OF_BATCH: [WhatKind; 3] = [WhatKind::Last, WhatKind::Batch, WhatKind::File];

    /// As the command line writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            WhatKind::Last => "last",
            WhatKind::Batch => "batch",
            WhatKind::Code => "code",
            WhatKind::File => "file",
            WhatKind::CommunicationNumber => "communicationNumber",
            WhatKind::CustomerExtId => "customerExtId",
            WhatKind::Text => "text",
            WhatKind::Name => "name",
        }
    }

    /// For people, with its article.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            WhatKind::Last => "the last batch",
            WhatKind::Batch => "a batch number",
            WhatKind::Code => "an error code",
            WhatKind::File => "a file name",
            WhatKind::CommunicationNumber => "a communicationNumber",
            WhatKind::CustomerExtId => "a customerExtId",
            WhatKind::Text => "an error text",
            WhatKind::Name => "a customer's name",
        }
    }
}

/// A question.
pub(crate) struct Asked<'a> {
    pub text: &'a str,
    /// The same as a path, which need not be Unicode.
    pub path: &'a Path,
    /// What it may be.
    pub kinds: &'a [WhatKind],
    /// When to stop looking through customers; None for never.
    pub until: Option<Instant>,
}

/// What was asked for.
pub(crate) enum Meaning {
    /// A batch, and the earlier ones that go by the same name.
    Batch {
        id: i64,
        earlier: Vec<i64>,
        /// The file at this path has other bytes than the batch had.
        changed_since: bool,
    },
    /// At least one customer.
    Customers(Found),
    /// At least one rule.
    Rules(Vec<&'static RuleRow>),
}

/// A question's answer.
pub(crate) struct Lookup {
    /// None where nothing was found.
    pub meaning: Option<Meaning>,
    /// What else the text could have been.
    pub also: Vec<WhatKind>,
    /// Time was over before every customer was looked at.
    pub cut_short: bool,
}

/// Finds what somebody asks for. The first kind that fits is taken: what is unique and quickly found
/// comes before what has to be searched for. Others that fit are named. A text without the ending of a file
/// is an id first.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn look_up(conn: Option<&Connection>, asked: &Asked<'_>) -> Result<Lookup> {
    let looking = Looking {
        search: conn.map(|conn| Search {
            conn,
            until: asked.until,
            business_unit: None,
        }),
        asked,
    };
    let mut kinds = asked.kinds.to_vec();
    if !looks_like_file(asked.text) {
        let place = |kind: &WhatKind| match kind {
            WhatKind::CommunicationNumber | WhatKind::CustomerExtId => 1,
            WhatKind::File => 2,
            WhatKind::Text | WhatKind::Name => 3,
            _ => 0,
        };
        kinds.sort_by_key(place);
    }
    let mut kinds = kinds.into_iter();
    for kind in kinds.by_ref() {
        if let Some(meaning) = looking.quickly(kind)? {
            let mut also = Vec::new();
            for kind in kinds {
                if looking.quickly(kind)?.is_some() {
                    also.push(kind);
                }
            }
            let meaning = looking.completed(kind, meaning)?;
            let cut_short = matches!(&meaning, Meaning::Customers(found) if found.cut_short);
            return Ok(Lookup {
                meaning: Some(meaning),
                also,
                cut_short,
            });
        }
    }
    looking.slowly()
}

/// Whether a text has folders, or the ending of a file that is dropped or answered.
fn looks_like_file(text: &str) -> bool {
    let ending = Path::new(text).extension();
    let is_ours = |e: &OsStr| {
        ["json", "csv"]
            .iter()
            .any(|own| e.eq_ignore_ascii_case(own))
    };
    text.contains(['/', '\\']) || ending.is_some_and(is_ours)
}

struct Looking<'a> {
    search: Option<Search<'a>>,
    asked: &'a Asked<'a>,
}

impl Looking<'_> {
    /// What is found by a key, or in a short list.
    fn quickly(&self, kind: WhatKind) -> Result<Option<Meaning>> {
        let text = self.asked.text;
        match (kind, &self.search) {
            (WhatKind::Code, _) => Ok(rules_meant(rules_called(text))),
            (WhatKind::Text, _) => {
                let found = rules_of_text(text);
                let whole = rules_meant(found.rules).filter(|_| found.is_distinctive);
                Ok(whole.or_else(|| rules_meant(rules_below_code(text).collect())))
            }
            (_, None) | (WhatKind::Name, _) => Ok(None),
            (WhatKind::Last, Some(search)) if text.eq_ignore_ascii_case(ask::LAST) => {
                let newest = ask::newest_batch(search.conn)?;
                Ok(newest.and_then(|id| one_of(vec![id])))
            }
            (WhatKind::Last, _) => Ok(None),
            (WhatKind::Batch, Some(search)) => match text.parse() {
                Ok(id) if ask::has_batch(search.conn, id)? => Ok(one_of(vec![id])),
                _ => Ok(None),
            },
            (WhatKind::File, Some(search)) => file(search.conn, text, self.asked.path),
            (WhatKind::CommunicationNumber, Some(search)) => {
                let hit = search.accepted_number(text)?;
                Ok(hit.map(|hit| {
                    let hits = vec![hit];
                    Meaning::Customers(Found {
                        hits,
                        ..Found::default()
                    })
                }))
            }
            (WhatKind::CustomerExtId, Some(search)) => Ok(customers_meant(search.ext_id(text)?)),
        }
    }

    /// An accepted number may have been rejected for others.
    fn completed(&self, kind: WhatKind, meaning: Meaning) -> Result<Meaning> {
        Ok(match (kind, &self.search) {
            (WhatKind::CommunicationNumber, Some(search)) => {
                customers_meant(search.number(self.asked.text)?).unwrap_or(meaning)
            }
            _ => meaning,
        })
    }

    /// What is found by looking at every customer, and what a word or two of a description are.
    fn slowly(&self) -> Result<Lookup> {
        let text = self.asked.text;
        let mut cut_short = false;
        let mut meaning = None;
        if let Some(search) = &self.search {
            for kind in self.asked.kinds {
                let found = match kind {
                    WhatKind::CommunicationNumber => search.number(text)?,
                    WhatKind::CustomerExtId => search.unsaved_ext_id(text)?,
                    WhatKind::Name => search.name(text)?,
                    _ => continue,
                };
                cut_short |= found.cut_short;
                meaning = customers_meant(found);
                if meaning.is_some() {
                    break;
                }
            }
        }
        let words = rules_meant(rules_of_text(text).rules)
            .filter(|_| self.asked.kinds.contains(&WhatKind::Text));
        let also = match (&meaning, &words) {
            (Some(_), Some(_)) => vec![WhatKind::Text],
            _ => Vec::new(),
        };
        Ok(Lookup {
            meaning: meaning.or(words),
            also,
            cut_short,
        })
    }
}

/// The rules of a code, or of a code with the description behind it, as an answer shows them.
fn rules_called(text: &str) -> Vec<&'static RuleRow> {
    let rules: Vec<&RuleRow> = rules_of_code(text).collect();
    let Some((code, description)) = text
        .split_once([' ', '\t', ':'])
        .filter(|_| rules.is_empty())
    else {
        return rules;
    };
    let described = rules_of_text(description).rules;
    let is_described = |row: &&RuleRow| described.iter().any(|r| r.key == row.key);
    rules_of_code(code).filter(is_described).collect()
}

fn rules_meant(rules: Vec<&'static RuleRow>) -> Option<Meaning> {
    (!rules.is_empty()).then_some(Meaning::Rules(rules))
}

fn customers_meant(found: Found) -> Option<Meaning> {
    (!found.hits.is_empty()).then_some(Meaning::Customers(found))
}

/// The first of the batches that are meant.
fn one_of(mut batches: Vec<i64>) -> Option<Meaning> {
    if batches.is_empty() {
        return None;
    }
    Some(Meaning::Batch {
        id: batches.remove(0),
        earlier: batches,
        changed_since: false,
    })
}

/// The batch of a file: of the one at this path, by its bytes; else by the name.
fn file(conn: &Connection, text: &str, path: &Path) -> Result<Option<Meaning>> {
    let size = disk::open_regular(path).and_then(|file| file.metadata());
    if let Ok(size) = &size
        && ask::has_size(conn, size.len())?
        && let Ok(hashed) = hash_file(path)
        && let Some(meaning) = one_of(ask::batches_of_bytes(conn, &hashed.sha256)?)
    {
        return Ok(Some(meaning));
    }
    let named = ask::batches_named(conn, text)?;
    let of_request = match named.first() {
        Some(id) => {
            let name = ask::batch(conn, *id)?.file_name;
            path.file_name()
                .is_some_and(|own| own.to_string_lossy() == name)
        }
        None => false,
    };
    Ok(one_of(named).map(|meaning| match meaning {
        Meaning::Batch { id, earlier, .. } => Meaning::Batch {
            id,
            earlier,
            changed_since: size.is_ok() && of_request,
        },
        other => other,
    }))
}

/// What somebody may have meant by a text that stands for nothing: a code, or what one of the newest
/// batches or customers is called.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn near(conn: &Connection, text: &str, with_codes: bool) -> Result<Vec<String>> {
    let codes = rules().iter().map(|row| row.code.as_str());
    let code = crate::text::nearest(text, codes.filter(|_| with_codes));
    let words = ask::recent_words(conn)?;
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let word = crate::text::nearest(name, words.iter().map(String::as_str));
    Ok(code.into_iter().chain(word).map(str::to_owned).collect())
}
