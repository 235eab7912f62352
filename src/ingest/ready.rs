//! What the judging threads make ready of a chunk, so that the one writer has less to do: payloads
//! packed, and the results of the response in their JSON.

use crate::catalog::Endpoint;
use crate::history::{PackedChunk, Packing};
use crate::response::{self, Outcome};
use crate::validate::{Judged, JudgedChunk, TextPool};

/// A judged chunk with everything that can be made before the history is asked.
pub(super) struct ReadyChunk {
    pub packed: PackedChunk,
    pub results: Results,
}

/// The results of a chunk's customers, as they are unless the history says otherwise. None for an
/// endpoint that answers with something else.
#[derive(Default)]
pub(super) struct Results {
    json: Vec<u8>,
    ends: Vec<usize>,
}

impl ReadyChunk {
    /// Makes a judged chunk ready for its endpoint.
    pub(super) fn of(judged: JudgedChunk, endpoint: Endpoint, packing: &Packing) -> ReadyChunk {
        let mut results = Results::default();
        if endpoint.is_batch() {
            for customer in &judged.customers {
                let outcome = outcome(customer, &judged.texts);
                response::batch_result(&mut results.json, &outcome);
                results.ends.push(results.json.len());
            }
        }
        ReadyChunk {
            packed: PackedChunk::of(judged, endpoint.saves(), packing),
            results,
        }
    }
}

impl Results {
    /// The result of the customer with this number in its chunk.
    pub(super) fn get(&self, i: usize) -> &[u8] {
        let begin = i.checked_sub(1).and_then(|before| self.ends.get(before));
        let begin = begin.copied().unwrap_or(0);
        let end = self.ends.get(i).copied().unwrap_or(begin);
        self.json.get(begin..end).unwrap_or_default()
    }
}

/// What a customer came to, for its response.
pub fn outcome<'c>(customer: &'c Judged, texts: &'c TextPool) -> Outcome<'c> {
    let s = &customer.summary;
    Outcome {
        communication_number: texts.get(s.communication_number),
        customer_ext_id: texts.get(s.customer_ext_id),
        business_unit: texts.get(s.business_unit),
        error: customer
            .findings
            .first()
            .map(|f| (f.code.as_str(), f.description.as_str())),
        elapsed_ms: u64::from(customer.elapsed_ms),
    }
}
