//! What the history does about screening, each in a transaction of its own.

use rusqlite::{Connection, TransactionBehavior};

use crate::clock;
use crate::evaluate::Screened;
use crate::history::History;
use crate::history::footprint::{Change, Writing};
use crate::trouble::Result;

use super::{Customer, Entries, ListVersion, Rescreening, Screening};

impl History {
    fn write<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let writing = Writing::begin(&mut self.footprint, &self.conn, Change::Transaction)?;
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let written = write(&tx)?;
        tx.commit()?;
        writing.end(&self.conn)?;
        Ok(written)
    }

    /// Keeps lists that are to be used from now on. Returns their rows, in order.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn activate_lists(&mut self, lists: &[ListVersion]) -> Result<Vec<i64>> {
        self.write(|conn| super::activate(conn, lists, &clock::now()))
    }

    /// What the screenings of an assessment are worth for an evaluation by now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outcomes_of(&self, assessment_id: i64) -> Result<Vec<Screened>> {
        super::outcomes(&self.conn, assessment_id)
    }

    /// The entries of a list that all standing customers have been compared with.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn compared_entries(&self, list: &str) -> Result<Entries> {
        super::compared(&self.conn, list)
    }

    /// Begins a run over all standing customers, or goes on with one that was interrupted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn begin_rescreening(&mut self, lists: &str) -> Result<Rescreening> {
        self.write(|conn| super::begin(conn, lists))
    }

    /// The next so many standing customers after this request; rejected and closed ones are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn customers_after(&self, after: i64, most: u32) -> Result<Vec<Customer>> {
        super::customers_after(&self.conn, after, most)
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
        self.write(|conn| super::record_rescreening(conn, run, found))
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
        self.write(|conn| super::end(conn, run, lists))
    }
}
