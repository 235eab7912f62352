//! Classifiers as the institution sees them: values that ship, come, go and return, and what an
//! answer and the history make of it.

use crate::common;

use common::daemon::{Daemon, eventually};
use common::{Office, company, person, with};
use kycdrop::catalog::Classifier;
use serde_json::{Value, json};

/// The values that published requests use; each must be there from the start.
const PUBLISHED: &[(&str, &[&str])] = &[
    (
        "riskManagementCategory",
        &[
            "IND",
            "IND_AMLYZE",
            "IND_PK",
            "ORG",
            "ORG_AMLYZE",
            "ORG_PK",
            "LEAD_IND",
            "LEAD_ORG",
            "LEAD_AMLYZE",
            "OCCASIONAL_CUSTOMER",
        ],
    ),
    ("legalForm", &["LTD", "COOPERATIVE", "CORPORATION"]),
    ("relationType", &["HOST", "DIRECTOR", "OWNER"]),
    ("addressType", &["HEADQUARTERS", "RESIDENCE"]),
    ("activityType", &["ACTIVITY_OTHER", "OTHER"]),
    ("appealReasonType", &["RECOMMENDATIONS", "PURPOSE_GET_LOAN"]),
    ("serviceType", &["LOANS", "OUT_INTERNATIONAL_PAYMENT"]),
    (
        "incomeSourceType",
        &["SALARY", "BUSINESS_REVENUE_OR_ASSET_SALE"],
    ),
    ("introductionSourceType", &["Internet"]),
    (
        "paymentPurposeType",
        &[
            "RENT_AND_UTILITIES",
            "MARKETING_SERVICES",
            "PAYMENT_FOR_SERVICES",
            "TAXES",
        ],
    ),
    (
        "turnoverType",
        &[
            "PLANNED_FUTURE_INCOME",
            "FORMER_TURNOVER",
            "TURNOVER_PER_MONTH",
        ],
    ),
    ("sourceOfWealth", &["6", "INHERITANCE"]),
    ("region", &["EU"]),
];

/// The names of all classifiers of the contract, sorted.
fn all_names() -> Vec<&'static str> {
    let mut names = Classifier::NAMES.to_vec();
    names.sort_unstable();
    names
}

/// The moment at which a value was retired; null while it may be given.
fn retired_at(office: &Office, classifier: &str, code: &str) -> Value {
    office.value(&format!(
        "SELECT retired_at FROM v_classifier_value WHERE classifier = '{classifier}' AND code = '{code}'"
    ))
}

/// Every finding of the newest batch.
pub(crate) fn findings(office: &Office) -> Vec<serde_json::Map<String, Value>> {
    office.rows(
        "SELECT code, description, path FROM v_finding
         WHERE batch_id = (SELECT max(batch_id) FROM v_batch) ORDER BY position, no",
    )
}

#[test]
fn an_empty_home_gets_the_whole_shipped_set() {
    let office = Office::new();
    office.once();
    let files: Vec<String> = all_names()
        .iter()
        .map(|name| format!("{name}.toml"))
        .collect();
    assert_eq!(office.files("classifiers"), files);
    let there = office.rows("SELECT DISTINCT classifier FROM v_classifier_set ORDER BY 1");
    let there: Vec<_> = there.iter().map(|r| r["classifier"].clone()).collect();
    assert_eq!(there, all_names());
    let count = |what: &str| {
        office.value(&format!(
            "SELECT count(*) FROM v_classifier_value WHERE {what}"
        ))
    };
    assert_eq!(count("classifier = 'country' AND retired_at IS NULL"), 249);
    assert_eq!(count("classifier = 'businessUnit'"), 0);
    assert_eq!(
        count(
            "classifier = 'currency' AND code IN ('EUR', 'USD', 'JPY', 'XAU') AND retired_at IS NULL"
        ),
        4
    );
    assert_eq!(count("trim(name) = '' OR NOT json_valid(attributes)"), 0);
    for name in all_names() {
        if name != "businessUnit" {
            let any = count(&format!("classifier = '{name}'"));
            assert!(any.as_i64() > Some(0), "{name} has no value");
        }
    }
}

#[test]
fn every_value_that_published_requests_use_is_shipped() {
    let office = Office::new();
    office.once();
    for (classifier, values) in PUBLISHED {
        for code in *values {
            assert_eq!(
                retired_at(&office, classifier, code),
                Value::Null,
                "{classifier} {code}"
            );
        }
    }
}

#[test]
fn categories_carry_their_type_and_kind_as_json() {
    let office = Office::new();
    office.once();
    let rows = office.rows(
        "SELECT code, attributes FROM v_classifier_value
         WHERE classifier = 'riskManagementCategory' ORDER BY code",
    );
    let shown: Vec<(String, Value)> = rows
        .iter()
        .map(|r| {
            let text = |name: &str| r[name].as_str().unwrap().to_owned();
            let attributes = serde_json::from_str(&text("attributes")).unwrap();
            (text("code"), attributes)
        })
        .collect();
    let individual = json!({"entity_type": "INDIVIDUAL", "kind": "regular"});
    let organization = json!({"entity_type": "ORGANIZATION", "kind": "regular"});
    let expected = [
        ("IND", individual.clone()),
        ("IND_AMLYZE", individual.clone()),
        ("IND_PK", individual),
        ("LEAD_AMLYZE", json!({"kind": "lead"})),
        (
            "LEAD_IND",
            json!({"entity_type": "INDIVIDUAL", "kind": "lead"}),
        ),
        (
            "LEAD_ORG",
            json!({"entity_type": "ORGANIZATION", "kind": "lead"}),
        ),
        ("OCCASIONAL_CUSTOMER", json!({"kind": "simplified"})),
        ("ORG", organization.clone()),
        ("ORG_AMLYZE", organization.clone()),
        ("ORG_PK", organization),
    ]
    .map(|(code, attributes)| (code.to_owned(), attributes));
    assert_eq!(shown, expected);
}

#[test]
fn a_retired_value_is_rejected_while_the_old_assessment_still_reads() {
    let office = Office::new();
    assert_eq!(
        office.batch("before", &[company("1")])[0]["resultType"],
        "REQUEST_ACCEPTED"
    );
    office.edit(
        "classifiers/legalForm.toml",
        "LTD = \"Private limited company\"",
        "LTD = { name = \"Private limited company\", retired = true }",
    );
    let after = office.batch("after", &[company("2")]);
    assert_eq!(after[0]["errorCode"], "C017.O04");
    let old = office.rows(
        "SELECT json_extract(a.payload, '$.legalForm') AS code, v.name, v.retired_at IS NULL AS in_use
         FROM v_assessment a JOIN v_classifier_value v
           ON v.classifier = 'legalForm' AND v.code = json_extract(a.payload, '$.legalForm')",
    );
    assert_eq!(
        Value::from(old),
        json!([{"code": "LTD", "name": "Private limited company", "in_use": 0}])
    );
    // Loading the same file again does not move the moment.
    let first = retired_at(&office, "legalForm", "LTD");
    office.edit(
        "classifiers/legalForm.toml",
        "\"Foundation\"",
        "\"A foundation\"",
    );
    office.once();
    assert_eq!(retired_at(&office, "legalForm", "LTD"), first);
}

#[test]
fn a_value_retired_by_day_shows_that_day() {
    let office = Office::new();
    office.once();
    assert_eq!(retired_at(&office, "currency", "ANG"), "2025-07-01");
    let fields = json!({"initialDepositCurrency": "ANG"});
    let results = office.batch("x", &[with(person("1"), fields)]);
    assert_eq!(results[0]["errorCode"], "CUR01");
}

#[test]
fn a_value_may_be_given_until_the_day_that_retires_it() {
    let office = Office::new();
    office.once();
    let now = kycdrop::clock::text(office.now());
    let (coming, today) = ("9999-12-31", kycdrop::clock::day(&now));
    for (day, outcome) in [(coming, "REQUEST_ACCEPTED"), (today, "REQUEST_REJECTED")] {
        let text = std::fs::read_to_string(office.at("classifiers/legalForm.toml")).unwrap();
        let lines = text.lines().map(|line| match line.starts_with("LTD = ") {
            true => format!("LTD = {{ name = \"Limited\", retired = {day} }}"),
            false => line.to_owned(),
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        office.write("classifiers/legalForm.toml", text);
        let results = office.batch(day, &[company(day)]);
        assert_eq!(results[0]["resultType"], outcome, "{day}");
    }
    assert_eq!(retired_at(&office, "legalForm", "LTD"), today);
}

#[test]
fn a_value_that_went_from_its_file_is_retired_until_it_returns() {
    let office = Office::new();
    let fields = json!({"listIncomeSource": [{"incomeSourceType": "SALARY"}]});
    let salaried = |id: &str| with(person(id), fields.clone());
    assert_eq!(
        office.batch("a", &[salaried("1")])[0]["resultType"],
        "REQUEST_ACCEPTED"
    );
    assert_eq!(
        retired_at(&office, "incomeSourceType", "SALARY"),
        Value::Null
    );

    let file = "classifiers/incomeSourceType.toml";
    office.edit(
        file,
        "SALARY = { name = \"Salary\", attributes = { risk = \"low\" } }\n",
        "",
    );
    assert_eq!(
        office.batch("b", &[salaried("2")])[0]["errorCode"],
        "Q012.IS01"
    );
    let moment = retired_at(&office, "incomeSourceType", "SALARY");
    let moment = moment.as_str().expect("a moment");
    assert!(moment.ends_with('Z') && moment.len() == 24, "{moment}");

    office.edit(file, "[values]\n", "[values]\nSALARY = \"Wages\"\n");
    assert_eq!(
        office.batch("c", &[salaried("3")])[0]["resultType"],
        "REQUEST_ACCEPTED"
    );
    assert_eq!(
        retired_at(&office, "incomeSourceType", "SALARY"),
        Value::Null
    );
    let name = "SELECT name FROM v_classifier_value WHERE classifier = 'incomeSourceType' AND code = 'SALARY'";
    assert_eq!(office.value(name), "Wages");
}

#[test]
fn a_batch_names_the_set_that_judged_it_and_both_sets_can_be_read() {
    let office = Office::new();
    office.batch("before", &[company("1")]);
    office.edit(
        "classifiers/legalForm.toml",
        "LTD = \"Private limited company\"",
        "LTD = { name = \"Limited company\", retired = true }\nNEW_FORM = \"New form\"",
    );
    office.batch("after", &[company("2")]);
    let batches = office.rows("SELECT file_name, classifier_set FROM v_batch ORDER BY batch_id");
    let (before, after) = (
        batches[0]["classifier_set"].as_str().unwrap(),
        batches[1]["classifier_set"].as_str().unwrap(),
    );
    assert_ne!(before, after);
    let values = |set: &str| {
        Value::from(office.rows(&format!(
            "SELECT code, name, retired FROM v_classifier_set
             WHERE classifier_set = '{set}' AND classifier = 'legalForm'
               AND code IN ('LTD', 'NEW_FORM') ORDER BY code"
        )))
    };
    assert_eq!(
        values(before),
        json!([{"code": "LTD", "name": "Private limited company", "retired": 0}])
    );
    assert_eq!(
        values(after),
        json!([
            {"code": "LTD", "name": "Limited company", "retired": 1},
            {"code": "NEW_FORM", "name": "New form", "retired": 0}
        ])
    );
    // Where two sets agree on a classifier, its own hash says so.
    let hashes = |classifier: &str| {
        office.value(&format!(
            "SELECT count(DISTINCT classifier_hash) FROM v_classifier_set WHERE classifier = '{classifier}'"
        ))
    };
    assert_eq!(
        (hashes("legalForm"), hashes("country")),
        (2.into(), 1.into())
    );
}

#[test]
fn comments_and_layout_make_no_other_set() {
    let office = Office::new();
    office.batch("before", &[person("1")]);
    office.edit(
        "classifiers/region.toml",
        "[values]\n",
        "# a remark\n[values]\n\n",
    );
    office.batch("after", &[person("2")]);
    assert_eq!(
        office.value("SELECT count(DISTINCT classifier_set) FROM v_batch"),
        1
    );
}

/// The code, description and path of every finding about a customer.
fn found(office: &Office, name: &str, customer: Value) -> Vec<(String, String, String)> {
    office.batch(name, &[customer]);
    findings(office)
        .iter()
        .map(|f| {
            let text = |n: &str| f[n].as_str().unwrap().to_owned();
            (text("code"), text("description"), text("path"))
        })
        .collect()
}

/// The finding at a value that the tax offices do not have.
fn cls(path: &str) -> (String, String, String) {
    (
        "CLS01".to_owned(),
        format!("Value not found in classifier taxOffice. Field: {path}"),
        path.to_owned(),
    )
}

#[test]
fn an_added_classifier_is_bound_to_a_field_and_to_an_additional_value() {
    let office = Office::new();
    office.once();
    office.write(
        "classifiers/taxOffice.toml",
        "title = \"Tax offices\"\n\
         [bind]\nfields = [\"Customer.nationalCode\", \"Address.city\"]\nadditional_values = [\"tax_office\"]\n\
         [values]\nKAUNAS = \"Kaunas\"\n7 = \"Seventh\"\nOLD = { name = \"Old\", retired = true }\n",
    );
    let value = |code: &str, value: Value| json!({"code": code, "description": "d", "datatype": "STRING", "value": value});
    let both = |national: &str, extra: Value| {
        with(
            person("1"),
            json!({"nationalCode": national, "listAdditionalValues": [extra]}),
        )
    };
    let found = |name: &str, customer: Value| found(&office, name, customer);
    let (national, extra) = ("nationalCode", "listAdditionalValues[0].value");

    let wrong = both("VILNIUS", value("tax_office", json!("VILNIUS")));
    assert_eq!(found("wrong", wrong), [cls(national), cls(extra)]);
    let retired = both("OLD", value("tax_office", json!("kaunas")));
    assert_eq!(found("retired", retired), [cls(national), cls(extra)]);
    // Another additional value is not bound, however alike its code is.
    let near = both("KAUNAS", value("Tax_office", json!("VILNIUS")));
    assert_eq!(found("near", near), []);
    // A number is looked up by its text; an absent or blank text is not looked up.
    let number = both(" ", value("tax_office", json!(7)));
    let number = with(
        number,
        json!({"communicationNumber": "N-2", "customerExtId": "X-2"}),
    );
    assert_eq!(found("number", number), []);
    // The same fields of a related entity: nationalCode there is another field, a city is not.
    let related = json!({"listRelatedEntity": [{
        "entityType": "INDIVIDUAL", "relationType": "HOST", "firstName": "Jonas", "lastName": "Jonaitis",
        "nationalCode": "VILNIUS",
        "listAddress": [{"country": "LT", "city": "KAUNAS"}, {"country": "LT", "city": "Kaunas"}],
        "listAdditionalValues": [value("tax_office", json!("VILNIUS"))]
    }]});
    assert_eq!(
        found("related", with(person("3"), related)),
        [
            cls("listRelatedEntity[0].listAddress[1].city"),
            cls("listRelatedEntity[0].listAdditionalValues[0].value")
        ]
    );
}

#[test]
fn a_running_daemon_takes_up_a_change_between_two_files_and_no_broken_one() {
    let office = Office::configured("scan_interval = \"100ms\"\n");
    let daemon = Daemon::start(&office);
    let judged = |name: &str, customer: Value| {
        let body = json!({"customers": [customer]}).to_string();
        office.write(format!("watch-dir/inbox/{name}.tmp"), body);
        let inbox = |name: String| office.at("watch-dir/inbox").join(name);
        std::fs::rename(inbox(format!("{name}.tmp")), inbox(format!("{name}.json"))).unwrap();
        let path = office.at(format!(
            "watch-dir/outbox/batch-customers/{name}.response.json"
        ));
        eventually(name, || path.exists().then_some(()));
        office.response(&format!("batch-customers/{name}"))["results"][0]["resultType"].clone()
    };
    let file = "classifiers/legalForm.toml";
    let form = |id: &str, form: &str| with(company(id), json!({"legalForm": form}));
    assert_eq!(judged("a", form("1", "NEW_FORM")), "REQUEST_REJECTED");
    office.edit(file, "[values]\n", "[values]\nNEW_FORM = \"New form\"\n");
    assert_eq!(judged("b", form("2", "NEW_FORM")), "REQUEST_ACCEPTED");

    office.edit(
        file,
        "NEW_FORM = \"New form\"\n",
        "NEWER = \"Newer\"\nbroken\n",
    );
    eventually("the complaint", || {
        daemon.log().contains("legalForm.toml:7").then_some(())
    });
    assert_eq!(judged("c", form("3", "NEW_FORM")), "REQUEST_ACCEPTED");
    assert_eq!(judged("d", form("4", "NEWER")), "REQUEST_REJECTED");

    office.edit(file, "broken\n", "");
    assert_eq!(judged("e", form("5", "NEW_FORM")), "REQUEST_REJECTED");
    assert_eq!(judged("f", form("6", "NEWER")), "REQUEST_ACCEPTED");
    daemon.stop();
    let sets = office.rows(
        "SELECT group_concat(file_name, ' ') AS files FROM
           (SELECT classifier_set, file_name FROM v_batch ORDER BY batch_id)
         GROUP BY classifier_set ORDER BY min(file_name)",
    );
    assert_eq!(
        Value::from(sets),
        json!([{"files": "a.json"}, {"files": "b.json c.json d.json"}, {"files": "e.json f.json"}])
    );
}
