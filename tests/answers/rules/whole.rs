//! Cases of the rules that look at every value of a customer, and of the screening processes.

use serde_json::json;

use crate::rules::additional::value;
use crate::rules::case::Base::{Company, Person};
use crate::rules::case::{Case, case};
use crate::rules::related::{only, person};

pub(super) fn cases() -> Vec<Case> {
    [types_and_processes(), texts_and_keys()].concat()
}

#[rustfmt::skip]
fn types_and_processes() -> Vec<Case> {
    vec![
        case("screening-process", Person)
            .fires(json!({"initializeScreeningProcesses": ["PEP", "pep", 7]}))
            .says("SCR01", "Screening process is undefined: pep", "initializeScreeningProcesses[1]")
            .says("SCR01", "Screening process is undefined: 7", "initializeScreeningProcesses[2]")
            .near(json!({"initializeScreeningProcesses": ["SANCTIONS", "PEP", "ADVERSE_MEDIA", "INTERNAL_LIST"]}))
            .near(json!({"initializeScreeningProcesses": []})),
        case("bad-type", Company)
            .fires(json!({"isPEP": "yes"}))
            .says("TYP01", "Bad value for BOOLEAN. Field: isPEP", "isPEP")
            .fires(json!({"numberOfAudits": 1.5}))
            .says("TYP01", "Bad value for INTEGER. Field: numberOfAudits", "numberOfAudits")
            .fires(json!({"numberOfAudits": "1.25e1"}))
            .says("TYP01", "Bad value for INTEGER. Field: numberOfAudits", "numberOfAudits")
            .fires(json!({"companyAssetValue": "a lot"}))
            .says("TYP01", "Bad value for INTEGER. Field: companyAssetValue", "companyAssetValue")
            .fires(json!({"initialDepositAmount": "1,50"}))
            .says("TYP01", "Bad value for DECIMAL. Field: initialDepositAmount", "initialDepositAmount")
            .fires(json!({"approvalDate": "2024-02-30"}))
            .says("TYP01", "Bad value for DATE. Field: approvalDate", "approvalDate")
            .fires(json!({"requester": ["Branch 7"]}))
            .says("TYP01", "Bad value for STRING. Field: requester", "requester")
            .fires(json!({"listPurpose": "GREY"}))
            .says("TYP01", "Bad value for ENUM. Field: listPurpose", "listPurpose")
            .fires(json!({"action": "delete"}))
            .says("TYP01", "Bad value for ENUM. Field: action", "action")
            .fires(json!({"listContact": {"contactType": "EMAIL"}}))
            .says("TYP01", "Bad value for LIST. Field: listContact", "listContact")
            .fires(json!({"initializeScreeningProcesses": "PEP"}))
            .says("TYP01", "Bad value for LIST. Field: initializeScreeningProcesses", "initializeScreeningProcesses")
            .fires(json!({"fieldOfActivity": [{"student": {}}]}))
            .says("TYP01", "Bad value for OBJECT. Field: fieldOfActivity", "fieldOfActivity")
            .fires(json!({"listContact": ["a@b.lt"]}))
            .says("TYP01", "Bad value for OBJECT. Field: listContact[0]", "listContact[0]")
            .fires(only(person(json!({"listAddress": [{"country": "LT", "useForCorrespondence": 1}]}))))
            .says("TYP01", "Bad value for BOOLEAN. Field: listRelatedEntity[0].listAddress[0].useForCorrespondence", "listRelatedEntity[0].listAddress[0].useForCorrespondence")
            .near(json!({"isPEP": " True ", "numberOfAudits": "1.50e2", "companyAssetValue": 10.0, "initialDepositAmount": "-.5",
                "approvalDate": "2024-02-29T23:59:59.9+0200", "requester": true, "listPurpose": "WHITE", "listContact": [], "fieldOfActivity": {}})),
    ]
}

#[rustfmt::skip]
fn texts_and_keys() -> Vec<Case> {
    vec![
        case("too-long", Person)
            .fires(json!({"requester": "ž".repeat(101)}))
            .says("TYP02", "Value too long. Field: requester. Max: 100", "requester")
            .fires(json!({"listAddress": [{"country": "LT", "zipCode": "ž".repeat(257), "addressDetails": "a".repeat(32_769)}]}))
            .says("TYP02", "Value too long. Field: listAddress[0].addressDetails. Max: 32768", "listAddress[0].addressDetails")
            .says("TYP02", "Value too long. Field: listAddress[0].zipCode. Max: 256", "listAddress[0].zipCode")
            .fires(&*format!("\"initialDepositBank\":{}", "1".repeat(257)).leak())
            .says("TYP02", "Value too long. Field: initialDepositBank. Max: 256", "initialDepositBank")
            .near(json!({"requester": "ž".repeat(100), "nationalCode": null,
                "listAddress": [{"country": "LT", "zipCode": "ž".repeat(256), "addressDetails": "ž".repeat(32_768)}]}))
            .near(json!({"requester": "Branch 7", "initialDepositBank": " ".repeat(300)})),
        case("given-twice", Person)
            .fires(r#""requester":"Branch 8""#)
            .says("TYP03", "Field given twice. Field: requester", "requester")
            .fires(r#""isPEP":null,"isPEP":true,"listContact":[{"contactType":"EMAIL","contactDetails":"1","contactDetails":"2"}]"#)
            .says("TYP03", "Field given twice. Field: isPEP", "isPEP")
            .says("TYP03", "Field given twice. Field: listContact[0].contactDetails", "listContact[0].contactDetails")
            .near(r#""Requester":"Branch 8""#)
            .near(r#""isPEP":true,"listContact":[{"contactType":"EMAIL","contactDetails":"1"},{"contactType":"EMAIL","contactDetails":"1"}]"#),
        case("given-twice", Company)
            .fires(r#""giin":"1","GIIN":"1","LEI":"2","lei":"2""#)
            .says("TYP03", "Field given twice. Field: giin", "giin")
            .says("TYP03", "Field given twice. Field: lei", "lei")
            .near(r#""giin":"1","LEI":"2""#)
            .near(r#""GIIN":"1","lei":"2""#),
        case("control-character", Person)
            .fires(json!({"requester": "Branch\u{7f}"}))
            .says("TYP04", "Control character in value. Field: requester", "requester")
            .fires(json!({"activityDescription": "\u{0}", "listAdditionalValues": [value(json!({"value": "a\u{1f}b"}))]}))
            .says("TYP04", "Control character in value. Field: activityDescription", "activityDescription")
            .says("TYP04", "Control character in value. Field: listAdditionalValues[0].value", "listAdditionalValues[0].value")
            .near(json!({"activityDescription": "a\tb\r\nc \u{80} \u{200e}"})),
        case("bound-classifier", Company)
            .fires(json!({"nationalCode": "vmi"}))
            .says("CLS01", "Value not found in classifier inspectorate. Field: nationalCode", "nationalCode")
            .fires(only(person(json!({"nationalCode": "not bound here", "listAddress": [{"country": "LT", "city": "Kaunas"}]}))))
            .says("CLS01", "Value not found in classifier inspectorate. Field: listRelatedEntity[0].listAddress[0].city", "listRelatedEntity[0].listAddress[0].city")
            .fires(json!({"listAdditionalValues": [value(json!({"code": "tax_office", "value": 8, "datatype": "INTEGER"}))]}))
            .says("CLS01", "Value not found in classifier inspectorate. Field: listAdditionalValues[0].value", "listAdditionalValues[0].value")
            .near(json!({"nationalCode": "VMI", "listAddress": [{"country": "LT", "city": " "}],
                "listAdditionalValues": [value(json!({"code": "tax_office", "value": 7})), value(json!({"code": "Tax_office"}))]}))
            .near(json!({"listAdditionalValues": [value(json!({"code": "tax_office", "value": true, "datatype": "BOOLEAN"}))]})),
    ]
}
