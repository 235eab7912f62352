//! Decisions of people, and what follows from them, as part of a file that is being written.

use crate::evaluate::Screened;
use crate::trouble::Result;

use super::evaluation::{self, DecisionRefused, Evaluated, NewDecision, Standing};
use super::record::Recording;
use super::screening::{self, NewScreeningDecision, Screening, ScreeningRefused};

impl Recording<'_> {
    /// Records a person's decision, which the file is. The inner error says why not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn decide(
        &mut self,
        decision: &NewDecision,
    ) -> Result<std::result::Result<(), DecisionRefused>> {
        self.evaluations.decide(decision, self.batch_id)
    }

    /// Records a person's decision on a match, which the file is. Returns the assessment; the inner error
    /// says why not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn decide_screening(
        &mut self,
        decision: &NewScreeningDecision,
    ) -> Result<std::result::Result<i64, ScreeningRefused>> {
        self.screenings.decide(decision, self.batch_id)
    }

    /// What screenings are worth for an evaluation: a pair that was dismissed before is no match.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outcomes(&self, screenings: &[Screening]) -> Result<Vec<Screened>> {
        screenings
            .iter()
            .map(|s| self.screenings.outcome(s))
            .collect()
    }

    /// The request of an assessment whose evaluation is open, and what its screenings are worth by now;
    /// None where nothing is to be evaluated again.
    ///
    /// # Errors
    /// When the database fails.
    pub fn open_request(&self, assessment_id: i64) -> Result<Option<(Standing, Vec<Screened>)>> {
        let standing = evaluation::open_request(self.conn, assessment_id)?;
        let outcomes = screening::outcomes(self.conn, assessment_id)?;
        Ok(standing.map(|standing| (standing, outcomes)))
    }

    /// Evaluates an open request again, under its own number, since its screening has been decided.
    ///
    /// # Errors
    /// When the database fails.
    pub fn evaluate_again(&mut self, standing: &Standing, evaluated: &Evaluated) -> Result<()> {
        self.evaluations.record_anew(standing, evaluated)
    }
}
