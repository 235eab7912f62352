//! Judges texts of customers the whole way, through inbox, history and outbox, and reads back all
//! that was found.

use std::collections::HashMap;

use kycdrop::catalog::Endpoint;
use serde_json::Value;

use crate::common::Office;
use crate::rules::case::{Case, Found, Home};

/// What became of one customer.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The customer's own part of the answer.
    pub answer: Value,
    pub found: Vec<Found>,
    /// `kind path: detail`.
    pub warnings: Vec<String>,
}

impl Judged {
    pub(super) fn is_accepted(&self) -> bool {
        self.answer["resultType"] == "REQUEST_ACCEPTED"
    }

    /// `code path` of each finding.
    pub(super) fn codes(&self) -> Vec<String> {
        let line = |f: &Found| format!("{} {}", f.code, f.path);
        self.found.iter().map(line).collect()
    }
}

/// An office with the added classifier that the cases of CLS01 are about.
pub(super) fn office(home: Home) -> Office {
    let office = match home {
        Home::Plain => Office::new(),
        Home::Branches => Office::configured("multi_organization = true\n"),
    };
    // The first run writes the shipped classifiers.
    office.once();
    match home {
        Home::Plain => office.write(
            "classifiers/inspectorate.toml",
            "title = \"Tax inspectorates\"\n\
             [bind]\n\
             fields = [\"Customer.nationalCode\", \"Address.city\"]\n\
             additional_values = [\"tax_office\"]\n\
             [values]\nVMI = \"State tax inspectorate\"\n\"7\" = \"District 7\"\ntrue = \"Yes\"\n",
        ),
        Home::Branches => office.write(
            "classifiers/businessUnit.toml",
            "title = \"Business units\"\n[values]\nvilnius = \"Vilnius\"\nkaunas = \"Kaunas\"\n",
        ),
    };
    office
}

/// The text of a customer with more members as they are written.
pub(super) fn written(customer: Value, members: &str) -> String {
    let mut text = customer.to_string();
    text.pop();
    format!("{text},{members}}}")
}

/// Judges customers as one batch in an office of their own.
pub(super) fn batch(customers: &[String]) -> Vec<Judged> {
    judge(&Office::new(), Endpoint::BatchCustomers, "batch", customers)
}

/// Drops the customers at an endpoint (one batch, or a file for each), runs `once`, and checks
/// that every answer says what the history says.
pub(super) fn judge(
    office: &Office,
    endpoint: Endpoint,
    name: &str,
    customers: &[String],
) -> Vec<Judged> {
    let folder = endpoint.name();
    if endpoint.is_batch() {
        let body = format!("{{\"customers\":[{}]}}", customers.join(",\n"));
        office.drop(format!("{folder}/{name}.json"), body);
    } else {
        for (i, text) in customers.iter().enumerate() {
            office.drop(format!("{folder}/{name}-{i}.json"), text);
        }
    }
    office.once();
    let mut rows = Rows::of(office, endpoint);
    let results = endpoint
        .is_batch()
        .then(|| office.response(&format!("{folder}/{name}"))["results"].clone());
    (0..customers.len())
        .map(|i| {
            let judged = match &results {
                Some(results) => rows.judged(&format!("{name}.json"), i, results[i].clone()),
                None => {
                    let name = format!("{name}-{i}");
                    let answer = office.response(&format!("{folder}/{name}"));
                    rows.judged(&format!("{name}.json"), 0, answer)
                }
            };
            check_answer(endpoint, &judged, &customers[i]);
            judged
        })
        .collect()
}

/// The answer carries the first finding; that of a simplified customer every description.
fn check_answer(endpoint: Endpoint, judged: &Judged, text: &str) {
    let answer = &judged.answer;
    let Some(first) = judged.found.first() else {
        assert!(judged.is_accepted(), "{answer}, without a finding: {text}");
        assert_eq!(answer.get("errorCode"), None, "{text}");
        return;
    };
    if endpoint == Endpoint::SimplifiedCustomer {
        let all: Vec<_> = judged.found.iter().map(|f| &*f.description).collect();
        assert_eq!(answer["errors"], Value::from(all), "{text}");
        return;
    }
    assert_eq!(answer["resultType"], "REQUEST_REJECTED", "{text}");
    assert_eq!(answer["errorCode"], *first.code, "{text}");
    assert_eq!(answer["errorDescription"], *first.description, "{text}");
}

type Place = (String, usize);

struct Rows {
    found: HashMap<Place, Vec<Found>>,
    warnings: HashMap<Place, Vec<String>>,
}

impl Rows {
    fn of(office: &Office, endpoint: Endpoint) -> Rows {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let place = |r: &serde_json::Map<String, Value>| {
            let position = r["position"].as_u64().unwrap_or_default();
            (text(&r["file_name"]), position as usize)
        };
        let mut rows = Rows {
            found: HashMap::new(),
            warnings: HashMap::new(),
        };
        for r in office.rows(&format!(
            "SELECT b.file_name, f.position, f.rule, f.code, f.description, f.path
             FROM v_finding f JOIN v_batch b USING (batch_id)
             WHERE b.endpoint = '{endpoint}' ORDER BY f.batch_id, f.position, f.no"
        )) {
            rows.found.entry(place(&r)).or_default().push(Found {
                rule: text(&r["rule"]),
                code: text(&r["code"]),
                description: text(&r["description"]),
                path: text(&r["path"]),
            });
        }
        for r in office.rows(&format!(
            "SELECT b.file_name, p.value AS position, w.kind || ' ' || w.path || ': ' || w.detail AS line
             FROM v_warning w JOIN v_batch b USING (batch_id) JOIN json_each(w.positions) p
             WHERE b.endpoint = '{endpoint}' ORDER BY line"
        )) {
            let line = text(&r["line"]);
            rows.warnings.entry(place(&r)).or_default().push(line);
        }
        rows
    }

    fn judged(&mut self, file: &str, position: usize, answer: Value) -> Judged {
        let place = (file.to_owned(), position);
        Judged {
            answer,
            found: self.found.remove(&place).unwrap_or_default(),
            warnings: self.warnings.remove(&place).unwrap_or_default(),
        }
    }
}

/// Judges every trial of the cases at an endpoint, and tells of each that went otherwise.
pub(super) fn run(cases: &[Case], home: Home, endpoint: Endpoint) {
    let due = |c: &&Case| c.home == home && c.endpoints.contains(&endpoint);
    let mut texts = Vec::new();
    let mut trials = Vec::new();
    let mut before: HashMap<Endpoint, Vec<String>> = HashMap::new();
    for (n, case) in cases.iter().filter(due).enumerate() {
        for (m, trial) in case.trials.iter().enumerate() {
            let id = format!("{n}-{m}");
            if let Some(b) = &case.before {
                before.entry(b.endpoint).or_default().push(b.text(&id));
            }
            texts.push(trial.text(case.base, endpoint, &id));
            trials.push((case, trial));
        }
    }
    let office = office(home);
    for (at, customers) in before {
        for (i, judged) in judge(&office, at, "before", &customers).iter().enumerate() {
            assert!(judged.is_accepted(), "{judged:?}: {}", customers[i]);
        }
    }
    let mut wrong = Vec::new();
    for (i, judged) in judge(&office, endpoint, "case", &texts).iter().enumerate() {
        let (case, trial) = trials[i];
        let (text, rule) = (&texts[i], case.rule);
        if judged.found != trial.found {
            wrong.push(format!(
                "{rule} at {endpoint}\n  customer: {text}\n  expected: {:#?}\n  found: {:#?}",
                trial.found, judged.found
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} trials went otherwise:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
