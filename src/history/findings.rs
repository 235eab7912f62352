//! Writing what is wrong with a customer. The same few texts come again and again, so a finding is a
//! place in the customer and the number of its text.

use hashbrown::{Equivalent, HashMap};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::trouble::Result;
use crate::validate::Finding;

/// Texts that are remembered, at the most: some tell a part of what the customer said.
const REMEMBERED: usize = 4096;

/// The statements, and the numbers of the texts that this file has met.
pub(super) struct FindingRows<'c> {
    row: CachedStatement<'c>,
    find: CachedStatement<'c>,
    keep: CachedStatement<'c>,
    known: HashMap<Text, i64>,
}

#[derive(PartialEq, Eq, Hash)]
struct Text {
    rule: u16,
    code: Box<str>,
    description: Box<str>,
}

/// The same, of a finding.
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
    pub fn prepare(conn: &'c Connection) -> Result<FindingRows<'c>> {
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
        })
    }

    /// Writes the findings of one customer, numbered from 1.
    pub fn write(&mut self, batch_id: i64, position: u64, findings: &[Finding]) -> Result<()> {
        for (no, finding) in (1u64..).zip(findings) {
            let text = self.text(finding)?;
            self.row
                .execute(params![batch_id, position, no, text, finding.path])?;
        }
        Ok(())
    }

    /// Forgets the texts, which may have been taken back.
    pub fn forget(&mut self) {
        self.known.clear();
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
