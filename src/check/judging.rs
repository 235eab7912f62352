//! One file after the other through validation and the rules of the history, on to the report.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rusqlite::Connection;
use tempfile::SpooledTempFile;

use crate::catalog::Endpoint;
use crate::classifier::{ClassifierFile, ClassifierSet};
use crate::config::Config;
use crate::explain::{ExplainedFinding, Explainer};
use crate::history::ask::{Codes, FindingRow, Places};
use crate::history::{HistoryRules, Trial, Verdict};
use crate::ingest::{FileJudge, JudgeError, Rules, Silent, thread_pool};
use crate::position::Positions;
use crate::request::{Note, NoteKind};
use crate::trouble::{Result, Trouble};
use crate::validate::{Finding, Judged, JudgedChunk};

use super::input::{Input, Listed};
use super::report::{Checked, Customer, Fault, Report};

/// What is written of one file is kept in memory up to this size, and in a temporary file beyond.
const PART_IN_MEMORY: usize = 8 << 20;

/// Checks files in their order, as if they were dropped one after the other. Nothing is saved.
pub(crate) struct Checker<'c> {
    rules: Rules,
    pool: rayon::ThreadPool,
    trial: Trial<'c>,
    explainer: Explainer,
}

impl<'c> Checker<'c> {
    /// Checks with these classifiers against the history of `conn`, which may be an empty one.
    ///
    /// # Errors
    /// When the database cannot be read, or the system gives no threads.
    pub(crate) fn with(
        (set, files): (ClassifierSet, Vec<ClassifierFile>),
        config: &Config,
        conn: &'c Connection,
    ) -> Result<Checker<'c>> {
        Ok(Checker {
            rules: Rules::new(set, config),
            pool: thread_pool(config.threads)?,
            trial: Trial::on(conn)?,
            explainer: Explainer::with(Codes::of_files(&files)),
        })
    }

    /// Checks a file; its customers go to the report. Returns also what the report wrote of them.
    ///
    /// # Errors
    /// Any trouble that is not the file's own, which is its [`Fault`].
    pub(crate) fn file(
        &mut self,
        listed: &mut Listed,
        endpoint: Endpoint,
        report: &mut dyn Report,
    ) -> Result<(Checked, SpooledTempFile)> {
        let started = Instant::now();
        let mut file = Checked {
            name: listed.name(),
            endpoint,
            accepted: 0,
            repeated: 0,
            rejected: 0,
            elapsed_ms: 0,
            is_batch: false,
            fault: None,
        };
        let mut part = tempfile::spooled_tempfile(PART_IN_MEMORY);
        match listed.open() {
            Ok(input) => self.judge(&input, &mut file, &mut part, report)?,
            Err(trouble) => file.fault = Some(Fault::Unreadable(trouble)),
        }
        file.elapsed_ms = started.elapsed().as_millis() as u64;
        part.seek(SeekFrom::Start(0)).map_err(|e| to_part(&e))?;
        Ok((file, part))
    }

    fn judge(
        &mut self,
        input: &Input,
        file: &mut Checked,
        part: &mut SpooledTempFile,
        report: &mut dyn Report,
    ) -> Result<()> {
        let endpoint = file.endpoint;
        let before = self.trial.taken()?;
        let history = self.trial.rules(endpoint)?;
        let mut run = OneFile {
            input,
            file,
            part,
            history: history.accepting_repeats(self.rules.accepts_repeats),
            explainer: &self.explainer,
            report,
            places: None,
        };
        let judge = FileJudge {
            endpoint,
            rules: &self.rules,
            pool: &self.pool,
            progress: &mut Silent,
            make: Arc::new(|chunk, _| chunk),
            take: &mut |chunk| run.chunk(chunk),
        };
        let judged = judge.judge(input.source());
        drop(run);
        let fault = match judged {
            Ok(_) if endpoint.saves() => return Ok(()),
            Ok(_) => None,
            Err(stop) => Some(fault(stop, input)?),
        };
        self.trial.give_back(before)?;
        if fault.is_some() {
            (file.accepted, file.repeated, file.rejected) = (0, 0, 0);
            part.seek(SeekFrom::Start(0))
                .and_then(|_| part.set_len(0))
                .map_err(|e| to_part(&e))?;
        }
        file.fault = fault;
        Ok(())
    }
}

/// The fault of a file that was not judged to its end.
///
/// # Errors
/// When it is not the file's own.
fn fault(stop: JudgeError, input: &Input) -> Result<Fault> {
    Ok(match stop {
        JudgeError::Invalid(fault) => Fault::NotARequest {
            position: input.position(fault.offset),
            offset: fault.offset,
            what: fault.to_string(),
        },
        JudgeError::TooMuch(what) => Fault::TooMuch(what),
        JudgeError::Unreadable(trouble) => Fault::Unreadable(trouble),
        JudgeError::Trouble(e) => return Err(e),
        // Nobody else waits for a check.
        JudgeError::GaveWay => return Err(Trouble::defect("a check that gave way")),
        JudgeError::Defect(place) => return Err(Trouble::defect(place)),
    })
}

/// A file on its way.
struct OneFile<'f, 'c> {
    input: &'f Input,
    file: &'f mut Checked,
    part: &'f mut SpooledTempFile,
    history: HistoryRules<'c>,
    explainer: &'f Explainer,
    report: &'f mut dyn Report,
    /// Opened for the first finding.
    places: Option<Positions<Box<dyn Read + 'f>>>,
}

impl OneFile<'_, '_> {
    fn chunk(&mut self, mut chunk: JudgedChunk) -> Result<()> {
        for (number, mut judged) in (chunk.first + 1..).zip(std::mem::take(&mut chunk.customers)) {
            let text = chunk.payload(&judged);
            let verdict = self.history.decide(&mut judged, &chunk.texts, text)?;
            match verdict {
                Verdict::Rejected => {
                    self.file.rejected += 1;
                    self.file.is_batch |= !self.file.endpoint.is_batch() && has_customers(&judged);
                }
                Verdict::New(_) => self.file.accepted += 1,
                Verdict::Duplicate(_) => {
                    self.file.accepted += 1;
                    self.file.repeated += 1;
                }
            }
            let mut in_text = Places::of(text);
            let (mut findings, mut name) = (Vec::new(), None);
            if self.report.shows_findings() && !judged.findings.is_empty() {
                findings = self.explained(&judged, &mut in_text, chunk.offset)?;
                name = in_text.name();
            }
            let customer = Customer {
                number,
                judged: &judged,
                texts: &chunk.texts,
                name: name.as_deref(),
                findings: &findings,
            };
            self.report
                .customer(self.part, self.file, &customer)
                .map_err(|e| to_part(&e))?;
        }
        Ok(())
    }

    /// The findings of a customer, explained and placed in the file.
    fn explained(
        &mut self,
        judged: &Judged,
        in_text: &mut Places<'_>,
        chunk_offset: u64,
    ) -> Result<Vec<ExplainedFinding>> {
        let places = match &mut self.places {
            Some(places) => places,
            none => none.insert(self.input.positions()?),
        };
        let begins = places
            .of(chunk_offset + u64::from(judged.payload.start))
            .map_err(|e| Trouble::io("reading", Path::new(&self.file.name), &e))?;
        let mut explained = Vec::with_capacity(judged.findings.len());
        for (no, finding) in (1..).zip(&judged.findings) {
            let mut finding = self.explainer.finding(&as_row(no, finding), in_text);
            finding.position = begins.of_inner(finding.position);
            explained.push(finding);
        }
        Ok(explained)
    }
}

/// Whether what should be one customer has a list of them.
fn has_customers(judged: &Judged) -> bool {
    let is_list = |n: &Note| n.kind == NoteKind::UnknownField && n.path == "customers";
    judged.notes.iter().any(is_list)
}

/// A finding as the history would have it.
fn as_row(no: u32, finding: &Finding) -> FindingRow {
    FindingRow {
        no,
        rule: finding.rule.key.clone(),
        code: finding.code.clone(),
        description: finding.description.clone(),
        path: finding.path.clone(),
    }
}

fn to_part(e: &std::io::Error) -> Trouble {
    Trouble::io("writing", &std::env::temp_dir(), e)
}
