//! Every request that is published with the API, at its own endpoint and as a batch: what the
//! contract says of it, and what the history keeps.

use crate::common;
use crate::schemas::Asked;

use std::path::Path;

use common::{Office, answered_codes, codes};
use kycdrop::catalog::Endpoint;
use kycdrop::classifier::{ClassifierSet, shipped_files};
use serde_json::{Value, json};

/// A published request, as it stands in the fixtures.
fn sample(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/requests")
        .join(path);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every finding of the newest batch.
fn found(office: &Office) -> Vec<String> {
    codes(&office.rows(
        "SELECT code FROM v_finding WHERE batch_id = (SELECT max(batch_id) FROM v_batch)
         ORDER BY position, no",
    ))
}

/// Sample, and every code that it gets as the only customer of a batch in an empty history. An
/// evaluation has no customerStatus, which an import must have; the batch endpoints always import.
#[rustfmt::skip]
const AS_BATCH: &[(&str, &[&str])] = &[
    ("customer/individual/evaluateMinPayload.json", &["C011"]),
    ("customer/individual/evaluateOverwrite.json", &["C011"]),
    ("customer/individual/evaluateWithScreening.json", &["C011"]),
    ("customer/individual/fullPayloadExample.json", &["C011"]),
    ("customer/individual/importMinPayload.json", &[]),
    ("customer/individual/importOverwriteClosing.json", &["C004"]),
    ("customer/individual/importWithOverwriteApprovalDate.json", &["C004"]),
    ("customer/individual/importWithScreening.json", &["C011"]),
    ("customer/leads/individual/evaluateMandatory.json", &["C008.I02", "C011"]),
    ("customer/leads/organization/evaluateMandatory.json", &["C008.I02", "C011"]),
    ("customer/organization/evaluateMinPayload.json", &["C011"]),
    ("customer/organization/evaluateOverwrite.json", &["C011"]),
    ("customer/organization/evaluateWithScreening.json", &["C011"]),
    ("customer/organization/fullPayloadExample.json", &[]),
    ("customer/organization/importMinPayload.json", &[]),
    ("customer/organization/importOverwriteClosing.json", &["C004"]),
    ("customer/organization/importWithOverwriteApprovalDate.json", &["C004"]),
    ("customer/organization/importWithScreening.json", &[]),
    ("simplifiedcustomer/individual/simplified_Full.json", &["C007"]),
    ("simplifiedcustomer/individual/simplified_Mandatory.json", &["C007", "C011", "C012", "C016.I06"]),
    ("simplifiedcustomer/organization/simplified_Full.json", &["C007", "C013a"]),
    ("simplifiedcustomer/organization/simplified_Mandatory.json", &["C007", "C011", "C012", "C017.O02", "C017.O03"]),
];

/// A batch of one customer, whose text is kept as it is published.
fn as_batch(body: &[u8]) -> Vec<u8> {
    [b"{\"customers\":[", body, b"]}"].concat()
}

#[test]
fn every_published_request_gets_its_outcome_as_a_batch() {
    // Nothing that is validated counts for the next: each sees an empty history.
    let office = Office::new();
    for (path, expected) in AS_BATCH {
        let body = sample(path);
        office.drop("validate-batch-customers/x.json", as_batch(&body));
        office.once();
        assert_eq!(found(&office), *expected, "{path}");
        let name = office.value("SELECT response_file FROM v_batch ORDER BY batch_id DESC LIMIT 1");
        let name = name
            .as_str()
            .unwrap()
            .strip_suffix(".response.json")
            .unwrap();
        let result = office.response(name)["results"][0].clone();
        let given: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(result["communicationNumber"], given["communicationNumber"]);
        assert_eq!(result["customerExtId"], given["customerExtId"]);
        assert_eq!(
            result.get("errorCode"),
            expected.first().map(|c| json!(c)).as_ref()
        );
    }
    assert_eq!(office.value("SELECT count(*) FROM v_assessment"), 0);
}

#[test]
fn all_published_requests_in_one_batch() {
    let office = Office::new();
    let bodies: Vec<_> = AS_BATCH.iter().map(|(path, _)| sample(path)).collect();
    let body = [
        b"{\"customers\":[".to_vec(),
        bodies.join(&b","[..]),
        b"]}".to_vec(),
    ]
    .concat();
    office.drop("batch-customers/all.json", body);
    office.once();
    let answered = answered_codes(&office.response("batch-customers/all"));
    let expected: Vec<_> = AS_BATCH
        .iter()
        .map(|(path, codes)| match *path {
            // The customer is created by importMinPayload, two places before.
            "customer/organization/importOverwriteClosing.json" => "",
            // The number of importOverwriteClosing.
            "customer/organization/importWithOverwriteApprovalDate.json" => "O005",
            // The number of fullPayloadExample.
            "customer/organization/importWithScreening.json" => "O005",
            _ => codes.first().copied().unwrap_or(""),
        })
        .collect();
    assert_eq!(answered, expected);
    assert_eq!(office.value("SELECT count(*) FROM v_assessment"), 4);
    assert_eq!(office.value("SELECT count(*) FROM v_customer"), 3);
    assert_eq!(office.value("SELECT count(*) FROM v_screening"), 0);
    // What the batch endpoints ignore is reported, and nothing else.
    let warnings = office.rows("SELECT DISTINCT kind, path FROM v_warning ORDER BY path");
    let paths: Vec<_> = warnings
        .iter()
        .map(|w| w["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["initializeScreeningProcesses[]", "sourceOfRiskLevel"]
    );
    assert!(warnings.iter().all(|w| w["kind"] == "ignored-field"));
}

const ACCEPTED: &str = "{\"resultType\":\"REQUEST_ACCEPTED\"}\n";
const USED: &str = "{\"resultType\":\"REQUEST_REJECTED\",\"errorCode\":\"O001\",\"errorDescription\":\"CommunicationNumber already used in amlyze\"}\n";
const NO_LEVEL: &str = "{\"resultType\":\"REQUEST_REJECTED\",\"errorCode\":\"C008.I01\",\"errorDescription\":\"When source of risk level IMPORT. RiskLevel is mandatory, values: NONE, LOW, MEDIUM, HIGH, EXTREME\"}\n";

/// Sample, its answer and every code, in an order in which customers are created before they are
/// updated.
#[rustfmt::skip]
const AT_HOME: &[(&str, &str, &[&str])] = &[
    ("customer/individual/evaluateMinPayload.json", ACCEPTED, &[]),
    // Three more published requests share the number of the one before.
    ("customer/individual/evaluateWithScreening.json", USED, &["O001"]),
    // Imports without riskLevel: nothing asks the history for what is wrong by itself.
    ("customer/individual/importWithScreening.json", NO_LEVEL, &["C008.I01", "C011"]),
    ("customer/individual/fullPayloadExample.json", NO_LEVEL, &["C008.I01", "C011"]),
    ("customer/individual/evaluateOverwrite.json", ACCEPTED, &[]),
    ("customer/individual/importMinPayload.json", ACCEPTED, &[]),
    ("customer/individual/importWithOverwriteApprovalDate.json", ACCEPTED, &[]),
    ("customer/individual/importOverwriteClosing.json", NO_LEVEL, &["C008.I01"]),
    ("customer/organization/evaluateMinPayload.json", ACCEPTED, &[]),
    ("customer/organization/evaluateOverwrite.json", ACCEPTED, &[]),
    ("customer/organization/evaluateWithScreening.json", ACCEPTED, &[]),
    ("customer/organization/importMinPayload.json", ACCEPTED, &[]),
    ("customer/organization/importWithOverwriteApprovalDate.json", ACCEPTED, &[]),
    // The number of the one before.
    ("customer/organization/importOverwriteClosing.json", USED, &["O001"]),
    ("customer/organization/importWithScreening.json", ACCEPTED, &[]),
    // The number of the one before.
    ("customer/organization/fullPayloadExample.json", USED, &["O001"]),
    ("customer/leads/individual/evaluateMandatory.json", ACCEPTED, &[]),
    ("customer/leads/organization/evaluateMandatory.json", ACCEPTED, &[]),
    ("simplifiedcustomer/individual/simplified_Full.json", ACCEPTED, &[]),
    ("simplifiedcustomer/individual/simplified_Mandatory.json", ACCEPTED, &[]),
    // ACTIVE with a closingDate: the published request breaks a published rule.
    ("simplifiedcustomer/organization/simplified_Full.json", "{\"errors\":[\"ClosingDate can not exist for not CLOSED CustomerStatus\"]}\n", &["C013a"]),
    // The same number and customer, which the rejected one did not take.
    ("simplifiedcustomer/organization/simplified_Mandatory.json", ACCEPTED, &[]),
];

/// Who is known in the end: customerExtId, kind, entity type, name, risk level, status, evaluation
/// and how many assessments.
#[rustfmt::skip]
const CUSTOMERS: &[&str] = &[
    "IND20231113T18099 | simplified | INDIVIDUAL | Jose Rodriguez | HIGH | CLOSED | null | 1",
    "IND20231117538 | simplified | INDIVIDUAL | Tony Mikelangelo | NONE | null | null | 1",
    "IND_EVALUATE_A1_TEST | regular | INDIVIDUAL | Tomas Garcia | MEDIUM | ACTIVE | null | 3",
    "IND_IMPORT_B1_TEST | regular | INDIVIDUAL | Lukas Garcia | HIGH | ACTIVE | null | 1",
    "Lead_ext1456 | lead | INDIVIDUAL | Larosa Rosa | null | PENDING | PENDING | 1",
    "Lead_extid01 | lead | ORGANIZATION | Lead_Uab'Roxy' | null | PENDING | PENDING | 1",
    "ORG20231117550 | simplified | ORGANIZATION | UAB 'BrotherHood'  | NONE | null | null | 1",
    "ORG_EVALUATE_A1_TEST | regular | ORGANIZATION | LTD 'Bull' | null | null | PENDING | 2",
    "ORG_EVALUATE_A2_TEST_SCREENING | regular | ORGANIZATION | LTD 'Bull' | null | null | PENDING | 1",
    "ORG_IMPORT_B1_TEST | regular | ORGANIZATION | LTD 'VivaElementus' | HIGH | ACTIVE | null | 2",
    "ORG_IMPORT_C1_All_Fields_TEST | regular | ORGANIZATION | LTD 'MinorMajor' | HIGH | ACTIVE | null | 1",
];

/// An office that got every published request at its own endpoint.
fn office_of_samples() -> Office {
    let office = Office::new();
    for (path, answer, expected) in AT_HOME {
        let (endpoint, rest) = path.split_once('/').unwrap();
        let name = rest.replace('/', "_");
        office.drop(format!("{endpoint}/{name}"), sample(path));
        office.once();
        let stem = name.strip_suffix(".json").unwrap();
        let body = office.response_bytes(&format!("{endpoint}/{stem}"));
        assert_eq!(String::from_utf8(body).unwrap(), *answer, "{path}");
        assert_eq!(found(&office), *expected, "{path}");
        let folder = if expected.is_empty() {
            "archive"
        } else {
            "failed"
        };
        let put_away = office.files(&format!("watch-dir/{folder}"));
        assert!(
            put_away
                .iter()
                .any(|f| f.ends_with(&format!("{endpoint}/{name}"))),
            "{name} in {folder}: {put_away:?}"
        );
    }
    office
}

#[test]
fn every_published_request_at_its_own_endpoint() {
    let office = office_of_samples();
    let statuses = office.rows("SELECT status, count(*) AS n FROM v_batch GROUP BY 1 ORDER BY 1");
    assert_eq!(
        Value::from(statuses),
        json!([{"status": 200, "n": 15}, {"status": 400, "n": 7}])
    );
    assert_eq!(office.value("SELECT count(*) FROM v_assessment"), 15);

    let customers = office.rows(
        "SELECT customer_ext_id AS a, kind AS b, entity_type AS c, name AS d, risk_level AS e,
                customer_status AS f, evaluation AS g, assessments AS h
         FROM v_customer ORDER BY customer_ext_id",
    );
    let shown: Vec<String> = customers
        .iter()
        .map(|row| {
            let cells = row.values().map(|v| match v {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            cells.collect::<Vec<_>>().join(" | ")
        })
        .collect();
    assert_eq!(shown, CUSTOMERS);
}

#[test]
fn what_cannot_be_done_offline_stays_pending() {
    let office = office_of_samples();
    let screening = office.rows(
        "SELECT customer_ext_id, group_concat(process, ' ') AS processes, group_concat(DISTINCT status) AS status
         FROM (SELECT * FROM v_screening ORDER BY assessment_id, process)
         GROUP BY customer_ext_id ORDER BY 1",
    );
    let all = "ADVERSE_MEDIA INTERNAL_LIST PEP SANCTIONS";
    assert_eq!(
        Value::from(screening),
        json!([
            {"customer_ext_id": "IND20231113T18099", "processes": "ADVERSE_MEDIA PEP SANCTIONS", "status": "PENDING"},
            {"customer_ext_id": "ORG_EVALUATE_A2_TEST_SCREENING", "processes": all, "status": "PENDING"},
            {"customer_ext_id": "ORG_IMPORT_C1_All_Fields_TEST", "processes": all, "status": "PENDING"}
        ])
    );
    let evaluations = office.rows(
        "SELECT source_of_risk_level AS source, evaluation, risk_level IS NULL AS no_level, count(*) AS n
         FROM v_assessment GROUP BY 1, 2, 3 ORDER BY 1, 2",
    );
    assert_eq!(
        Value::from(evaluations),
        json!([
            {"source": "EVALUATE", "evaluation": "PENDING", "no_level": 1, "n": 4},
            {"source": "EVALUATE", "evaluation": "SUPERSEDED", "no_level": 1, "n": 3},
            {"source": "IMPORT", "evaluation": null, "no_level": 0, "n": 8}
        ])
    );
    // A date-time is kept as the moment in UTC, a day as it is.
    let dates = office.rows(
        "SELECT DISTINCT application_date AS day FROM v_assessment
         WHERE customer_ext_id IN ('IND_EVALUATE_A1_TEST', 'IND_IMPORT_B1_TEST') ORDER BY 1",
    );
    assert_eq!(
        Value::from(dates),
        json!([{"day": "2023-10-01"}, {"day": "2024-04-10T07:45:00.000Z"}])
    );
    // Every name in the published requests is known.
    assert_eq!(office.value("SELECT count(*) FROM v_warning"), 0);
}

#[test]
fn published_updates_follow_what_created_their_customer() {
    let office = Office::new();
    let drop = |name: &str| {
        office.drop(
            "customer/x.json",
            sample(&format!("customer/individual/{name}.json")),
        );
        office.once();
        found(&office)
    };
    assert_eq!(drop("evaluateOverwrite"), ["C004"]);
    assert_eq!(drop("importWithOverwriteApprovalDate"), ["C004"]);
    // With its number still free, the request for a screening is accepted.
    assert_eq!(drop("evaluateWithScreening"), [] as [&str; 0]);
    assert_eq!(drop("evaluateMinPayload"), ["O001"]);
    assert_eq!(
        office.value("SELECT count(*) FROM v_screening WHERE status = 'PENDING'"),
        4
    );
}

#[test]
fn the_simplified_endpoint_has_three_spellings() {
    let office = Office::new();
    let body = sample("simplifiedcustomer/individual/simplified_Mandatory.json");
    let body: Value = serde_json::from_slice(&body).unwrap();
    for (i, spelling) in [
        "simplified-customer",
        "simplifiedCustomer",
        "simplifiedcustomer",
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = body.clone();
        body["communicationNumber"] = json!(format!("N-{i}"));
        body["customerExtId"] = json!(format!("X-{i}"));
        office.drop(format!("{spelling}/{spelling}.json"), body.to_string());
        office.once();
        let response = office.response_bytes(&format!("simplifiedcustomer/{spelling}"));
        assert_eq!(response, ACCEPTED.as_bytes(), "{spelling}");
    }
    assert_eq!(
        office.value("SELECT count(*) FROM v_assessment WHERE endpoint = 'simplifiedcustomer'"),
        3
    );
    for spelling in ["simplified_customer", "simplifiedcustomers"] {
        office.drop(format!("{spelling}/x.json"), body.to_string());
        office.once();
        assert_eq!(office.response(&format!("{spelling}/x"))["status"], 404);
    }
}

#[test]
fn the_schema_of_its_endpoint_accepts_each_published_request_that_breaks_no_rule() {
    let files = shipped_files("2026-01-01").expect("the shipped classifiers");
    let set = ClassifierSet::from_files(&files).expect("a set");
    for (path, _, codes) in AT_HOME {
        let (endpoint, _) = path.split_once('/').unwrap();
        let endpoint = Endpoint::from_name(endpoint).unwrap();
        // Whether a number is used depends on what came before.
        let breaks_none = codes.iter().all(|code| *code == "O001");
        let text = String::from_utf8(sample(path)).unwrap();
        for classifiers in [None, Some(&set)] {
            let rejects = Asked::at(endpoint, classifiers).rejects(&text);
            assert_eq!(rejects.is_none(), breaks_none, "{path}: {rejects:?}");
        }
    }
}
