//! The evaluation of a request, by the thread that validated it.

use std::sync::Arc;

use crate::catalog::{CUSTOMER, Endpoint, Endpoints, FieldIndex, customer::customer};
use crate::classifier::ClassifierSet;
use crate::evaluate::{Case, Matrix, Outcome, Process, Screened, matrix_for};
use crate::history::{Evaluated, Rating, as_moment};
use crate::request::Tree;
use crate::validate::JudgedChunk;

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
    pub endpoint: Endpoint,
    pub matrices: Arc<Matrices>,
    pub classifiers: Arc<ClassifierSet>,
    /// The day (`yyyy-MM-dd`, UTC) on which the request came: which matrices are valid depends on it.
    pub day: String,
}

impl Evaluator {
    /// The evaluation of the customer of a chunk that was just validated: an endpoint that evaluates
    /// takes one at a time. None for one that asks for none, or is rejected anyway.
    pub(super) fn evaluate(&self, judged: &JudgedChunk, tree: &Tree) -> Option<Evaluated> {
        if !Endpoints::EVALUATING.has(self.endpoint) {
            return None;
        }
        let customer = judged.customers.first()?;
        let summary = &customer.summary;
        if !customer.findings.is_empty() || !summary.is_evaluated() {
            return None;
        }
        let unscreened = |process| Screened {
            related: None,
            process,
            outcome: Outcome::Unscreened,
        };
        let screened: Vec<Screened> = summary
            .screening_processes()
            .filter_map(Process::from_name)
            .map(unscreened)
            .collect();
        let root = tree.root(judged.payload(customer), &CUSTOMER);
        Some(self.of(Case::of(root, &self.classifiers, &screened)))
    }

    /// The evaluation of a customer.
    pub(super) fn of(&self, case: Case<'_>) -> Evaluated {
        let matrices = &self.matrices;
        let found = matrix_for(&matrices.matrices, case.category(), &self.day);
        let approval_date = case.customer.sound_text(APPROVAL_DATE).and_then(as_moment);
        let lead = case.lead;
        let rating = found.map_err(|e| e.to_string()).map(|matrix| {
            let mut ids = matrices.matrices.iter().zip(&matrices.ids);
            let id = ids
                .find(|(m, _)| std::ptr::eq(*m, matrix))
                .map(|(_, id)| *id);
            let evaluation = matrix.evaluate(case);
            Rating {
                matrix_id: id.unwrap_or_default(),
                score_tenths: evaluation.score_tenths(),
                level_of_score: evaluation.by_score,
                level: evaluation.level,
                verdict: evaluation.decision.verdict,
                waits_for_approval: matrix.waits_for_approval_date(),
                account: serde_json::to_string(&evaluation.account()).unwrap_or_default(),
            }
        });
        Evaluated {
            rating,
            lead,
            approval_date,
        }
    }
}
