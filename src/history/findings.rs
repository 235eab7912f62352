//! Writing what is wrong with a customer. The same few texts come again and again, so a finding is a
//! place in the customer and the number of its text; and customers of a file with the same findings
//! share them.

use hashbrown::{Equivalent, HashMap};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::trouble::Result;
use crate::validate::Finding;

/// Texts and lists of findings that are remembered, at the most: some hold a part of what the customer
/// said.
const REMEMBERED: usize = 4096;

/// The statements, and what this file has met: the numbers of texts, and the first customer with each
/// list of findings.
pub(super) struct FindingRows<'c> {
    row: CachedStatement<'c>,
    find: CachedStatement<'c>,
    keep: CachedStatement<'c>,
    known: HashMap<Text, i64>,
    first_with: HashMap<Findings<Box<str>>, u64>,
}

/// The findings of a customer: the number of each text, and the path.
#[derive(PartialEq, Eq, Hash)]
struct Findings<P>(Vec<(i64, P)>);

impl Equivalent<Findings<Box<str>>> for Findings<&str> {
    fn equivalent(&self, known: &Findings<Box<str>>) -> bool {
        let known = known.0.iter().map(|(text, path)| (*text, &**path));
        self.0.iter().copied().eq(known)
    }
}

#[derive(PartialEq, Eq, Hash)]
struct Text {
    rule: u16,
    code: Box<str>,
    description: Box<str>,
}

/// A [`Text`] that borrows from a finding: one that is in the map already is found without a copy.
#[derive(Hash)]
struct TextOf<'f> {
    rule: u16,
    code: &'f str,
    description: &'f str,
}

impl Equivalent<Text> for TextOf<'_> {
    fn equivalent(&self, text: &Text) -> bool {
        self.rule == text.rule && *self.code == *text.code && *self.description == *text.description
    }
}

impl<'c> FindingRows<'c> {
    pub(super) fn prepare(conn: &'c Connection) -> Result<FindingRows<'c>> {
        Ok(FindingRows {
            row: conn.prepare_cached(
                "INSERT INTO finding_row (batch_id, position, no, text_id, path)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            find: conn.prepare_cached(
                "SELECT text_id FROM finding_text
                 WHERE rule = ?1 AND code = ?2 AND description = ?3",
            )?,
            keep: conn.prepare_cached(
                "INSERT INTO finding_text (rule, code, description) VALUES (?1, ?2, ?3)
                 RETURNING text_id",
            )?,
            known: HashMap::new(),
            first_with: HashMap::new(),
        })
    }

    /// Writes the findings of one customer, numbered from 1. Returns the position of an earlier
    /// customer of the file with the same findings, in whose place nothing was written.
    pub(super) fn write(
        &mut self,
        batch_id: i64,
        position: u64,
        findings: &[Finding],
    ) -> Result<Option<u64>> {
        let rows: Result<Vec<_>> = findings
            .iter()
            .map(|finding| Ok((self.text(finding)?, finding.path.as_str())))
            .collect();
        let rows = Findings(rows?);
        if let Some(first) = self.first_with.get(&rows) {
            return Ok(Some(*first));
        }
        for (no, (text, path)) in (1u64..).zip(&rows.0) {
            self.row
                .execute(params![batch_id, position, no, text, path])?;
        }
        if self.first_with.len() >= REMEMBERED {
            self.first_with.clear();
        }
        let rows = rows.0.into_iter().map(|(text, path)| (text, path.into()));
        self.first_with.insert(Findings(rows.collect()), position);
        Ok(None)
    }

    /// Forgets what it has met, which may have been taken back.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.first_with.clear();
    }

    fn text(&mut self, finding: &Finding) -> Result<i64> {
        let text = TextOf {
            rule: finding.rule.no,
            code: &finding.code,
            description: &finding.description,
        };
        if let Some(id) = self.known.get(&text) {
            return Ok(*id);
        }
        let row = params![finding.rule.key, text.code, text.description];
        let id = match self.find.query_row(row, |r| r.get(0)).optional()? {
            Some(id) => id,
            None => self.keep.query_row(row, |r| r.get(0))?,
        };
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        let text = Text {
            rule: text.rule,
            code: text.code.into(),
            description: text.description.into(),
        };
        self.known.insert(text, id);
        Ok(id)
    }
}
