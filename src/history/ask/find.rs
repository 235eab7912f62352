//! Finding a request of a customer by what people know of it: customerExtId, communicationNumber, a
//! part of a name.
//!
//! Accepted requests are found by keys, rejected ones by customerExtId through an index. Everything
//! else is looked through, the newest first, for as long as the caller allows.

use std::collections::BTreeSet;
use std::time::Instant;

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use crate::history::rules;
use crate::text::folded;
use crate::trouble::Result;

use super::batch::State;
use super::evaluations::assessment_of_number;
use super::life::offices;
use super::place::Places;

/// So many customers are listed at most.
const MAX_HITS: usize = 20;

/// Rows that are looked at between two looks at the clock.
const ROWS_BETWEEN_LOOKS: u32 = 256;

/// Of so many of the newest rows the words are offered to somebody who mistyped one.
const RECENT: u32 = 5000;

/// A request of a customer, the newest of those that were found.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// The batch that it came in.
    pub batch_id: i64,
    /// The number of the customer in the batch, from 1.
    pub customer: u64,
    /// The place of the customer in the batch, from 0.
    pub position: u64,
    /// What became of it.
    pub state: State,
    /// First and last name, or the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The customerExtId; None where it is absent or no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_ext_id: Option<String>,
    /// The businessUnit; None where it is absent or no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_unit: Option<String>,
    /// The communicationNumber; None where it is absent or no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication_number: Option<String>,
    /// Whether other requests of the customer were found besides.
    #[serde(skip)]
    pub has_others: bool,
    /// What the request made of the customer: regular, lead or simplified; None where nothing was saved.
    #[serde(skip)]
    pub kind: Option<String>,
    /// When it was judged, UTC.
    #[serde(skip)]
    pub at: Option<String>,
}

/// The customers that were found.
#[derive(Debug, Default)]
pub struct Found {
    /// One request of each.
    pub hits: Vec<Hit>,
    /// There are more than are listed.
    pub more: bool,
    /// Time was over before every row was looked at.
    pub cut_short: bool,
}

impl Hit {
    /// Whether both are of one customer, or the same request.
    fn is_of(&self, other: &Hit) -> bool {
        self.customer_ext_id.is_some()
            && self.customer_ext_id == other.customer_ext_id
            && self.business_unit == other.business_unit
            || self.place() == other.place()
    }

    /// The newer the request, the greater.
    fn place(&self) -> (i64, u64) {
        (self.batch_id, self.position)
    }

    /// Takes the newer of two requests of one customer.
    fn replace(&mut self, other: Hit) {
        let has_others = self.has_others || other.has_others || self.place() != other.place();
        if self.place() < other.place() {
            *self = other;
        }
        self.has_others = has_others;
    }
}

impl Found {
    /// Takes a request; of one customer the newest is kept.
    fn add(&mut self, hit: Hit) {
        let is_full = self.hits.len() >= MAX_HITS;
        match self.hits.iter_mut().find(|known| known.is_of(&hit)) {
            Some(known) => known.replace(hit),
            None if is_full => self.more = true,
            None => self.hits.push(hit),
        }
    }

    /// Takes the requests of another search, as many as there are.
    fn take_all(&mut self, other: Found) {
        self.more |= other.more;
        self.cut_short |= other.cut_short;
        for hit in other.hits {
            match self.hits.iter_mut().find(|known| known.is_of(&hit)) {
                Some(known) => known.replace(hit),
                None => self.hits.push(hit),
            }
        }
    }

    /// The newest ones, as many as are listed.
    fn newest_first(mut self) -> Found {
        self.hits.sort_by_key(|hit| std::cmp::Reverse(hit.place()));
        self.more |= self.hits.len() > MAX_HITS;
        self.hits.truncate(MAX_HITS);
        self
    }
}

/// Looks for customers.
pub struct Search<'c> {
    /// The history, opened for reading.
    pub conn: &'c Connection,
    /// When to stop looking through rows; None for never.
    pub until: Option<Instant>,
    /// Only customers of this office.
    pub business_unit: Option<&'c str>,
}

/// The columns of a hit. The name of a rejected customer is in its payload alone.
const ASSESSMENT: &str = "batch_id, position, communication_number, customer_ext_id, business_unit, name, kind, assessed_at";
const REJECTION: &str = "batch_id, position, communication_number, customer_ext_id, business_unit, payload_text(payload), NULL, rejected_at";

fn hit(r: &Row<'_>, state: State) -> rusqlite::Result<Hit> {
    let position: u64 = r.get(1)?;
    let name: Option<String> = r.get(5)?;
    Ok(Hit {
        batch_id: r.get(0)?,
        customer: position.saturating_add(1),
        position,
        state,
        communication_number: r.get(2)?,
        customer_ext_id: r.get(3)?,
        business_unit: r.get(4)?,
        name: match state {
            State::Accepted => name.filter(|name| !name.is_empty()),
            State::Rejected => name.and_then(|payload| Places::of(&payload).name()),
        },
        has_others: false,
        kind: r.get(6)?,
        at: r.get(7)?,
    })
}

impl Search<'_> {
    /// The accepted request with this communicationNumber: no other has it. An evaluation that was done
    /// again has a number of its own.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn accepted_number(&self, number: &str) -> Result<Option<Hit>> {
        let id = match rules::assessment_of_number(self.conn, number)? {
            None => assessment_of_number(self.conn, number)?,
            id => id,
        };
        id.map(|id| self.assessment(id)).transpose()
    }

    /// Every request with this communicationNumber, the rejected ones and those of which nothing was
    /// saved too.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn number(&self, number: &str) -> Result<Found> {
        let mut found = Found::default();
        if let Some(hit) = self.accepted_number(number)? {
            found.add(hit);
        }
        // The payloads of those that are not meant stay packed.
        let rejected =
            "SELECT batch_id, position, communication_number, customer_ext_id, business_unit, NULL,
                        NULL, rejected_at FROM rejection ORDER BY rejection_id DESC";
        self.scan(rejected, State::Rejected, &mut found, |r| {
            Ok(r.get_ref(2)?.as_str_or_null()? == Some(number))
        })?;
        for hit in &mut found.hits {
            if hit.state == State::Rejected {
                let payload = "SELECT payload_text(payload) FROM rejection WHERE batch_id = ?1 AND position = ?2";
                let payload: String =
                    self.conn
                        .query_row(payload, params![hit.batch_id, hit.position], |r| r.get(0))?;
                hit.name = Places::of(&payload).name();
            }
        }
        if found.hits.is_empty() {
            self.acknowledged(2, number, &mut found)?;
        }
        Ok(found.newest_first())
    }

    /// The customers with this customerExtId, in each office.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn ext_id(&self, ext_id: &str) -> Result<Found> {
        let mut found = Found::default();
        for unit in offices(self.conn)?.into_iter().chain([None]) {
            let customer = rules::customer_of(self.conn, unit.as_deref(), ext_id)?;
            if let Some((first, newest)) = customer {
                let mut hit = self.assessment(newest)?;
                hit.has_others = first != newest;
                found.add(hit);
            }
        }
        let sql = format!(
            "SELECT {REJECTION} FROM rejection WHERE customer_ext_id = ?1
             ORDER BY rejection_id DESC LIMIT ?2"
        );
        let mut select = self.conn.prepare_cached(&sql)?;
        let rows = select.query_map(params![ext_id, RECENT], |r| hit(r, State::Rejected))?;
        for row in rows {
            found.add(row?);
        }
        Ok(found.newest_first())
    }

    /// The customers with this customerExtId of which nothing was saved: they came to an endpoint that
    /// only validates.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unsaved_ext_id(&self, ext_id: &str) -> Result<Found> {
        let mut found = Found::default();
        self.acknowledged(3, ext_id, &mut found)?;
        Ok(found.newest_first())
    }

    /// The customers in whose name every word of a text stands, whatever the capitals and diacritics.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn name(&self, text: &str) -> Result<Found> {
        let words = folded(text);
        let words: Vec<&str> = words.split_whitespace().collect();
        let (mut found, mut saved) = (Found::default(), Found::default());
        if words.is_empty() {
            return Ok(found);
        }
        let has_all = |name: &str| {
            let name = folded(name);
            words.iter().all(|word| name.contains(word))
        };
        // Half of the time at most, so that saved customers are looked at too.
        let now = Instant::now();
        let half = |until: Instant| now + until.saturating_duration_since(now) / 2;
        let first = Search {
            until: self.until.map(half),
            ..*self
        };
        let rejected = format!("SELECT {REJECTION} FROM rejection ORDER BY rejection_id DESC");
        first.scan(&rejected, State::Rejected, &mut found, |r| {
            let payload = r.get_ref(5)?.as_str_or_null()?.unwrap_or_default();
            Ok(Places::of(payload)
                .name()
                .is_some_and(|name| has_all(&name)))
        })?;
        let accepted = format!("SELECT {ASSESSMENT} FROM assessment ORDER BY assessment_id DESC");
        self.scan(&accepted, State::Accepted, &mut saved, |r| {
            Ok(has_all(r.get_ref(5)?.as_str_or_null()?.unwrap_or_default()))
        })?;
        found.take_all(saved);
        Ok(found.newest_first())
    }

    /// The customers with the newest requests before this assessment, or before none, and the assessment to
    /// go on before; None where there are no more.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn newest(&self, before: Option<i64>, most: usize) -> Result<(Vec<Hit>, Option<i64>)> {
        let sql = format!(
            "SELECT {ASSESSMENT}, assessment_id, EXISTS (SELECT 1 FROM succession s
               WHERE s.assessment_id = a.assessment_id)
             FROM assessment a WHERE assessment_id < ?1 ORDER BY assessment_id DESC LIMIT ?2"
        );
        let mut select = self.conn.prepare_cached(&sql)?;
        let mut rows = select.query(params![before.unwrap_or(i64::MAX), RECENT])?;
        let (mut hits, mut looked_at, mut last) = (Vec::new(), 0, None);
        while let Some(row) = rows.next()? {
            if hits.len() == most {
                return Ok((hits, last));
            }
            looked_at += 1;
            last = Some(row.get(8)?);
            if !row.get::<_, bool>(9)? {
                hits.push(hit(row, State::Accepted)?);
            }
        }
        Ok((hits, last.filter(|_| looked_at == RECENT)))
    }

    fn acknowledged(&self, column: usize, text: &str, found: &mut Found) -> Result<()> {
        let sql =
            "SELECT batch_id, position, communication_number, customer_ext_id, business_unit, NULL,
                   NULL, NULL FROM acknowledgement ORDER BY batch_id DESC, position DESC";
        self.scan(sql, State::Accepted, found, |r| {
            Ok(r.get_ref(column)?.as_str_or_null()? == Some(text))
        })
    }

    fn assessment(&self, id: i64) -> Result<Hit> {
        let sql = format!("SELECT {ASSESSMENT} FROM assessment WHERE assessment_id = ?1");
        let mut select = self.conn.prepare_cached(&sql)?;
        Ok(select.query_row([id], |r| hit(r, State::Accepted))?)
    }

    /// Looks through rows until enough are found or time is over.
    fn scan(
        &self,
        sql: &str,
        state: State,
        found: &mut Found,
        is_meant: impl Fn(&Row<'_>) -> rusqlite::Result<bool>,
    ) -> Result<()> {
        let mut select = self.conn.prepare(sql)?;
        let mut rows = select.query([])?;
        let mut looked_at = 0u32;
        while let Some(row) = rows.next()? {
            if found.more {
                break;
            }
            looked_at = looked_at.wrapping_add(1);
            if looked_at.is_multiple_of(ROWS_BETWEEN_LOOKS)
                && self.until.is_some_and(|until| Instant::now() > until)
            {
                found.cut_short = true;
                break;
            }
            if is_meant(row)? {
                let hit = hit(row, state)?;
                if self.business_unit.is_none()
                    || self.business_unit == hit.business_unit.as_deref()
                {
                    found.add(hit);
                }
            }
        }
        Ok(())
    }
}

/// What the newest rows are called by: file names with and without `.json`, customerExtIds, communicationNumbers, names and
/// their words.
///
/// # Errors
/// When the database cannot be read.
pub fn recent_words(conn: &Connection) -> Result<BTreeSet<String>> {
    let mut words = BTreeSet::new();
    let mut select = conn.prepare(
        "SELECT * FROM (SELECT file_name FROM batch ORDER BY batch_id DESC LIMIT ?1)
         UNION SELECT * FROM (SELECT customer_ext_id FROM rejection ORDER BY rejection_id DESC LIMIT ?1)
         UNION SELECT * FROM (SELECT communication_number FROM rejection ORDER BY rejection_id DESC LIMIT ?1)
         UNION SELECT * FROM (SELECT customer_ext_id FROM assessment ORDER BY assessment_id DESC LIMIT ?1)
         UNION SELECT * FROM (SELECT communication_number FROM assessment ORDER BY assessment_id DESC LIMIT ?1)",
    )?;
    let rows = select.query_map([RECENT], |r| r.get::<_, Option<String>>(0))?;
    for word in rows {
        if let Some(word) = word? {
            words.extend(word.strip_suffix(".json").map(str::to_owned));
            words.insert(word);
        }
    }
    let mut add_name = |name: String| {
        words.extend(name.split_whitespace().map(str::to_owned));
        words.insert(name);
    };
    let mut select =
        conn.prepare("SELECT name FROM assessment ORDER BY assessment_id DESC LIMIT ?1")?;
    for name in select.query_map([RECENT], |r| r.get::<_, String>(0))? {
        add_name(name?);
    }
    let mut select = conn.prepare(
        "SELECT payload_text(payload) FROM rejection ORDER BY rejection_id DESC LIMIT ?1",
    )?;
    for payload in select.query_map([RECENT], |r| r.get::<_, String>(0))? {
        Places::of(&payload?).name().map(&mut add_name);
    }
    Ok(words)
}
