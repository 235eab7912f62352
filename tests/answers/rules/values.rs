//! What a value that is none, a key that appears twice and a field that is not known come to.

use kycdrop::catalog::Endpoint;
use serde_json::{Value, json};

use crate::common::{Office, company, person, with};
use crate::rules::additional::value;
use crate::rules::bench::{Judged, batch, judge, written};
use crate::rules::case::Base;
use crate::rules::related;

fn one(customer: Value, members: &str) -> Judged {
    batch(&[written(customer, members)]).remove(0)
}

fn codes(customer: Value, set: Value) -> Vec<String> {
    batch(&[with(customer, set).to_string()])[0].codes()
}

#[test]
fn a_bad_value_counts_as_given_and_sets_off_no_other_row() {
    let of_a_company = [
        ("communicationNumber", json!([])),
        ("requester", json!({})),
        ("customerExtId", json!(["X"])),
        ("businessUnit", json!({})),
        ("riskManagementCategory", json!(["ORG"])),
        ("applicationDate", json!("soon")),
        ("title", json!({"lt": "UAB"})),
        ("registrationCountry", json!(["LT"])),
        ("legalForm", json!({})),
        ("initialDepositCurrency", json!([])),
    ];
    let of_a_person = [
        ("firstName", json!({})),
        ("lastName", json!([])),
        ("citizenshipCountry", json!({})),
        ("birthCountry", json!([])),
    ];
    let flawed = |base: Value, (field, given): &(&str, Value)| {
        with(base, json!({*field: given})).to_string()
    };
    let texts: Vec<_> = (of_a_company.iter().map(|f| flawed(company("1"), f)))
        .chain(of_a_person.iter().map(|f| flawed(person("1"), f)))
        .collect();
    let fields = of_a_company.iter().chain(&of_a_person);
    for (judged, (field, _)) in batch(&texts).iter().zip(fields) {
        assert_eq!(judged.codes(), [format!("TYP01 {field}")]);
    }
    assert_eq!(
        codes(
            person("1"),
            json!({"customerStatus": "CLOSED", "closingDate": "then"})
        ),
        ["TYP01 closingDate"]
    );
    assert_eq!(
        codes(
            person("1"),
            json!({"closingDate": [], "legalForm": {}, "giin": []})
        ),
        [
            "C013a closingDate",
            "C014 legalForm",
            "C014 giin",
            "TYP01 legalForm",
            "TYP01 closingDate",
            "TYP01 giin",
        ]
    );
}

#[test]
fn a_bad_value_in_an_item_sets_off_no_other_row() {
    let item = json!({
        "listContact": [{"contactType": "EMAIL", "contactDetails": {}}],
        "listAddress": [{"addressType": [], "country": {}}],
        "listDeclaredTurnover": [{"turnoverType": {}, "turnoverRange": "DAILY", "from": "a lot"}],
        "listRegionOfActivity": [{"region": []}],
        "listAdditionalValues": [
            value(json!({"code": {}})),
            value(json!({"code": {}, "datatype": "INTEGER", "value": []}))
        ],
        "listRelatedEntity": [related::person(json!({"lastName": [], "relationType": {}}))]
    });
    assert_eq!(
        codes(person("1"), item),
        [
            "TYP01 listContact[0].contactDetails",
            "TYP01 listAddress[0].addressType",
            "TYP01 listAddress[0].country",
            "TYP01 listDeclaredTurnover[0].turnoverType",
            "TYP01 listDeclaredTurnover[0].from",
            "TYP01 listRegionOfActivity[0].region",
            "TYP01 listAdditionalValues[0].code",
            "TYP01 listAdditionalValues[1].code",
            "TYP01 listAdditionalValues[1].value",
            "TYP01 listRelatedEntity[0].relationType",
            "TYP01 listRelatedEntity[0].lastName",
        ]
    );
}

#[test]
fn a_row_that_speaks_of_the_value_is_the_error_instead() {
    let item = json!({
        "riskLevel": 1, "customerStatus": ["ACTIVE"],
        "listContact": [{"contactType": {}, "contactDetails": "1"}],
        "listPaymentPurpose": [{"paymentPurposeType": "TAXES", "turnoverDirection": false}],
        "listAdditionalValues": [value(json!({"datatype": ["STRING"]}))],
        "listRelatedEntity": [related::person(json!({"entityType": 7}))],
        "initializeScreeningProcesses": [null, " ", {"a": 1}]
    });
    assert_eq!(
        codes(person("1"), item),
        [
            "C008.I01 riskLevel",
            "C011 customerStatus",
            "Q001.Co1 listContact[0].contactType",
            "Q013.PP02 listPaymentPurpose[0].turnoverDirection",
            "AV06 listAdditionalValues[0].datatype",
            "C016.C016.RE02 listRelatedEntity[0].entityType",
            "SCR01 initializeScreeningProcesses[2]",
        ]
    );
}

#[test]
fn a_bad_value_is_a_bad_type_only_where_no_row_speaks_of_it() {
    for (endpoint, base, set, expected) in [
        (
            Endpoint::SimplifiedCustomer,
            Base::Occasional,
            json!({"riskLevel": "?", "customerStatus": 1}),
            &["C008.I01 riskLevel", "C011 customerStatus"][..],
        ),
        (
            Endpoint::Customer,
            Base::Lead,
            json!({"customerStatus": "?"}),
            &["TYP01 customerStatus"],
        ),
        (
            Endpoint::Customer,
            Base::Person,
            json!({"sourceOfRiskLevel": "?", "riskLevel": "?", "customerStatus": null}),
            &["C008 sourceOfRiskLevel", "TYP01 riskLevel"],
        ),
    ] {
        let text = with(base.at(endpoint), set).to_string();
        let judged = &judge(&Office::new(), endpoint, "x", &[text])[0];
        assert_eq!(judged.codes(), expected, "{endpoint}");
    }
}

#[test]
fn null_and_blank_text_are_absent_wherever_they_stand() {
    let mut all = company("1");
    for object in [&kycdrop::catalog::CUSTOMER] {
        for field in object.fields {
            if all.get(field.name).is_none() {
                all[field.name] = json!(null);
            }
        }
    }
    let blank = |v: &Value| if v.is_null() { json!(" ") } else { v.clone() };
    let blanks: Value = all
        .as_object()
        .map(|o| o.iter().map(|(k, v)| (k.clone(), blank(v))).collect())
        .unwrap_or_default();
    let second = with(
        blanks,
        json!({"communicationNumber": "N-2", "customerExtId": "X-2"}),
    );
    for judged in batch(&[all.to_string(), second.to_string()]) {
        assert_eq!(judged.codes(), [""; 0]);
        assert_eq!(judged.warnings, [""; 0]);
    }
}

#[test]
fn of_a_key_given_twice_the_last_one_counts() {
    let cases: [(&str, &str, &[&str]); 9] = [
        (
            "riskLevel",
            r#""riskLevel":"?","riskLevel":"LOW""#,
            &["TYP03 riskLevel"],
        ),
        (
            "riskLevel",
            r#""riskLevel":"LOW","riskLevel":"?""#,
            &["C008.I01 riskLevel", "TYP03 riskLevel"],
        ),
        (
            "firstName",
            r#""firstName":"O","firstName":null"#,
            &["C016.I01 firstName", "TYP03 firstName"],
        ),
        (
            "firstName",
            r#""firstName":[],"firstName":"O""#,
            &["TYP03 firstName"],
        ),
        (
            "isPEP",
            r#""isPEP":true,"\u0069sPEP":false,"isPEP":true"#,
            &["TYP03 isPEP"],
        ),
        (
            "listContact",
            r#""listContact":[{},7],"listContact":[{"contactType":"EMAIL","contactDetails":"1"}]"#,
            &["TYP03 listContact"],
        ),
        (
            "giin",
            r#""GIIN":[],"giin":null,"nationalCode":null,"nationalCode":null"#,
            &["TYP03 nationalCode", "TYP03 giin"],
        ),
        ("lei", r#""lei":null,"LEI":2"#, &["C014 lei", "TYP03 lei"]),
        (
            "customerExtId",
            r#""customerExtId":"first","customerExtId":"last""#,
            &["TYP03 customerExtId"],
        ),
    ];
    let texts =
        cases.map(|(field, members, _)| written(with(person("1"), json!({field: null})), members));
    let judged = batch(&texts);
    for (judged, (_, members, expected)) in judged.iter().zip(cases) {
        assert_eq!(judged.codes(), expected, "{members}");
    }
    assert_eq!(judged[8].answer["customerExtId"], "last");
}

#[test]
fn a_field_that_is_not_known_is_kept_as_a_warning_with_the_nearest_name() {
    let judged = one(
        person("1"),
        r#""iSanctioned":true,"shoeSize":43,"lisContact":[],"shoeSize":44,"shoeSize":45,
           "listAddress":[{"country":"LT","City":"Vilnius"}],
           "fieldOfActivity":{"student":{"school":"VU"}}"#,
    );
    assert_eq!(judged.codes(), [""; 0]);
    assert_eq!(
        judged.warnings,
        [
            "unknown-field fieldOfActivity.student.school: ",
            "unknown-field iSanctioned: did you mean isSanctioned?",
            "unknown-field lisContact: did you mean listContact?",
            "unknown-field listAddress[0].City: did you mean city?",
            "unknown-field shoeSize: ",
            "unknown-field-twice shoeSize: ",
        ]
    );
}

#[test]
fn many_unknown_fields_are_counted_and_a_long_one_is_cut() {
    let many: Vec<_> = (0..150).map(|i| format!("\"zz{i:03}\":0")).collect();
    let judged = one(person("1"), &many.join(","));
    assert!(judged.is_accepted());
    assert_eq!(judged.warnings.len(), 101);
    assert_eq!(
        judged.warnings[0],
        "more-unknown-fields : 50 more unknown fields are not listed"
    );
    let key = "k".repeat(1000);
    let judged = one(person("2"), &format!("\"{key}\":0"));
    let shown = format!("unknown-field {}…: ", "k".repeat(128));
    assert_eq!(judged.warnings, [shown]);
}

#[test]
fn what_an_endpoint_ignores_is_a_warning() {
    let ignored = json!({"sourceOfRiskLevel": "nonsense"});
    let source = "ignored-field sourceOfRiskLevel: the source of the risk level is always IMPORT at this endpoint";
    for endpoint in [
        Endpoint::BatchCustomers,
        Endpoint::ValidateBatchCustomers,
        Endpoint::SimplifiedCustomer,
    ] {
        let text = with(Base::Person.at(endpoint), ignored.clone()).to_string();
        let judged = &judge(&Office::new(), endpoint, "x", &[text])[0];
        assert_eq!(judged.codes(), [""; 0], "{endpoint}");
        assert_eq!(judged.warnings, [source], "{endpoint}");
    }
    let screened = json!({"initializeScreeningProcesses": ["PEP", "SANCTIONS"]});
    for endpoint in Endpoint::ALL {
        let text = with(Base::Person.at(endpoint), screened.clone()).to_string();
        let judged = &judge(&Office::new(), endpoint, "x", &[text])[0];
        assert_eq!(judged.codes(), [""; 0], "{endpoint}");
        let none = "there is no screening at this endpoint";
        let both = [format!(
            "ignored-field initializeScreeningProcesses[]: {none}"
        )];
        let expected: &[String] = if endpoint.is_batch() { &both } else { &[] };
        assert_eq!(judged.warnings, expected, "{endpoint}");
    }
    let text = with(
        Base::Lead.at(Endpoint::Customer),
        json!({"customerStatus": "ACTIVE"}),
    );
    let judged = &judge(&Office::new(), Endpoint::Customer, "x", &[text.to_string()])[0];
    assert_eq!(
        judged.warnings,
        ["ignored-field customerStatus: the status of a lead stays PENDING"]
    );
}

#[test]
fn an_element_of_customers_that_is_no_object_is_rejected_by_its_place() {
    let long = "1".repeat(400);
    let elements = [
        "null",
        "7",
        r#""x""#,
        "true",
        "[{}]",
        "1e999",
        &long,
        r#""\ud800""#,
    ];
    let mut customers = vec![person("1").to_string()];
    customers.extend(elements.iter().map(|e| e.to_string()));
    customers.push(person("2").to_string());
    let judged = batch(&customers);
    for (i, judged) in judged.iter().enumerate() {
        let expected = match i {
            0 | 9 => vec![],
            _ => vec![format!("TYP01 customers[{i}]")],
        };
        assert_eq!(judged.codes(), expected, "{}", customers[i]);
    }
    assert_eq!(
        judged[1].answer["errorDescription"],
        "Bad value for OBJECT. Field: customers[1]"
    );
    assert_eq!(judged[1].answer.get("communicationNumber"), None);
}

#[test]
fn numbers_and_booleans_name_the_same_customer_as_their_text() {
    let judged = batch(&[
        with(person("1"), json!({"customerExtId": 7})).to_string(),
        with(person("2"), json!({"customerExtId": "7"})).to_string(),
        written(
            with(person("3"), json!({"customerExtId": null})),
            r#""customerExtId":7.0"#,
        ),
        with(person("4"), json!({"communicationNumber": true})).to_string(),
        with(person("5"), json!({"communicationNumber": "true"})).to_string(),
        written(
            with(person("6"), json!({"customerExtId": null})),
            r#""customerExtId":"\u0037""#,
        ),
    ]);
    let expected: [&[&str]; 6] = [
        &[],
        &["C003 customerExtId"],
        &[],
        &[],
        &["O005 communicationNumber"],
        &["C003 customerExtId"],
    ];
    for (judged, expected) in judged.iter().zip(expected) {
        assert_eq!(judged.codes(), expected);
    }
    assert_eq!(judged[0].answer["customerExtId"], "7");
    assert_eq!(judged[2].answer["customerExtId"], "7.0");
}

#[test]
fn what_no_float_and_no_text_can_hold_leaves_the_file_judged() {
    let long = "1".repeat(400);
    let harmless = [
        r#""\ud800":1"#.to_owned(),
        r#""unknown":"\udc00""#.into(),
        r#""unknown":{"\ud800":["\ud800",1e999]}"#.into(),
        r#""unknown":1e999"#.into(),
        r#""\ud800":1,"listContact":" ","listAddress":"\u0020","fieldOfActivity":"""#.into(),
        format!(r#""unknown":[{long}]"#),
    ];
    let mut texts: Vec<_> = harmless
        .iter()
        .enumerate()
        .map(|(i, members)| written(person(&i.to_string()), members))
        .collect();
    texts.push(written(
        person("8"),
        r#""\ud800":1,"nationalCode":"\ud800","listContact":1e999,"iSanctioned":1,
           "listAddress":[{"country":"LT","city":"\udfff","\ud800":2}]"#,
    ));
    texts.push(written(
        with(person("9"), json!({"customerExtId": null})),
        r#""customerExtId":"\ud800""#,
    ));
    let judged = batch(&texts);
    for (judged, members) in judged.iter().zip(harmless) {
        assert_eq!(judged.codes(), [""; 0], "{members}");
        assert_eq!(judged.warnings.len(), 1, "{members}");
    }
    assert_eq!(
        judged[6].codes(),
        [
            "TYP01 nationalCode",
            "TYP01 listContact",
            "TYP01 listAddress[0].city"
        ]
    );
    assert_eq!(judged[6].warnings.len(), 3);
    assert_eq!(judged[7].codes(), ["TYP01 customerExtId"]);
    assert_eq!(judged[7].answer.get("customerExtId"), None);
}

#[test]
fn a_key_beside_customers_is_a_warning_whatever_it_holds() {
    for key in ["\"source\"", r#""\ud800""#] {
        let office = Office::new();
        let body = format!(
            r#"{{{key}:["\ud800",1e999],"customers":[{}]}}"#,
            person("1")
        );
        office.drop("batch-customers/x.json", body);
        office.once();
        let response = office.response("batch-customers/x");
        assert_eq!(
            response["results"][0]["resultType"], "REQUEST_ACCEPTED",
            "{key}: {response}"
        );
        let kind = office.value("SELECT kind FROM v_warning");
        assert_eq!(kind, "unknown-field", "{key}");
    }
}
