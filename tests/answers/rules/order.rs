//! The order in which errors are found: by group of rows, item by item, row by row; the walks over
//! all values in the order of the field tables; the history last, in the order of the batch.

use kycdrop::catalog::Endpoint;
use serde_json::{Value, json};

use crate::common::{Office, company, person, with};
use crate::rules::additional::value;
use crate::rules::bench::{batch, judge, written};
use crate::rules::related;

fn codes_of(customer: Value) -> Vec<String> {
    batch(&[customer.to_string()])[0].codes()
}

#[test]
fn the_customers_own_rules_come_in_the_order_of_the_rows() {
    let wrong = json!({
        "listContact": [{}],
        "initialDepositCurrency": "?",
        "fieldOfActivity": {"pension": {"pensionCountry": "?"}, "student": {"higherSchoolCountry": "?"}},
        "permanentResidenceCountry": "?", "secondCitizenshipCountry": "?", "birthCountry": "?",
        "title": "T", "entityType": "INDIVIDUAL", "closingDate": "2024-01-01",
        "riskLevel": "?", "riskManagementCategory": "OCCASIONAL_CUSTOMER", "action": "DELETE",
        "initializeScreeningProcesses": ["?"], "isPEP": "?", "requester": " "
    });
    assert_eq!(
        codes_of(wrong),
        [
            "C001 communicationNumber",
            "C005 requester",
            "C002 customerExtId",
            "C003a action",
            "C007 riskManagementCategory",
            "C008.I01 riskLevel",
            "C011 customerStatus",
            "C012 applicationDate",
            "C013a closingDate",
            "C014 title",
            "C016.I01 firstName",
            "C016.I02 lastName",
            "C016.I06 citizenshipCountry",
            "C016.I06 birthCountry",
            "C016.I08 secondCitizenshipCountry",
            "C016.I08 permanentResidenceCountry",
            "FOA01 fieldOfActivity.student.higherSchoolCountry",
            "FOA02 fieldOfActivity.pension.pensionCountry",
            "CUR01 initialDepositCurrency",
            "Q001.Co1 listContact[0].contactType",
            "Q001.Co2 listContact[0].contactDetails",
            "SCR01 initializeScreeningProcesses[0]",
            "TYP01 isPEP",
        ]
    );
}

#[test]
fn an_item_is_complete_before_the_next_and_a_list_before_the_next_list() {
    let wrong = with(
        person("1"),
        json!({
            "listAddress": [{"addressType": " "}],
            "listBusinessEntityDocument": [{"documentIssueDate": "2020-01-01", "documentIssueCountry": "LT", "documentIssueAuthority": "M"}],
            "listContact": [{}, {"contactType": "EMAIL", "contactDetails": "1"}, {}]
        }),
    );
    assert_eq!(
        codes_of(wrong),
        [
            "Q001.Co1 listContact[0].contactType",
            "Q001.Co2 listContact[0].contactDetails",
            "Q001.Co1 listContact[2].contactType",
            "Q001.Co2 listContact[2].contactDetails",
            "Q002.DOC01 listBusinessEntityDocument[0].entityType",
            "Q002.DOC02 listBusinessEntityDocument[0].identityDocumentType",
            "Q002.DOC03 listBusinessEntityDocument[0].documentNumber",
            "Q004.ADR01 listAddress[0].addressType",
            "Q004.ADR02 listAddress[0].country",
        ]
    );
}

#[test]
fn lists_stand_in_the_order_of_the_rows_not_of_the_fields() {
    let mut wrong = person("1");
    for list in [
        "listContact",
        "listAddress",
        "listBusinessEntityDocument",
        "listAppealReason",
        "listIntroductionSource",
        "listOrderedService",
        "listDeclaredTurnover",
        "listIncomeSource",
        "listPaymentPurpose",
        "listSourceOfWealth",
        "listPaymentCountry",
        "listActivity",
        "listRegionOfActivity",
        "listCountryOfActivity",
        "listCountryOfTaxPayment",
        "listAdditionalValues",
        "listRelatedEntity",
    ] {
        wrong[list] = json!([{}]);
    }
    let codes = codes_of(wrong);
    let mut groups: Vec<&str> = codes.iter().map(|c| &c[..4]).collect();
    groups.dedup();
    assert_eq!(
        groups,
        [
            "Q001", "Q002", "Q004", "Q005", "Q006", "Q007", "Q008", "Q009", "Q010", "Q011", "Q012",
            "Q013", "Q014", "Q015", "Q017", "AV01", "AV02", "AV03", "AV04", "C016",
        ]
    );
}

#[test]
fn a_related_entity_is_complete_before_the_next() {
    let late = related::person(json!({
        "listAdditionalValues": [value(json!({"datatype": "BOOLEAN"}))],
        "listAddress": [{"country": "?"}, {}],
        "listContact": [{"contactType": "EMAIL"}]
    }));
    let early = related::person(json!({"relationType": null, "lastName": null}));
    let wrong = with(company("1"), json!({"listRelatedEntity": [late, early]}));
    assert_eq!(
        codes_of(wrong),
        [
            "C017.C016.RE06.Co2 listRelatedEntity[0].listContact[0].contactDetails",
            "C017.C016.RE06.ADR02 listRelatedEntity[0].listAddress[0].country",
            "C017.C016.RE06.ADR02 listRelatedEntity[0].listAddress[1].country",
            "C017.C016.AV07 listRelatedEntity[0].listAdditionalValues[0].value",
            "C017.C016.RE01 listRelatedEntity[1].relationType",
            "C017.C016.RE07 listRelatedEntity[1].lastName",
        ]
    );
}

#[test]
fn walks_over_all_values_follow_the_field_tables_with_objects_where_they_stand() {
    let long = "x".repeat(257);
    let members = format!(
        r#""listRelatedEntity":[
             {{"entityType":"INDIVIDUAL","relationType":"OWNER","firstName":"J","lastName":"J",
               "listContact":[{{"contactType":"EMAIL","contactDetails":"{long}","useForCommunication":1}}],
               "isPEP":"?","share":"?"}},
             {{"entityType":"INDIVIDUAL","relationType":"OWNER","firstName":"J","lastName":"J",
               "extId":"{long}","share":[]}}],
           "listContact":[{{"useForCommunication":"?","contactType":"EMAIL","contactDetails":"a\u0001"}},{{}}, 7],
           "doesCashDominate":"?",
           "fieldOfActivity":{{"student":{{"isStudent":"?","higherSchoolTitle":"{long}"}},
             "employment":{{"isUnemployed":"?","isEmployee":"?","employerTitle":"\u0002","employerTitle":"\u0002"}}}},
           "nationalCode":"{long}",
           "isPEP":[],"isPEP":[]"#
    );
    let judged = &batch(&[written(person("1"), &members)])[0];
    assert_eq!(
        judged.codes(),
        [
            "Q001.Co1 listContact[1].contactType",
            "Q001.Co2 listContact[1].contactDetails",
            "TYP01 isPEP",
            "TYP01 fieldOfActivity.employment.isEmployee",
            "TYP01 fieldOfActivity.employment.isUnemployed",
            "TYP01 fieldOfActivity.student.isStudent",
            "TYP01 doesCashDominate",
            "TYP01 listContact[0].useForCommunication",
            "TYP01 listContact[2]",
            "TYP01 listRelatedEntity[0].share",
            "TYP01 listRelatedEntity[0].isPEP",
            "TYP01 listRelatedEntity[0].listContact[0].useForCommunication",
            "TYP01 listRelatedEntity[1].share",
            "TYP02 nationalCode",
            "TYP02 fieldOfActivity.student.higherSchoolTitle",
            "TYP02 listRelatedEntity[0].listContact[0].contactDetails",
            "TYP02 listRelatedEntity[1].extId",
            "TYP03 isPEP",
            "TYP03 fieldOfActivity.employment.employerTitle",
            "TYP04 fieldOfActivity.employment.employerTitle",
            "TYP04 listContact[0].contactDetails",
        ]
    );
    assert_eq!(judged.answer["errorCode"], "Q001.Co1");
}

#[test]
fn the_history_is_asked_in_the_order_of_the_batch_and_for_sound_customers_only() {
    let customers = [
        with(person("1"), json!({"firstName": null})),
        person("1"),
        with(person("1"), json!({"customerExtId": "X-2"})),
        with(person("1"), json!({"communicationNumber": "N-3"})),
        with(
            person("1"),
            json!({"communicationNumber": "N-3", "action": "UPDATE"}),
        ),
        with(
            person("1"),
            json!({"communicationNumber": "N-3", "firstName": " "}),
        ),
        with(
            person("1"),
            json!({"communicationNumber": "N-4", "action": "UPDATE", "customerExtId": "X-2"}),
        ),
        with(
            person("1"),
            json!({"communicationNumber": "N-4", "customerExtId": "X-2"}),
        ),
    ];
    let expected: [&[&str]; 8] = [
        &["C016.I01 firstName"],
        &[],
        &["O005 communicationNumber"],
        &["C003 customerExtId"],
        &[],
        &["C016.I01 firstName"],
        &["C004 customerExtId"],
        &[],
    ];
    let texts = customers.map(|c| c.to_string());
    for endpoint in [Endpoint::BatchCustomers, Endpoint::ValidateBatchCustomers] {
        let found: Vec<_> = judge(&Office::new(), endpoint, "batch", &texts)
            .iter()
            .map(|j| j.codes())
            .collect();
        assert_eq!(found, expected, "{endpoint}");
    }
}

#[test]
fn a_simplified_customer_gets_every_error_in_order() {
    let office = Office::new();
    let wrong = json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER", "entityType": "ORGANIZATION",
        "listContact": [{"contactType": "FAX"}], "isListed": "?"});
    let answer = office.answer("simplifiedcustomer", "x", &wrong);
    assert_eq!(
        answer,
        json!({"errors": [
            "CommunicationNumber is mandatory",
            "Requester is mandatory",
            "CustomerExtId is mandatory",
            "For ORGANIZATION type customer Title is mandatory",
            "Problem with Customer Contact index = 0 . ContactType is mandatory. values: MOBILEPHONE, FIXEDPHONE, EMAIL, WEBSITE",
            "Problem with Customer Contact index = 0 . ContactDetails is mandatory",
            "Bad value for BOOLEAN. Field: isListed"
        ]})
    );
}
