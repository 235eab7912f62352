//! One flaw put into a sound customer, with the one finding that it is to have.

use kycdrop::catalog::{Applies, CUSTOMER, Field, Type};
use serde_json::{Value, json};

use crate::sound::Dice;

/// Rule and path of a finding.
pub(crate) type Finding = (String, String);

/// The text of the customer with one flaw in it, and the finding.
pub(crate) fn put_in(dice: &mut Dice<'_>, mut customer: Value) -> (String, Finding) {
    let found = match dice.roll(7) {
        0 => drop_mandatory(dice, &mut customer),
        1 => unknown_code(dice, &mut customer),
        2 => wrong_type(dice, &mut customer),
        3 => {
            let field = plain_text(dice, &customer);
            let long = "ž".repeat(field.max_chars.unwrap_or_default() as usize + 1);
            set(&mut customer, field, long.into(), "too-long")
        }
        4 => {
            let field = plain_text(dice, &customer);
            let control = dice.pick(&['\u{0}', '\u{1}', '\u{8}', '\u{b}', '\u{1f}', '\u{7f}']);
            let text = format!("a{control}b");
            set(&mut customer, field, text.into(), "control-character")
        }
        5 => return twice(dice, &customer),
        _ => bad_enum(dice, &mut customer),
    };
    (customer.to_string(), found)
}

fn is_person(customer: &Value) -> bool {
    customer["entityType"] == "INDIVIDUAL"
}

fn finding(rule: &str, path: &str) -> Finding {
    (rule.to_owned(), path.to_owned())
}

fn set(customer: &mut Value, field: &Field, value: Value, rule: &str) -> Finding {
    // The second spelling would be a second key.
    if let (Some(other), Some(object)) = (field.other_name, customer.as_object_mut()) {
        object.remove(other);
    }
    customer[field.name] = value;
    finding(rule, field.name)
}

/// The fields that this customer may have.
fn own_fields(customer: &Value) -> impl Iterator<Item = &'static Field> {
    let person = is_person(customer);
    CUSTOMER.fields.iter().filter(move |f| match f.applies {
        Applies::Both => true,
        Applies::Individual => person,
        Applies::Organization => !person,
    })
}

fn drop_mandatory(dice: &mut Dice<'_>, customer: &mut Value) -> Finding {
    let mut choices = vec![
        ("communicationNumber", "communication-number"),
        ("requester", "requester"),
        ("customerExtId", "customer-ext-id"),
        ("riskManagementCategory", "category-missing"),
        ("entityType", "entity-type"),
        ("applicationDate", "application-date"),
        ("customerStatus", "import-customer-status"),
    ];
    if is_person(customer) {
        choices.push(("firstName", "first-name"));
        choices.push(("lastName", "last-name"));
        choices.push(("citizenshipCountry", "citizenship-country"));
    } else {
        choices.push(("title", "title"));
        choices.push(("registrationCountry", "registration-country-missing"));
        choices.push(("legalForm", "legal-form-missing"));
    }
    let (field, rule) = dice.pick(&choices);
    let object = customer.as_object_mut().expect("an object");
    if field == "customerStatus" {
        object.remove("closingDate");
    }
    match dice.roll(3) {
        0 => object.remove(field),
        1 => object.insert(field.into(), Value::Null),
        _ => object.insert(field.into(), " \t".into()),
    };
    finding(rule, field)
}

/// Lists with a field that takes a code: the list, the field, the rule, and the rest of an item.
fn nested_codes() -> [(&'static str, &'static str, &'static str, Value); 6] {
    [
        (
            "listAddress",
            "country",
            "address-country-unknown",
            json!({}),
        ),
        (
            "listActivity",
            "activityType",
            "activity-type-unknown",
            json!({}),
        ),
        (
            "listIncomeSource",
            "incomeSourceType",
            "income-source-type",
            json!({}),
        ),
        (
            "listRegionOfActivity",
            "region",
            "region-of-activity",
            json!({}),
        ),
        ("listSourceOfWealth", "code", "source-of-wealth", json!({})),
        (
            "listRelatedEntity",
            "relationType",
            "related-relation-type-unknown",
            json!({"entityType": "ORGANIZATION", "title": "T"}),
        ),
    ]
}

fn unknown_code(dice: &mut Dice<'_>, customer: &mut Value) -> Finding {
    let mut choices = vec![
        ("riskManagementCategory", "category-unknown"),
        ("initialDepositCurrency", "deposit-currency"),
    ];
    if is_person(customer) {
        choices.extend([
            ("citizenshipCountry", "citizenship-country"),
            ("birthCountry", "birth-country"),
            ("secondCitizenshipCountry", "second-citizenship-country"),
            ("permanentResidenceCountry", "permanent-residence-country"),
        ]);
    } else {
        choices.extend([
            ("registrationCountry", "registration-country-unknown"),
            ("legalForm", "legal-form-unknown"),
        ]);
    }
    let simple = choices.len();
    let nested = nested_codes();
    let choice = dice.roll(simple + nested.len());
    let code = json!(dice.pick(&["??", "lt", "LT ", "ČŠ"]));
    if choice < simple {
        let (field, rule) = choices[choice];
        customer[field] = code;
        return finding(rule, field);
    }
    let (list, field, rule, mut item) = nested[choice - simple].clone();
    item[field] = code;
    if !customer[list].is_array() {
        customer[list] = json!([]);
    }
    let items = customer[list].as_array_mut().expect("a list");
    let path = format!("{list}[{}].{field}", items.len());
    items.push(item);
    finding(rule, &path)
}

fn wrong_type(dice: &mut Dice<'_>, customer: &mut Value) -> Finding {
    let spoken_of = [
        "action",
        "sourceOfRiskLevel",
        "riskLevel",
        "customerStatus",
        "entityType",
        "closingDate",
    ];
    let fields: Vec<_> = own_fields(customer)
        .filter(|f| !spoken_of.contains(&f.name))
        .collect();
    let field = dice.pick(&fields);
    let value = match field.ty {
        Type::Object(_) => dice.pick(&[json!([]), json!("x"), json!(7)]),
        Type::List(_) | Type::Choices(_) => dice.pick(&[json!({}), json!("x"), json!(true)]),
        _ => dice.pick(&[json!([]), json!({}), json!(["LT"]), json!({"value": 1})]),
    };
    set(customer, field, value, "bad-type")
}

/// A field of text that no classifier looks at.
fn plain_text(dice: &mut Dice<'_>, customer: &Value) -> &'static Field {
    let plain = |f: &&Field| matches!(f.ty, Type::Text) && f.classifier.is_none();
    let fields: Vec<_> = own_fields(customer).filter(plain).collect();
    dice.pick(&fields)
}

fn twice(dice: &mut Dice<'_>, customer: &Value) -> (String, Finding) {
    let keys: Vec<_> = customer.as_object().expect("an object").keys().collect();
    let key = dice.pick(&keys);
    let mut text = customer.to_string();
    text.pop();
    let text = format!("{text},\"{key}\":{}}}", customer[key]);
    let field = CUSTOMER
        .fields
        .iter()
        .find(|f| f.name == key || f.other_name == Some(key))
        .expect("a known field");
    (text, finding("given-twice", field.name))
}

fn bad_enum(dice: &mut Dice<'_>, customer: &mut Value) -> Finding {
    let (field, rule) = dice.pick(&[
        ("riskLevel", "import-risk-level"),
        ("customerStatus", "import-customer-status"),
        ("entityType", "entity-type"),
        ("listPurpose", "bad-type"),
        ("action", "bad-type"),
    ]);
    if field == "customerStatus" {
        customer
            .as_object_mut()
            .expect("an object")
            .remove("closingDate");
    }
    customer[field] = dice.pick(&[json!("?"), json!("active"), json!("LOW "), json!(1)]);
    finding(rule, field)
}
