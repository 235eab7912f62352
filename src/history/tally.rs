//! The sums that people ask for: collected in memory while a file is judged, written once at its
//! end. A row for each customer in a table of sums would cost more than the customer itself.

use std::hash::{Hash, Hasher};

use hashbrown::{Equivalent, HashMap};
use rusqlite::{Connection, params};

use crate::catalog::{Action, CategoryKind, RuleRow};
use crate::clock;
use crate::trouble::Result;
use crate::validate::{Finding, Summary, TextPool};

use super::batch::{Finish, NewBatch};
use super::rules::Former;

/// Different texts (offices, countries) after which the sums are written before the end of the
/// file: memory must not grow with it.
const MAX_TEXTS: usize = 4096;

/// The characters that a businessUnit may have.
const LONGEST_OFFICE: usize = 256;

/// The sums of one file so far.
#[derive(Default)]
pub(super) struct Tally {
    texts: Texts,
    volumes: HashMap<Id, Volume>,
    reasons: HashMap<Reason, [u64; 2]>,
    standing: HashMap<Standing, i64>,
}

/// A text, by its place in [`Texts`].
type Id = u32;

/// Office, kind, entity type, risk level, status, country.
type Standing = [Id; 6];

#[derive(Default)]
struct Volume {
    accepted: u64,
    rejected: u64,
    assessments: u64,
    created: u64,
}

/// What was wrong, in which office.
#[derive(PartialEq, Eq)]
struct Reason {
    unit: Id,
    rule: u16,
    code: String,
    field: String,
}

/// A [`Reason`] that borrows from a finding: one that is in the map already is found without a copy.
struct ReasonOf<'f> {
    unit: Id,
    rule: u16,
    code: &'f str,
    path: &'f str,
}

impl Hash for Reason {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.unit, self.rule, self.code.as_str()).hash(state);
        self.field.bytes().for_each(|b| state.write_u8(b));
    }
}

impl Hash for ReasonOf<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.unit, self.rule, self.code).hash(state);
        field_of(self.path).for_each(|b| state.write_u8(b));
    }
}

impl ReasonOf<'_> {
    fn owned(&self) -> Reason {
        // Digits are bytes of their own in UTF-8: what is left is text.
        let field: Vec<u8> = field_of(self.path).collect();
        Reason {
            unit: self.unit,
            rule: self.rule,
            code: self.code.to_owned(),
            field: String::from_utf8_lossy(&field).into_owned(),
        }
    }
}

impl Equivalent<Reason> for ReasonOf<'_> {
    fn equivalent(&self, reason: &Reason) -> bool {
        (self.unit, self.rule, self.code) == (reason.unit, reason.rule, reason.code.as_str())
            && field_of(self.path).eq(reason.field.bytes())
    }
}

/// Each text once.
#[derive(Default)]
struct Texts {
    ids: HashMap<Box<str>, Id>,
    texts: Vec<Box<str>>,
    /// The one that each column of [`Standing`] had last: mostly it has it again.
    last: Standing,
}

impl Texts {
    /// The text that is not there is the empty one.
    fn id(&mut self, text: Option<&str>) -> Id {
        let text = text.unwrap_or_default();
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.texts.len() as Id;
        self.texts.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    /// The text of a column of [`Standing`], by its place there.
    #[expect(
        clippy::indexing_slicing,
        reason = "a column of `Standing` has its place in `last`"
    )]
    fn id_in(&mut self, column: usize, text: Option<&str>) -> Id {
        let last = self.last[column];
        let again = self.texts.get(last as usize);
        if again.is_some_and(|again| **again == *text.unwrap_or_default()) {
            return last;
        }
        let id = self.id(text);
        self.last[column] = id;
        id
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "an id is the place of a text that was added"
    )]
    fn get(&self, id: Id) -> &str {
        &self.texts[id as usize]
    }
}

impl Tally {
    /// Counts the answer to one customer, and everything that was found.
    pub(super) fn judged(&mut self, summary: &Summary, facts: &TextPool, findings: &[Finding]) {
        // The sums have a row for each thing that was wrong, and an office in each: one whose name is
        // too long to be one (TYP02) would be written a hundred times.
        let unit = facts.get(summary.business_unit);
        let unit = unit.map(|unit| crate::text::shortened(unit, LONGEST_OFFICE));
        let unit = self.texts.id_in(0, unit.as_deref());
        let volume = self.volumes.entry(unit).or_default();
        if findings.is_empty() {
            volume.accepted += 1;
            return;
        }
        volume.rejected += 1;
        for (i, finding) in findings.iter().enumerate() {
            let reason = ReasonOf {
                unit,
                rule: finding.rule.no,
                code: &finding.code,
                path: &finding.path,
            };
            let [answers, all] = match self.reasons.get_mut(&reason) {
                Some(known) => known,
                None => self.reasons.entry(reason.owned()).or_default(),
            };
            *answers += u64::from(i == 0);
            *all += 1;
        }
    }

    /// Counts a new assessment: how its customer stands now, and no longer stands.
    /// `level` is its risk level, if it has one yet.
    pub(super) fn stands(
        &mut self,
        (summary, level): (&Summary, Option<&str>),
        facts: &TextPool,
        former: Option<&Former>,
    ) {
        let unit = self.texts.id_in(0, facts.get(summary.business_unit));
        let volume = self.volumes.entry(unit).or_default();
        volume.assessments += 1;
        volume.created += u64::from(summary.action == Action::Create);
        let now = [
            unit,
            (self.texts).id_in(1, summary.kind.map(CategoryKind::name)),
            self.texts.id_in(2, summary.entity_type),
            self.texts.id_in(3, level),
            self.texts.id_in(4, summary.customer_status),
            self.texts.id_in(5, facts.get(summary.country)),
        ];
        *self.standing.entry(now).or_default() += 1;
        if let Some(f) = former {
            let before = [
                unit,
                self.texts.id(Some(&f.kind)),
                self.texts.id(Some(&f.entity_type)),
                self.texts.id(f.risk_level.as_deref()),
                self.texts.id(f.customer_status.as_deref()),
                self.texts.id(f.country.as_deref()),
            ];
            *self.standing.entry(before).or_default() -= 1;
        }
    }

    /// Whether there are so many different texts that the sums should be written now.
    pub(super) fn is_large(&self) -> bool {
        self.texts.texts.len() > MAX_TEXTS
    }

    /// Adds the sums to those of the history, and begins anew.
    pub(super) fn write(&mut self, conn: &Connection, batch: &NewBatch) -> Result<()> {
        let tally = std::mem::take(self);
        let day = clock::day(&batch.received_at);
        let texts = &tally.texts;
        let mut add = conn.prepare_cached(
            "INSERT INTO day_volume VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted,
               rejected = rejected + excluded.rejected,
               assessments = assessments + excluded.assessments,
               created = created + excluded.created",
        )?;
        for (unit, v) in &tally.volumes {
            add.execute(params![
                day,
                batch.path,
                texts.get(*unit),
                v.accepted,
                v.rejected,
                v.assessments,
                v.created
            ])?;
        }
        let mut add = conn.prepare_cached(
            "INSERT INTO day_finding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET answers = answers + excluded.answers,
               findings = findings + excluded.findings",
        )?;
        for (r, [answers, findings]) in &tally.reasons {
            let unit = texts.get(r.unit);
            let rule = rule_of(r.rule).key.as_str();
            add.execute(params![
                day, batch.path, unit, rule, r.code, r.field, answers, findings
            ])?;
        }
        let mut add = conn.prepare_cached(
            "INSERT INTO standing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET customers = customers + excluded.customers",
        )?;
        for (key, customers) in tally.standing.iter().filter(|(_, n)| **n != 0) {
            let [unit, kind, entity, risk, status, country] = key.map(|id| texts.get(id));
            add.execute(params![
                unit, kind, entity, risk, status, country, customers
            ])?;
        }
        Ok(())
    }

    /// Counts the file itself.
    pub(super) fn file(
        conn: &Connection,
        batch: &NewBatch,
        end: &Finish,
        customers: u64,
    ) -> Result<()> {
        // A folder that is no endpoint can have any name.
        let endpoint = if end.status == 404 { "" } else { &batch.path };
        conn.prepare_cached(
            "INSERT INTO day_file VALUES (?1, ?2, ?3, 1, ?4, ?5)
             ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes,
               customers = customers + excluded.customers",
        )?
        .execute(params![
            clock::day(&batch.received_at),
            endpoint,
            end.status,
            end.bytes,
            customers
        ])?;
        Ok(())
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "a finding has its number from a row of the catalogue"
)]
fn rule_of(no: u16) -> &'static RuleRow {
    &crate::catalog::rules()[usize::from(no) - 1]
}

/// A path without the places in its lists: `listAddress[0].country` is `listAddress[].country`.
fn field_of(path: &str) -> impl Iterator<Item = u8> {
    // No name of a field has a digit in it, and the migration relies on the same.
    path.bytes().filter(|b| !b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use crate::catalog::OBJECTS;

    fn field_of(path: &str) -> String {
        super::field_of(path).map(char::from).collect()
    }

    #[test]
    fn no_field_has_a_digit_in_its_name() {
        for object in OBJECTS {
            for field in object.fields {
                assert_eq!(field_of(field.name), field.name);
            }
        }
        assert_eq!(
            field_of("listRelatedEntity[0].listAddress[12].country"),
            "listRelatedEntity[].listAddress[].country"
        );
    }
}
