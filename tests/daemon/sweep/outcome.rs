//! What there is once everything is done, to compare with what there should be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::walk;
use crate::common::Office;

/// What can be seen of a home and its history once everything is done, without times.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Outcome {
    paths: BTreeSet<String>,
    /// The responses and their worklists.
    answers: BTreeMap<String, Value>,
    rows: Vec<String>,
}

impl Outcome {
    pub(super) fn of(office: &Office) -> Outcome {
        let mut paths = Vec::new();
        walk(office.path(), &mut paths);
        let names = paths
            .iter()
            .map(|path| path.strip_prefix(office.path()).expect("below"));
        let names = names.map(|name| name.to_string_lossy().into_owned());
        let answers = office.files("watch-dir/outbox").into_iter().map(|name| {
            let bytes = fs::read(office.at("watch-dir/outbox").join(&name)).expect("an answer");
            let mut answer = match name.ends_with(".csv") {
                true => String::from_utf8(bytes).expect("UTF-8").into(),
                false => serde_json::from_slice(&bytes).expect("an answer is JSON"),
            };
            forget_times(&mut answer);
            (name, answer)
        });
        let mut rows = Vec::new();
        for sql in [
            "SELECT endpoint, file_name, sha256, bytes, status, customers, accepted, rejected, repeated, error IS NULL AS sound,
                    response_file, published_at IS NOT NULL AS published FROM batch ORDER BY file_name",
            "SELECT communication_number, customer_ext_id, action FROM assessment ORDER BY 1",
            "SELECT communication_number FROM rejection ORDER BY 1",
            "SELECT code, path FROM v_finding ORDER BY 1, 2",
            "SELECT communication_number, state, final_risk_level, decision FROM v_evaluation ORDER BY 1",
            "SELECT communication_number, no, type, data ->> '$.finalRiskLevel', id, published FROM v_event ORDER BY 1, 2",
            "SELECT * FROM total",
            "SELECT * FROM pragma_integrity_check",
            "SELECT * FROM pragma_foreign_key_check",
        ] {
            rows.extend(office.rows(sql).iter().map(|row| format!("{row:?}")));
        }
        Outcome {
            paths: names.collect(),
            answers: answers.collect(),
            rows,
        }
    }

    /// What is there and should not be, and the other way around.
    pub(super) fn against(&self, wanted: &Outcome) -> String {
        let lists = |outcome: &Outcome| {
            let answers = outcome.answers.iter();
            let answers = answers.map(|(name, answer)| format!("{name}: {answer}"));
            let paths = outcome.paths.iter().cloned();
            let rows = outcome.rows.iter().cloned();
            paths.chain(answers).chain(rows).collect::<Vec<_>>()
        };
        let (found, wanted) = (lists(self), lists(wanted));
        let only = |one: &[String], other: &[String]| -> Vec<String> {
            one.iter()
                .filter(|line| !other.contains(line))
                .cloned()
                .collect()
        };
        let (more, less) = (only(&found, &wanted), only(&wanted, &found));
        format!("there and not wanted: {more:#?}\nwanted and not there: {less:#?}")
    }
}

/// Times, and the number of the batch, differ from run to run.
fn forget_times(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let times = ["timeElapsedMs", "timestamp", "batch", "time", "approvedAt"];
            object.retain(|key, _| !times.contains(&&**key));
            object.values_mut().for_each(forget_times);
        }
        Value::Array(list) => list.iter_mut().for_each(forget_times),
        _ => {}
    }
}
