//! The rows of a batch against their payloads, their keys, and the counts of the batch.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use crate::catalog::{CUSTOMER, Endpoint};
use crate::classifier::ClassifierSet;
use crate::request::Tree;
use crate::trouble::Result;
use crate::validate::{Judge, Summary, TextPool};

use super::super::assessment::{PAYLOAD_COLUMNS, PayloadColumn};
use super::super::classifiers::files_of;
use super::super::keys::Keys;
use super::super::payload::Unpacker;
use super::{at, damaged, is_moment};

/// Questions for positions of a batch whose findings are damaged.
const FINDINGS: [&str; 2] = [
    "SELECT coalesce(r.position, f.position)
     FROM (SELECT position, findings_at FROM rejection WHERE batch_id = ?1) r
     FULL JOIN (SELECT position, min(no) = 1 AND max(no) = count(t.text_id) AS numbered
                FROM finding_row LEFT JOIN finding_text t USING (text_id)
                WHERE batch_id = ?1 GROUP BY position) f
       ON f.position = coalesce(r.findings_at, r.position)
     WHERE r.position IS NULL OR r.findings_at >= r.position OR f.numbered IS NOT 1 LIMIT 1",
    // Offices with a longer name are shortened in the sums; the field is the path without digits.
    "SELECT r.position FROM rejection r
     JOIN batch b ON b.batch_id = r.batch_id
     JOIN finding_row f
       ON f.batch_id = r.batch_id AND f.position = coalesce(r.findings_at, r.position)
     JOIN finding_text t ON t.text_id = f.text_id
     WHERE r.batch_id = ?1 AND length(coalesce(r.business_unit, '')) <= 200 AND NOT EXISTS (
       SELECT 1 FROM day_finding d
       WHERE d.day = substr(b.received_at, 1, 10) AND d.endpoint = b.endpoint
         AND d.business_unit = coalesce(r.business_unit, '') AND d.rule = t.rule
         AND d.code = t.code AND d.field = replace(replace(replace(replace(replace(replace(
           replace(replace(replace(replace(f.path, '0', ''), '1', ''), '2', ''), '3', ''),
           '4', ''), '5', ''), '6', ''), '7', ''), '8', ''), '9', '')) LIMIT 1",
];

/// Checks batches, one after the other.
pub(super) struct Rows<'c> {
    conn: &'c Connection,
    /// None in a history that nothing was recorded in.
    keys: Option<Keys>,
    unpacker: Unpacker,
    tree: Tree,
    facts: TextPool,
    /// The classifiers of the last batch: mostly those of the next.
    set: Option<(i64, ClassifierSet)>,
    by_number: CachedStatement<'c>,
    by_names: CachedStatement<'c>,
}

/// What a batch says of its rows.
struct Batch {
    id: i64,
    endpoint: String,
    set: Option<i64>,
    customers: u64,
    accepted: u64,
    rejected: u64,
    repeated: u64,
    range: (Option<i64>, Option<i64>),
    /// The most rows of a table to look at, from the newest.
    most: i64,
}

/// Which positions of a batch have a row.
#[derive(Default)]
struct Positions(Vec<u64>);

impl Positions {
    /// Whether this one is in the batch and had no row so far.
    #[expect(
        clippy::indexing_slicing,
        reason = "there is a word for the position since the resize"
    )]
    fn take(&mut self, position: u64, batch: &Batch) -> bool {
        if position >= batch.customers {
            return false;
        }
        let (word, bit) = ((position / 64) as usize, 1 << (position % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
}

impl<'c> Rows<'c> {
    pub(super) fn of(conn: &'c Connection) -> Result<Rows<'c>> {
        let key = "SELECT length(value) = 16 FROM setting WHERE name = 'hash_key'";
        let key: Option<bool> =
            (conn.query_row(key, [], |r| r.get(0)).optional()).map_err(at("table setting"))?;
        Ok(Rows {
            conn,
            keys: match key {
                Some(true) => Some(Keys::of(conn)?),
                _ => None,
            },
            unpacker: Unpacker::of(conn)
                .map_err(|e| damaged(format!("table payload_dictionary: {}", e.what)))?,
            tree: Tree::new(),
            facts: TextPool::default(),
            set: None,
            by_number: conn
                .prepare_cached("SELECT assessment_id FROM communication_number WHERE key = ?1")?,
            by_names: conn.prepare_cached(
                "SELECT c.assessment_id, a.customer_ext_id = ?2 AND a.business_unit IS ?3
                 FROM customer c LEFT JOIN assessment a ON a.assessment_id = c.assessment_id
                 WHERE c.key = ?1",
            )?,
        })
    }

    /// Checks the rows of a batch, or so many of the newest of each table.
    pub(super) fn batch(&mut self, id: i64, most: Option<u64>) -> Result<()> {
        let place = format!("table batch, batch {id}");
        let batch = self
            .conn
            .prepare_cached(
                "SELECT endpoint, set_id, customers, accepted, rejected, repeated,
                   first_assessment_id, last_assessment_id FROM batch WHERE batch_id = ?1",
            )?
            .query_row([id], |r| {
                Ok(Batch {
                    id,
                    endpoint: r.get(0)?,
                    set: r.get(1)?,
                    customers: r.get(2)?,
                    accepted: r.get(3)?,
                    rejected: r.get(4)?,
                    repeated: r.get(5)?,
                    range: (r.get(6)?, r.get(7)?),
                    most: most.map_or(-1, |most| most as i64),
                })
            })
            .map_err(at(&place))?;
        if batch.customers == 0 {
            return Ok(());
        }
        let endpoint = Endpoint::from_name(&batch.endpoint);
        let (Some(endpoint), Some(set)) = (endpoint, batch.set) else {
            return Err(damaged(place));
        };
        let set = self.set_of(set)?;
        let mut positions = Positions::default();
        let assessed = self.assessments(&batch, endpoint, &set, &mut positions)?;
        let rejected = self.rejections(&batch, endpoint, &set, &mut positions)?;
        let (acknowledged, repeated) = self.acknowledgements(&batch, &mut positions)?;
        self.set = batch.set.zip(Some(set));
        if most.is_some() {
            return Ok(());
        }
        self.findings(&batch)?;
        let counts = (assessed + acknowledged, rejected, repeated);
        if counts != (batch.accepted, batch.rejected, batch.repeated) {
            return Err(damaged(format!(
                "{place}: its rows are not as many as it says"
            )));
        }
        Ok(())
    }

    fn set_of(&mut self, id: i64) -> Result<ClassifierSet> {
        if let Some((last, set)) = self.set.take()
            && last == id
        {
            return Ok(set);
        }
        let files = files_of(self.conn, id).ok();
        let set = files.and_then(|files| ClassifierSet::from_files(&files).ok());
        set.ok_or_else(|| damaged(format!("tables of classifiers, set {id}")))
    }

    fn assessments(
        &mut self,
        batch: &Batch,
        endpoint: Endpoint,
        set: &ClassifierSet,
        positions: &mut Positions,
    ) -> Result<u64> {
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT position, payload, assessment_id, batch_id, assessed_at, {} FROM assessment
             WHERE assessment_id BETWEEN ?1 AND ?2 ORDER BY assessment_id DESC LIMIT ?3",
            PAYLOAD_COLUMNS.map(|column| column.name).join(", ")
        ))?;
        let mut place = batch.place("assessment", None);
        let mut rows = select.query(params![batch.range.0, batch.range.1, batch.most])?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(at(&place))? {
            let id: i64 = row.get(2).map_err(at(&place))?;
            place = format!("table assessment, batch {}, assessment {id}", batch.id);
            let position = row.get(0).map_err(at(&place))?;
            let at_moment: String = row.get(4).map_err(at(&place))?;
            if row.get(3) != Ok(batch.id)
                || !positions.take(position, batch)
                || !is_moment(&at_moment)
            {
                return Err(damaged(place));
            }
            place = batch.place("assessment", Some(position));
            let summary = self.summary(row, endpoint, set, &place)?;
            self.compare(row, 5, &PAYLOAD_COLUMNS, &summary, &place)?;
            self.keys(id, &summary, &place)?;
            count += 1;
        }
        Ok(count)
    }

    fn rejections(
        &mut self,
        batch: &Batch,
        endpoint: Endpoint,
        set: &ClassifierSet,
        positions: &mut Positions,
    ) -> Result<u64> {
        let mut select = self.conn.prepare_cached(
            "SELECT position, payload, communication_number, customer_ext_id, business_unit
             FROM rejection WHERE batch_id = ?1 ORDER BY position DESC LIMIT ?2",
        )?;
        let mut place = batch.place("rejection", None);
        let mut rows = select.query(params![batch.id, batch.most])?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(at(&place))? {
            let position = row.get(0).map_err(at(&place))?;
            place = batch.place("rejection", Some(position));
            if !positions.take(position, batch) {
                return Err(damaged(place));
            }
            let summary = self.summary(row, endpoint, set, &place)?;
            self.compare(row, 2, &PAYLOAD_COLUMNS[..3], &summary, &place)?;
            count += 1;
        }
        Ok(count)
    }

    /// How many there are, and how many of them repeat an earlier request.
    fn acknowledgements(&self, batch: &Batch, positions: &mut Positions) -> Result<(u64, u64)> {
        let mut select = self.conn.prepare_cached(
            "SELECT k.position, k.assessment_id IS NOT NULL,
                    k.assessment_id IS NULL OR a.communication_number IS k.communication_number
             FROM acknowledgement k LEFT JOIN assessment a ON a.assessment_id = k.assessment_id
             WHERE k.batch_id = ?1 ORDER BY k.position DESC LIMIT ?2",
        )?;
        let place = batch.place("acknowledgement", None);
        let mut rows = select.query(params![batch.id, batch.most])?;
        let (mut count, mut repeated) = (0, 0);
        while let Some(row) = rows.next().map_err(at(&place))? {
            let position = row.get(0).map_err(at(&place))?;
            if !positions.take(position, batch) || row.get(2) != Ok(true) {
                return Err(damaged(batch.place("acknowledgement", Some(position))));
            }
            count += 1;
            repeated += u64::from(row.get::<_, bool>(1).map_err(at(&place))?);
        }
        Ok((count, repeated))
    }

    /// The findings of each rejected customer are numbered from 1, have a text, and are counted in the
    /// sums of their day, rule and field.
    fn findings(&self, batch: &Batch) -> Result<()> {
        for question in FINDINGS {
            let wrong: Option<u64> = self
                .conn
                .prepare_cached(question)?
                .query_row([batch.id], |r| r.get(0))
                .optional()
                .map_err(at(batch.place("finding_row", None)))?;
            if let Some(position) = wrong {
                return Err(damaged(batch.place("finding_row", Some(position))));
            }
        }
        Ok(())
    }

    /// Reads the payload of a row again.
    fn summary(
        &mut self,
        row: &Row<'_>,
        endpoint: Endpoint,
        classifiers: &ClassifierSet,
        place: &str,
    ) -> Result<Summary> {
        let payload = row.get_ref(1).map_err(at(place))?;
        let text = self.unpacker.text(payload).map_err(at(place))?;
        let wrong = || damaged(format!("{place}: the payload is not JSON"));
        let text = text.ok_or_else(wrong)?;
        let is_object = self.tree.read(&text, &CUSTOMER).map_err(|_| wrong())?;
        self.facts.clear();
        let judge = Judge {
            endpoint,
            multi_organization: false,
            classifiers,
        };
        Ok(match is_object {
            true => judge.summary(&text, &self.tree, &mut self.facts),
            false => Summary::default(),
        })
    }

    /// Compares these columns of a row, from its column `first` on, with the payload.
    fn compare(
        &self,
        row: &Row<'_>,
        first: usize,
        columns: &[PayloadColumn],
        summary: &Summary,
        place: &str,
    ) -> Result<()> {
        for (i, column) in columns.iter().enumerate() {
            let found = row.get_ref(first + i).map_err(at(place))?;
            let found = found.as_str_or_null().map_err(|e| at(place)(e.into()))?;
            // Early versions did not keep the country of every assessment.
            let unkept = found.is_none() && column.name == "country";
            if found != (column.value)(summary, &self.facts) && !unkept {
                let name = column.name;
                return Err(damaged(format!(
                    "{place}: {name} is not that of the payload"
                )));
            }
        }
        Ok(())
    }

    /// The history must find an assessment by its communicationNumber, and its customer by its names.
    fn keys(&mut self, id: i64, summary: &Summary, place: &str) -> Result<()> {
        let (number, unit, ext_id) = super::super::rules::names(summary, &self.facts);
        let lost = |what: &str| damaged(format!("{place}: not found by its {what}"));
        let Some(keys) = &self.keys else {
            return Err(damaged("table setting: hash_key"));
        };
        let mut key = keys.number(number);
        loop {
            let found = self.by_number.query_row([key], |r| r.get::<_, i64>(0));
            match found.optional().map_err(at("table communication_number"))? {
                Some(found) if found == id => break,
                Some(_) => key = key.wrapping_add(1),
                None => return Err(lost("communicationNumber")),
            }
        }
        let mut key = keys.customer(unit, ext_id);
        loop {
            let found = self.by_names.query_row(params![key, ext_id, unit], |r| {
                Ok((r.get::<_, i64>(0)?, r.get::<_, Option<bool>>(1)?))
            });
            match found.optional().map_err(at("table customer"))? {
                Some((found, Some(true))) if found == id => return Ok(()),
                Some((_, Some(true))) => break,
                Some((_, Some(false))) => key = key.wrapping_add(1),
                _ => return Err(lost("customerExtId")),
            }
        }
        // The customer has a newer assessment.
        let next = "SELECT 1 FROM succession s JOIN assessment n
                      ON n.assessment_id = s.next_assessment_id
                    WHERE s.assessment_id = ?1 AND n.assessment_id > ?1
                      AND n.customer_ext_id = ?2 AND n.business_unit IS ?3";
        let next = self
            .conn
            .prepare_cached(next)?
            .exists(params![id, ext_id, unit]);
        match next.map_err(at("table succession"))? {
            true => Ok(()),
            false => Err(damaged(format!(
                "{place}: not followed by a newer one in table succession"
            ))),
        }
    }
}

impl Batch {
    fn place(&self, table: &str, position: Option<u64>) -> String {
        let position = position.map_or(String::new(), |p| format!(", position {p}"));
        format!("table {table}, batch {}{position}", self.id)
    }
}
