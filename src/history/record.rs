//! Writing: a group of files in one transaction. A file whose rows are written while it is still
//! being read is the first of its group, so that one that turns out broken at its last byte is taken
//! back with the whole transaction and leaves nothing behind but its batch row. (A savepoint would do
//! the same for any file, but SQLite then copies every older page before it changes it.)

use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior, params};

use crate::catalog::{Action, Endpoint, RiskLevel};
use crate::clock;
use crate::request::{Note, NoteKind};
use crate::trouble::Result;
use crate::validate::{Judged, TextPool};

use super::assessment::AssessmentRows;
use super::batch::{Finish, NewBatch, Written};
use super::dictionary::Packing;
use super::evaluation::{Evaluated, Evaluations, Whose, count_open};
use super::findings::FindingRows;
use super::footprint::{Change, Footprint, Writing};
use super::keys::Keys;
use super::payload::{PackedChunk, Payload};
use super::rules::{Former, HistoryRules, Verdict};
use super::screening::{self, Screening, Screenings};
use super::tally::Tally;
use super::warnings::Warnings;

/// A transaction over one file or a few.
pub struct Group<'h> {
    conn: &'h Connection,
    tx: Transaction<'h>,
    // After the transaction, so that its end is noted.
    writing: Writing<'h>,
    keys: Keys,
    rule_set_id: i64,
    packing: &'h Packing,
}

impl<'h> Group<'h> {
    pub(super) fn begin(
        conn: &'h mut Connection,
        footprint: &'h mut Option<Footprint>,
        keys: Keys,
        rule_set_id: i64,
        packing: &'h Packing,
    ) -> Result<Group<'h>> {
        crate::fault::squeeze(conn);
        // The mutable reference that came in keeps others from beginning one as well.
        let conn: &Connection = conn;
        Ok(Group {
            tx: Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?,
            conn,
            writing: Writing::begin(footprint, conn, Change::Transaction)?,
            keys,
            rule_set_id,
            packing,
        })
    }

    /// Begins a file. A request that comes again is accepted again, or rejected since its number is used.
    ///
    /// # Errors
    /// When the database fails.
    pub fn file(&self, batch: NewBatch, accepts_repeats: bool) -> Result<Recording<'_>> {
        Recording::begin(self, batch, accepts_repeats)
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// When the database fails: nothing of the group is there then.
    pub fn commit(self) -> Result<()> {
        self.writing.commit(self.conn, self.tx)
    }
}

#[derive(Default)]
struct Counts {
    customers: u64,
    accepted: u64,
    rejected: u64,
    repeated: u64,
    assessments: u64,
    created: u64,
}

/// Where and when a customer is written, and what with.
pub(super) struct At<'c> {
    pub position: u64,
    pub texts: &'c TextPool,
    /// The customer as it came.
    pub text: &'c str,
    pub payload: Payload<'c>,
    pub now: &'c str,
    /// The number that its assessment gets, if it gets one.
    pub assessment_id: i64,
    /// Its evaluation, if it asks for one.
    pub evaluated: Option<&'c Evaluated>,
    /// Its screenings, if it asks for some.
    pub screenings: &'c [Screening],
}

/// One file being written.
pub struct Recording<'g> {
    pub(super) conn: &'g Connection,
    packing: &'g Packing,
    /// Whether a dictionary was weighed on this file: once is enough.
    weighed: bool,
    rule_set_id: i64,
    batch: NewBatch,
    pub(super) batch_id: i64,
    first_assessment: i64,
    /// The number of the last one that was written.
    last_assessment: Option<i64>,
    /// The number that the first customer of the next chunk gets, should it be accepted, and each of
    /// those after it the next: nobody else uses them, for there is one writer.
    next_assessment: i64,
    history_rules: Option<HistoryRules<'g>>,
    rows: Rows<'g>,
    counts: Counts,
    tally: Tally,
    warnings: Warnings,
    pub(super) evaluations: Evaluations<'g>,
    pub(super) screenings: Screenings<'g>,
}

/// The statements that every customer needs, prepared once.
struct Rows<'g> {
    assessment: AssessmentRows<'g>,
    rejection: CachedStatement<'g>,
    findings: FindingRows<'g>,
    acknowledgement: CachedStatement<'g>,
    screening: CachedStatement<'g>,
}

impl<'g> Rows<'g> {
    fn prepare(conn: &'g Connection, batch_id: i64) -> Result<Rows<'g>> {
        Ok(Rows {
            assessment: AssessmentRows::prepare(conn, batch_id)?,
            rejection: conn.prepare_cached(
                "INSERT INTO rejection (batch_id, position, communication_number, customer_ext_id,
                   business_unit, rejected_at, elapsed_ms, payload, findings_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?,
            findings: FindingRows::prepare(conn)?,
            acknowledgement: conn.prepare_cached(
                "INSERT INTO acknowledgement (batch_id, position, communication_number,
                   customer_ext_id, business_unit, elapsed_ms, assessment_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            screening: conn.prepare_cached(
                "INSERT INTO screening (assessment_id, process, status, requested_at)
                 VALUES (?1, ?2, 'PENDING', ?3)",
            )?,
        })
    }
}

impl<'g> Recording<'g> {
    fn begin(
        group: &'g Group<'_>,
        batch: NewBatch,
        accepts_repeats: bool,
    ) -> Result<Recording<'g>> {
        let conn: &Connection = &group.tx;
        let (batch_id, first_assessment) = conn
            .prepare_cached(
                "SELECT (SELECT coalesce(max(batch_id), 0) + 1 FROM batch),
                   (SELECT coalesce(max(assessment_id), 0) + 1 FROM assessment)",
            )?
            .query_row([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let history_rules = match batch.endpoint {
            Some(endpoint) => {
                let rules = HistoryRules::new(conn, group.keys, endpoint)?;
                Some(rules.accepting_repeats(accepts_repeats))
            }
            None => None,
        };
        Ok(Recording {
            conn,
            packing: group.packing,
            weighed: false,
            rule_set_id: group.rule_set_id,
            batch_id,
            first_assessment,
            last_assessment: None,
            next_assessment: first_assessment,
            history_rules,
            rows: Rows::prepare(conn, batch_id)?,
            counts: Counts::default(),
            tally: Tally::default(),
            warnings: Warnings::default(),
            evaluations: Evaluations::begin(conn)?,
            screenings: Screenings::begin(conn)?,
            batch,
        })
    }

    /// Decides on the customers of a chunk and writes them. Returns the numbers, in the chunk, of those
    /// whose outcome the history changed: their findings are others now.
    ///
    /// # Errors
    /// When the database fails.
    pub fn chunk(&mut self, chunk: &mut PackedChunk) -> Result<Vec<usize>> {
        let now = clock::now();
        // It may have been learned from a file that was taken back.
        chunk.dictionary.keep(self.conn)?;
        let mut customers = std::mem::take(&mut chunk.judged.customers);
        let texts = &chunk.judged.texts;
        let first_assessment = self.next_assessment;
        let entered = match &mut self.history_rules {
            Some(rules) => rules.insert_new_keys(&customers, texts, first_assessment)?,
            None => vec![false; customers.len()],
        };
        let mut changed = Vec::new();
        for (i, customer) in customers.iter_mut().enumerate() {
            let sound = customer.findings.is_empty();
            let at = At {
                position: chunk.judged.first + i as u64,
                texts,
                text: chunk.judged.payload(customer),
                payload: chunk.payload(i, customer),
                now: &now,
                assessment_id: first_assessment + i as i64,
                evaluated: chunk.evaluated.as_ref().filter(|_| i == 0),
                screenings: &chunk.screenings,
            };
            self.customer(customer, entered.get(i) == Some(&true), &at)?;
            if sound != customer.findings.is_empty() {
                changed.push(i);
            }
        }
        self.counts.customers += customers.len() as u64;
        self.next_assessment = first_assessment + customers.len() as i64;
        chunk.judged.customers = customers;
        if self.tally.is_large() {
            self.tally.write(self.conn, &self.batch)?;
        }
        let assessments = self.next_assessment - 1;
        if self.counts.assessments > 0 && !self.weighed && self.packing.is_due(assessments) {
            self.weighed = true;
            self.packing.weigh(self.conn, assessments)?;
        }
        Ok(changed)
    }

    fn customer(&mut self, customer: &mut Judged, entered: bool, at: &At<'_>) -> Result<()> {
        if entered {
            self.assess(customer, at, None)?;
        } else if let Some(rules) = &mut self.history_rules {
            match rules.decide(customer, at.texts, at.text)? {
                Verdict::New(keys) if self.batch.endpoint.is_some_and(Endpoint::saves) => {
                    let former = rules.enter(keys, at.assessment_id)?;
                    self.assess(customer, at, former)?;
                }
                Verdict::New(_) => self.acknowledge(customer, at, None)?,
                Verdict::Duplicate(id) => {
                    self.counts.repeated += u64::from(id.is_some());
                    self.acknowledge(customer, at, id)?;
                }
                Verdict::Rejected => self.reject(customer, at)?,
            }
        }
        match customer.findings.is_empty() {
            true => self.counts.accepted += 1,
            false => self.counts.rejected += 1,
        }
        self.tally
            .judged(&customer.summary, at.texts, &customer.findings);
        for note in &customer.notes {
            self.warnings.add(Some(at.position), note);
        }
        Ok(())
    }

    /// Writes an assessment, whose customer stood otherwise before if there was one.
    fn assess(&mut self, customer: &Judged, at: &At<'_>, former: Option<Former>) -> Result<()> {
        let (s, id) = (&customer.summary, at.assessment_id);
        self.rows.assessment.write(customer, at)?;
        if let Some(former) = &former {
            let replaced = former.assessment_id;
            self.evaluations.replaced(replaced, id, at.text, at.now)?;
        }
        let mut level = s.risk_level;
        let whose = Whose {
            assessment_id: id,
            number: at.texts.get(s.communication_number).unwrap_or_default(),
            ext_id: at.texts.get(s.customer_ext_id).unwrap_or_default(),
            business_unit: at.texts.get(s.business_unit),
        };
        if former.is_some() {
            self.screenings.replaced(&whose, at.screenings)?;
        }
        for screening in at.screenings {
            self.screenings.record(&whose, screening, at.now)?;
        }
        if let Some(evaluated) = at.evaluated.filter(|_| s.is_evaluated()) {
            let decided = self.evaluations.record(&whose, evaluated, at.now)?;
            level = decided.map(RiskLevel::name);
        }
        self.tally.stands((s, level), at.texts, former.as_ref());
        self.last_assessment = Some(id);
        self.counts.assessments += 1;
        self.counts.created += u64::from(s.action == Action::Create);
        if self.batch.endpoint.is_some_and(|e| !e.is_batch()) {
            for process in s.screening_processes() {
                self.rows.screening.execute(params![id, process, at.now])?;
            }
        }
        Ok(())
    }

    fn reject(&mut self, customer: &Judged, at: &At<'_>) -> Result<()> {
        let (s, texts) = (&customer.summary, at.texts);
        let findings = &mut self.rows.findings;
        let findings_at = findings.write(self.batch_id, at.position, &customer.findings)?;
        self.rows.rejection.execute(params![
            self.batch_id,
            at.position,
            texts.get(s.communication_number),
            texts.get(s.customer_ext_id),
            texts.get(s.business_unit),
            at.now,
            customer.elapsed_ms,
            at.payload,
            findings_at
        ])?;
        Ok(())
    }

    fn acknowledge(
        &mut self,
        customer: &Judged,
        at: &At<'_>,
        assessment_id: Option<i64>,
    ) -> Result<()> {
        let (s, texts) = (&customer.summary, at.texts);
        self.rows.acknowledgement.execute(params![
            self.batch_id,
            at.position,
            texts.get(s.communication_number),
            texts.get(s.customer_ext_id),
            texts.get(s.business_unit),
            customer.elapsed_ms,
            assessment_id
        ])?;
        Ok(())
    }

    /// How many customers of the file are rejected so far.
    pub fn rejected(&self) -> u64 {
        self.counts.rejected
    }

    /// Whether a customer has a field of this path that is not known.
    pub fn has_unknown_field(&self, path: &str) -> bool {
        self.warnings.has(NoteKind::UnknownField, path)
    }

    /// Keeps a warning about the file itself.
    pub fn warn(&mut self, note: &Note) {
        self.warnings.add(None, note);
    }

    /// Takes back everything that was written in this transaction so far: the file must be the first
    /// of its group.
    ///
    /// # Errors
    /// When the database fails.
    pub fn undo(&mut self) -> Result<()> {
        self.conn.execute_batch("ROLLBACK; BEGIN IMMEDIATE")?;
        self.next_assessment = self.first_assessment;
        self.last_assessment = None;
        self.counts = Counts::default();
        self.tally = Tally::default();
        self.warnings = Warnings::default();
        self.evaluations = Evaluations::begin(self.conn)?;
        self.screenings = Screenings::begin(self.conn)?;
        self.rows.findings.forget();
        Ok(())
    }

    /// Ends the file with its batch row. It is durable once the group is committed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn finish(mut self, end: Finish) -> Result<Written> {
        self.tally.write(self.conn, &self.batch)?;
        self.warnings.write(self.conn, self.batch_id)?;
        Tally::file(self.conn, &self.batch, &end, self.counts.customers)?;
        self.write_batch(&end)?;
        self.add_to_total()?;
        let Counts {
            customers,
            accepted,
            rejected,
            repeated,
            ..
        } = self.counts;
        Ok(Written {
            batch_id: self.batch_id,
            path: self.batch.path,
            file_name: self.batch.file_name,
            status: end.status,
            customers,
            accepted,
            rejected,
            repeated,
            received_at: self.batch.received_at,
            elapsed_ms: end.elapsed_ms,
            error: end.error,
            response_file: end.response_file,
        })
    }

    fn write_batch(&self, end: &Finish) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO batch (batch_id, claim, endpoint, file_name, sha256, bytes, status,
                   customers, accepted, rejected, repeated, received_at, finished_at, elapsed_ms,
                   set_id, rule_set_id, error, response_file, first_assessment_id,
                   last_assessment_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                   ?18, ?19, ?20)",
            )?
            .execute(params![
                self.batch_id,
                self.batch.claim,
                self.batch.path,
                self.batch.file_name,
                end.sha256,
                end.bytes,
                end.status,
                self.counts.customers,
                self.counts.accepted,
                self.counts.rejected,
                self.counts.repeated,
                self.batch.received_at,
                clock::now(),
                end.elapsed_ms,
                end.set_id,
                end.set_id.map(|_| self.rule_set_id),
                end.error,
                end.response_file,
                self.last_assessment.map(|_| self.first_assessment),
                self.last_assessment
            ])?;
        Ok(())
    }

    fn add_to_total(&self) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE total SET batches = batches + 1, accepted = accepted + ?1,
                   rejected = rejected + ?2, assessments = assessments + ?3,
                   customers = customers + ?4",
            )?
            .execute(params![
                self.counts.accepted,
                self.counts.rejected,
                self.counts.assessments,
                self.counts.created
            ])?;
        count_open(self.conn, self.evaluations.opened)?;
        screening::count_open(self.conn, self.screenings.opened)?;
        Ok(())
    }
}
