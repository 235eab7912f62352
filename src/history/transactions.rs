//! What the history does about evaluations, screening and their events, each in a transaction of its own.

use rusqlite::{Connection, TransactionBehavior};

use crate::clock;
use crate::evaluate::{Matrix, Screened};
use crate::trouble::Result;

use super::History;
use super::evaluation::{self, Evaluated, EventFile, Standing, standing_after};
use super::footprint::{Change, Writing};
use super::screening::{self, Customer, Entries, ListVersion, Rescreening, Screening};

impl History {
    /// Writes in a transaction of its own.
    pub(super) fn write<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let writing = Writing::begin(&mut self.footprint, &self.conn, Change::Transaction)?;
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let written = write(&tx)?;
        tx.commit()?;
        writing.end(&self.conn)?;
        Ok(written)
    }

    /// Keeps matrices that are to be used from now on. Returns their rows, in order.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn activate_matrices(&mut self, matrices: &[Matrix]) -> Result<Vec<i64>> {
        match evaluation::all_known(&self.conn, matrices)? {
            Some(rows) => Ok(rows),
            None => self.write(|conn| evaluation::activate(conn, matrices, &clock::now())),
        }
    }

    /// As [`standing_after`], of this history.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn standing_after(&self, after: i64, most: u32) -> Result<Vec<Standing>> {
        standing_after(&self.conn, after, most)
    }

    /// Writes evaluations that were done again, in one transaction. Returns how many the matrix decided.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_again(&mut self, evaluated: &[(Standing, Evaluated)]) -> Result<u64> {
        self.write(|conn| evaluation::record_again(conn, evaluated))
    }

    /// The files of events after this one, up to so many, that do not have all that they are to have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unpublished_events(&self, after: i64, most: u32) -> Result<Vec<EventFile>> {
        evaluation::unpublished(&self.conn, after, most)
    }

    /// What a file of events is to have in it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn events_body(&self, file: &EventFile) -> Result<String> {
        evaluation::body(&self.conn, file)
    }

    /// Keeps lists that are to be used from now on. Returns their rows, in order.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn activate_lists(&mut self, lists: &[ListVersion]) -> Result<Vec<i64>> {
        match screening::all_known(&self.conn, lists)? {
            Some(rows) => Ok(rows),
            None => self.write(|conn| screening::activate(conn, lists, &clock::now())),
        }
    }

    /// What the screenings of an assessment are worth for an evaluation by now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outcomes_of(&self, assessment_id: i64) -> Result<Vec<Screened>> {
        screening::outcomes(&self.conn, assessment_id)
    }

    /// The entries of a list that all standing customers have been compared with.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn compared_entries(&self, list: &str) -> Result<Entries> {
        screening::compared(&self.conn, list)
    }

    /// Begins a run over all standing customers, or goes on with one that was interrupted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn begin_rescreening(&mut self, lists: &str) -> Result<Rescreening> {
        self.write(|conn| screening::begin(conn, lists))
    }

    /// The next so many standing customers after this request; rejected and closed ones are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn customers_after(&self, after: i64, most: u32) -> Result<Vec<Customer>> {
        screening::customers_after(&self.conn, after, most)
    }

    /// Writes the new matches of some customers, and how far the run is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn record_rescreening(
        &mut self,
        run: &mut Rescreening,
        found: &[(Customer, Vec<Screening>)],
    ) -> Result<()> {
        self.write(|conn| screening::record_rescreening(conn, run, found))
    }

    /// Ends a run: all standing customers have been compared with these entries of the lists.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn end_rescreening(
        &mut self,
        run: &Rescreening,
        lists: &[(String, Entries)],
    ) -> Result<()> {
        self.write(|conn| screening::end(conn, run, lists))
    }
}
