//! The lists of OFAC in CSV: the primary names (`sdn.csv`), and beside them the aliases (`alt.csv`), the
//! addresses (`add.csv`) and the ends of long remarks (`sdn_comments.csv`). None has a header; they are
//! told apart by their number of columns.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use csv::ByteRecord;

use crate::screening::{Quality, Subject};

use super::entries::{Draft, Entries};
use super::refusal::Fault;
use super::source::{Rows, Source};

/// What stands in an empty column.
const EMPTY: &str = "-0-";

/// What is known of a list while its files are read.
#[derive(Default)]
pub(super) struct Ofac {
    /// Vessels and aircraft: other files may speak of them.
    things: HashSet<Box<str>>,
    /// Remarks that have no end yet, by id.
    open: HashMap<Box<str>, String>,
    /// Files that had the mark of the end, and that had none.
    marked: usize,
    unmarked: usize,
    primaries: bool,
    aliases: bool,
}

impl Ofac {
    /// Reads one file.
    pub(super) fn read(&mut self, source: Source<'_>, entries: &mut Entries) -> Result<(), Fault> {
        let mut rows = Rows::new(source, b',');
        while let Some((line, row)) = rows.next()? {
            let row = Row { line, row };
            match (row.row.len(), self.primaries) {
                (12, _) => self.primary(&row, entries)?,
                (5 | 6 | 2, false) => {
                    return Err(Fault::at(
                        line,
                        "is not the file of the primary names, which is to be the first of `file`",
                    ));
                }
                (5, true) => self.alias(&row, entries)?,
                (6, true) => self.knows(&row, entries)?,
                (2, true) => {
                    self.knows(&row, entries)?;
                    if let Some(remarks) = self.open.get_mut(&*row.text(0)) {
                        *remarks += &row.text(1);
                    }
                }
                (n, _) => {
                    return Err(Fault::at(
                        line,
                        format!(
                            "has {n} columns; files of OFAC have 12 (sdn), 5 (alt), 6 (add) or 2 (comments)"
                        ),
                    ));
                }
            }
        }
        match (rows.marked, rows.columns) {
            (true, _) => self.marked += 1,
            // Comments have none.
            (false, 2) => {}
            (false, _) => self.unmarked += 1,
        }
        // A tool may have removed the mark from all files, but not from one.
        if self.marked > 0 && self.unmarked > 0 {
            return Err(Fault::whole(
                "of the files of the list some end with the mark of the end (0x1A) and some do not: one of them is cut off",
            ));
        }
        Ok(())
    }

    /// Ends the reading of all files.
    pub(super) fn end(self, entries: &mut Entries) -> Result<(), Fault> {
        if !self.primaries || !self.aliases {
            return Err(Fault::whole(
                "one of the files has no rows: both names and aliases are needed",
            ));
        }
        for (id, remarks) in &self.open {
            if let Some(mut entry) = entries.known(0, id) {
                says(&mut entry, remarks)?;
            }
        }
        Ok(())
    }

    fn primary(&mut self, row: &Row<'_>, entries: &mut Entries) -> Result<(), Fault> {
        self.primaries = true;
        let id = row.text(0);
        let subject = match row.text(2).to_ascii_lowercase().as_str() {
            "individual" => Subject::Person,
            "vessel" | "aircraft" => {
                entries.left_out += 1;
                self.things.insert(id.as_ref().into());
                return Ok(());
            }
            _ => Subject::Organization,
        };
        let mut entry = entries.entry(row.line, &id, subject)?;
        entry.name(&in_order(&row.text(1), subject), Quality::Primary)?;
        entry.remark(&row.text(3));
        let remarks = row.text(11);
        match remarks.is_empty() || remarks.ends_with('.') {
            true => says(&mut entry, &remarks),
            // The rest of it may be in the file of comments.
            false => {
                self.open.insert(id.as_ref().into(), remarks.into_owned());
                Ok(())
            }
        }
    }

    fn alias(&mut self, row: &Row<'_>, entries: &mut Entries) -> Result<(), Fault> {
        self.aliases = true;
        self.knows(row, entries)?;
        match entries.known(row.line, &row.text(0)) {
            None => Ok(()),
            Some(mut entry) => {
                let subject = entry.entity.subject;
                entry.name(&in_order(&row.text(3), subject), Quality::Alias)
            }
        }
    }

    /// Refuses a row about an entry that the file of names does not have: one of the two is not whole,
    /// or they are of different days.
    fn knows(&self, row: &Row<'_>, entries: &mut Entries) -> Result<(), Fault> {
        let id = row.text(0);
        match self.things.contains(&*id) || entries.known(row.line, &id).is_some() {
            true => Ok(()),
            false => Err(Fault::at(
                row.line,
                format!(
                    "speaks of entry {id}, which the file of the primary names does not have: they are not of the same day, or one is cut off"
                ),
            )),
        }
    }
}

struct Row<'r> {
    line: u64,
    row: &'r ByteRecord,
}

impl Row<'_> {
    /// The text of a column: in UTF-8, or in Latin-1 as in old files.
    fn text(&self, column: usize) -> Cow<'_, str> {
        let bytes = self.row.get(column).unwrap_or_default().trim_ascii();
        match std::str::from_utf8(bytes) {
            Ok(EMPTY) => Cow::Borrowed(""),
            Ok(text) => Cow::Borrowed(text),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        }
    }
}

/// A person's name as it is spoken: `LAST, First` is `First LAST`.
fn in_order(name: &str, subject: Subject) -> Cow<'_, str> {
    match name.split_once(',') {
        Some((last, first)) if subject == Subject::Person => {
            Cow::Owned(format!("{} {}", first.trim(), last.trim()))
        }
        _ => Cow::Borrowed(name),
    }
}

/// What remarks say of an entry: days of birth, and weak names in quotes.
fn says(entry: &mut Draft<'_>, remarks: &str) -> Result<(), Fault> {
    let subject = entry.entity.subject;
    for remark in remarks.trim_end_matches('.').split(';').map(str::trim) {
        let remark = remark.strip_prefix("alt. ").unwrap_or(remark);
        if let Some(date) = remark.strip_prefix("DOB ") {
            entry.born(date)?;
        } else if let Some((kind, name)) = remark.split_once(" '")
            && matches!(kind, "a.k.a." | "f.k.a." | "n.k.a.")
        {
            let name = name.strip_suffix('\'').unwrap_or(name);
            entry.name(&in_order(name, subject), Quality::Weak)?;
        }
    }
    Ok(())
}
