//! The evaluation of a request, by the thread that validated it.

use std::sync::Arc;

use crate::catalog::{FieldIndex, customer::customer};
use crate::classifier::ClassifierSet;
use crate::evaluate::{Case, Matrix, Screened, matrix_for};
use crate::history::{Evaluated, Rating, as_moment};
use crate::request::Node;

const APPROVAL_DATE: FieldIndex = customer("approvalDate");

/// The matrices in use, each with its row in the history.
#[derive(Debug, Default)]
pub struct Matrices {
    /// The matrices.
    pub matrices: Vec<Matrix>,
    /// Their rows, in the same order.
    pub ids: Vec<i64>,
}

/// What a request is evaluated with.
pub(super) struct Evaluator {
    /// The matrices.
    pub matrices: Arc<Matrices>,
    /// Which categories are those of leads.
    pub classifiers: Arc<ClassifierSet>,
    /// The day (`yyyy-MM-dd`, UTC) on which the request came: which matrices are valid depends on it.
    pub day: String,
}

impl Evaluator {
    /// The evaluation of a customer, with what screening found.
    pub(super) fn of(&self, customer: Node<'_>, screened: &[Screened]) -> Evaluated {
        let case = Case::of(customer, &self.classifiers, screened);
        let matrices = &self.matrices;
        let rating = matrix_for(&matrices.matrices, case.category(), &self.day)
            .map_err(|e| e.to_string())
            .map(|matrix| {
                let mut rows = matrices.matrices.iter().zip(&matrices.ids);
                let row = rows.find(|(m, _)| std::ptr::eq(*m, matrix));
                Rating {
                    matrix_id: row.map_or(0, |(_, id)| *id),
                    waits_for_approval: matrix.waits_for_approval_date(),
                    evaluation: matrix.evaluate(case),
                }
            });
        Evaluated {
            rating,
            lead: case.lead,
            approval_date: case.customer.sound_text(APPROVAL_DATE).and_then(as_moment),
        }
    }
}
