//! Evaluating standing customers again: with a matrix that is new, or that there was none of before.

use crate::catalog::CUSTOMER;
use crate::clock;
use crate::history::{Evaluated, Standing};
use crate::request::Tree;
use crate::trouble::Result;

use super::Engine;
use super::evaluating::Evaluator;

/// So many are written in one transaction.
const AT_ONCE: u32 = 500;

/// Who is evaluated again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Those whom no matrix has rated yet.
    Unrated,
    /// Those too who were rated by another version of a matrix, or with other ratings of classifiers.
    Changed,
    /// All.
    All,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct DoneAgain {
    /// Evaluated.
    pub evaluated: u64,
    /// Of those: decided by the matrix at once.
    pub decided: u64,
    /// Left as they are, since no matrix is for their category today.
    pub without_matrix: u64,
}

impl Engine {
    /// Evaluates standing customers again, each with events of its own. What was decided stays; a decision
    /// that is still waited for is asked for anew. What is interrupted goes on where it was, but for
    /// [`Again::All`].
    ///
    /// # Errors
    /// When the history cannot be read or written, or events cannot be put out.
    pub fn evaluate_again(&mut self, which: Again) -> Result<DoneAgain> {
        let evaluator = Evaluator {
            matrices: self.rules.matrices.clone(),
            classifiers: self.rules.classifiers.clone(),
            day: clock::today(),
        };
        let (mut done, mut last, mut tree) = (DoneAgain::default(), 0, Tree::new());
        loop {
            let all = self.history.standing_after(last, AT_ONCE)?;
            let Some(end) = all.last() else {
                return Ok(done);
            };
            last = end.assessment_id;
            let mut evaluated: Vec<(Standing, Evaluated)> = Vec::new();
            for standing in all {
                let asked = match which {
                    Again::All => true,
                    Again::Unrated => standing.matrix_id.is_none(),
                    Again::Changed => {
                        let is_active = |id| evaluator.matrices.ids.contains(&id);
                        !standing.matrix_id.is_some_and(is_active)
                    }
                };
                // What was read once can be read again.
                if !asked || tree.read(&standing.text, &CUSTOMER) != Ok(true) {
                    continue;
                }
                let screened = self.history.outcomes_of(standing.assessment_id)?;
                let root = tree.root(&standing.text, &CUSTOMER);
                let again = evaluator.of(root, &screened);
                match &again.rating {
                    Err(_) => done.without_matrix += 1,
                    Ok(_) => evaluated.push((standing, again)),
                }
            }
            done.evaluated += evaluated.len() as u64;
            done.decided += self.history.record_again(&evaluated)?;
            self.publish_events()?;
        }
    }
}
