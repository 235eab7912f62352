//! What a rule wants in place of what it found: what is allowed there, and what to do. Written for
//! each kind of check, and by itself where a kind says too little.

use super::{
    Across, CUSTOMER, Check, Datatype, Endpoints, F, Field, Object, Origin, RuleRow, Type, Walk,
    keys,
};

/// What a person needs to know to mend what a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What may be given; empty where the rule is not about a value.
    pub allowed: String,
    /// What to do.
    pub mend: String,
}

/// The remedy of a rule. Every rule has one.
pub fn remedy(row: &RuleRow) -> Remedy {
    let object = row.object;
    let name = |f: &F| object.field(*f).name;
    let takes = |f: &F| takes(object.field(*f));
    let (allowed, mend) = match &row.rule.check {
        Check::Absent(f) => (takes(f), give(object, *f, Endpoints::ALL)),
        Check::AbsentAt(f, endpoints) => (takes(f), give(object, *f, *endpoints)),
        Check::Blank(f) => (
            takes(f),
            format!(
                "Write a value into {0}, or leave {0} out: it may be absent, but not blank.",
                name(f)
            ),
        ),
        Check::Unknown(fields) => (
            fields.first().map(takes).unwrap_or_default(),
            code_of(object, fields),
        ),
        Check::AbsentOrUnknown(f) => (
            takes(f),
            format!("{} It is mandatory.", code_of(object, &[*f])),
        ),
        Check::UnknownOrAbsentAt(f, endpoints) => (
            takes(f),
            format!(
                "{} It is mandatory at {}.",
                code_of(object, &[*f]),
                places(*endpoints)
            ),
        ),
        Check::AbsentOrInNeither(f, one, other) => (
            format!(
                "a code of the classifier {} or {}",
                one.name(),
                other.name()
            ),
            format!(
                "Write a code of {} or of {} into {}, exactly as it stands there. It is mandatory.",
                one.name(),
                other.name(),
                name(f)
            ),
        ),
        Check::NoChoice(f) => (
            takes(f),
            format!(
                "Write one of these words into {}, in capitals and without blanks. It is mandatory.",
                name(f)
            ),
        ),
        Check::BadChoice(f) => (
            takes(f),
            format!(
                "Write one of these words into {}, in capitals and without blanks.",
                name(f)
            ),
        ),
        Check::Forbidden(_) => (
            String::new(),
            "Leave the field out, or correct entityType: it belongs to the other type.".into(),
        ),
        Check::NoneOf(fields) => (
            String::new(),
            format!("Give at least one of {}.", names(object, fields)),
        ),
        Check::BadDatatypeValue(datatype) => (
            format!(
                "a value that reads as {}: {}",
                datatype.name(),
                datatype_form(*datatype)
            ),
            "Correct the value, or give the datatype that it really has.".into(),
        ),
        Check::Across(across) => across_remedy(*across),
        Check::Walk(walk) => walk_remedy(*walk),
        Check::History => history_remedy(&row.key),
    };
    Remedy { allowed, mend }
}

/// What a field takes, in words.
pub fn takes(field: &Field) -> String {
    if let Some(classifier) = field.classifier {
        return format!("a code of the classifier {}", classifier.name());
    }
    match field.ty {
        Type::Text | Type::Scalar => match field.max_chars {
            Some(max) => format!("text of at most {max} characters"),
            None => "text".into(),
        },
        Type::Boolean => "true or false".into(),
        Type::Integer | Type::BigInteger => "a whole number".into(),
        Type::Decimal => "a number, with a point before its decimals".into(),
        Type::Date => "a day such as 2025-03-31, or a moment with its offset such as 2025-03-31T09:30:00+02:00".into(),
        Type::Choice(values) => format!("one of {}", values.join(", ")),
        Type::Choices(values) => format!("a list of any of {}", values.join(", ")),
        Type::Object(object) => format!("an object of the fields of {}", object.name),
        Type::List(object) => format!("a list of objects of the fields of {}", object.name),
    }
}

/// The field of the catalogue that the path of a finding leads to.
pub fn field_of_path(path: &str) -> Option<(&'static Object, F)> {
    let mut object: &'static Object = &CUSTOMER;
    let mut found = None;
    for segment in path.split('.') {
        let name = segment.split('[').next().unwrap_or(segment);
        let f = keys(object).get(name)?;
        found = Some((object, f));
        if let Type::Object(inner) | Type::List(inner) = object.field(f).ty {
            object = inner;
        }
    }
    found
}

/// The rules of a code as it is answered (`C016.C016.RE06.ADR02`), in any case, or of a rule's name.
pub fn rules_of_code(code: &str) -> impl Iterator<Item = &'static RuleRow> {
    let code = code.to_owned();
    super::rules().iter().filter(move |row| {
        let of = |digit| row.code.replace("{6|7}", digit);
        row.key == code
            || row.code.eq_ignore_ascii_case(&code)
            || of("6").eq_ignore_ascii_case(&code)
            || of("7").eq_ignore_ascii_case(&code)
    })
}

impl Origin {
    /// What the origin means, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Origin::Published => "code and text stand in the API's own documents",
            Origin::TextPublished => {
                "the text stands in the API's own documents, the code is kycdrop's"
            }
            Origin::Ours => "code and text are kycdrop's",
        }
    }
}

fn give(object: &Object, f: F, endpoints: Endpoints) -> String {
    let field = object.field(f);
    let place = match object.name {
        "Customer" => String::new(),
        other => format!(" in every {other}"),
    };
    match endpoints == Endpoints::ALL {
        true => format!(
            "Give {}: it is mandatory{place}. Blank text counts as absent.",
            field.name
        ),
        false => format!(
            "Give {}: it is mandatory{place} at {}. Blank text counts as absent.",
            field.name,
            places(endpoints)
        ),
    }
}

fn code_of(object: &Object, fields: &[F]) -> String {
    let classifier = fields
        .first()
        .and_then(|f| object.field(*f).classifier)
        .map_or("", |c| c.name());
    format!(
        "Write a code of {classifier} into {}, exactly as `kycdrop classifiers show {classifier}` lists it; a name or another spelling is not taken. Where the institution uses a code that is not there, its administrator adds it to classifiers/{classifier}.toml.",
        names(object, fields)
    )
}

fn names(object: &Object, fields: &[F]) -> String {
    let names: Vec<&str> = fields.iter().map(|f| object.field(*f).name).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} or {last}", some.join(", ")),
    }
}

fn places(endpoints: Endpoints) -> String {
    let names: Vec<&str> = endpoints.iter().map(|e| e.name()).collect();
    names.join(", ")
}

fn datatype_form(datatype: Datatype) -> &'static str {
    match datatype {
        Datatype::Integer => "digits with an optional sign, such as -12",
        Datatype::Decimal => "a number such as 12.50",
        Datatype::Date => "a real day such as 2025-03-31",
        Datatype::Timestamp => "such as 2025-03-31 09:30:00.000+0200, or with Z as its offset",
        Datatype::Boolean => "true or false",
        Datatype::String => "any text",
    }
}

fn customers(name: &str) -> String {
    let index = keys(&CUSTOMER).get(name);
    index.map_or_else(String::new, |f| takes(CUSTOMER.field(f)))
}

fn across_remedy(across: Across) -> (String, String) {
    let (allowed, mend) = match across {
        Across::DeleteAction => (
            customers("action"),
            "A customer cannot be deleted. To end the relation, send an UPDATE with customerStatus CLOSED and a closingDate.",
        ),
        Across::BusinessUnitMissing => (
            customers("businessUnit"),
            "Give the businessUnit that the customer belongs to: this institution is several organizations (multi_organization in kycdrop.toml).",
        ),
        Across::BusinessUnitUnknown => (
            customers("businessUnit"),
            "Write a code of businessUnit exactly as `kycdrop classifiers show businessUnit` lists it, or have the administrator add it to classifiers/businessUnit.toml.",
        ),
        Across::CategoryNotSupported => (
            customers("riskManagementCategory"),
            "Choose a category that is meant for the customer's entityType and for the endpoint: `kycdrop classifiers show riskManagementCategory` tells entity_type and kind of each. Simplified categories go to simplifiedcustomer alone, all others to the other endpoints.",
        ),
        Across::ImportOfLead => (
            "a riskManagementCategory that is no lead".into(),
            "Send a lead to the endpoint customer with sourceOfRiskLevel EVALUATE, or choose a regular category.",
        ),
        Across::ImportRiskLevel => (
            customers("riskLevel"),
            "Give the riskLevel that was assessed, in capitals. At the batch endpoints it may be left out, which means NONE; at customer it is mandatory with IMPORT.",
        ),
        Across::EvaluateRiskLevel => (
            "nothing, or NONE".into(),
            "Leave riskLevel out: EVALUATE asks for it. To give it yourself, send sourceOfRiskLevel IMPORT.",
        ),
        Across::ImportStatus => (
            customers("customerStatus"),
            "Give the customerStatus that the customer has now, in capitals.",
        ),
        Across::ClosingDateMissing => (
            customers("closingDate"),
            "Give the closingDate, or correct customerStatus if the relation goes on.",
        ),
        Across::ClosingDateNotAllowed => (
            String::new(),
            "Leave closingDate out, or set customerStatus to CLOSED if the relation has ended.",
        ),
        Across::AdditionalValueTwice => (
            String::new(),
            "Give each code once in a list: leave out the repeated item, or give it a code of its own.",
        ),
        Across::RelatedName => (
            "firstName and lastName of an INDIVIDUAL, title of an ORGANIZATION".into(),
            "Give the name of the related entity, or correct its entityType.",
        ),
        Across::UnknownScreening => (
            customers("initializeScreeningProcesses"),
            "Write the process in capitals, or leave it out of the list.",
        ),
    };
    (allowed, mend.into())
}

fn walk_remedy(walk: Walk) -> (String, String) {
    let mend = match walk {
        Walk::BadType => {
            "Give a value of the type that the field takes: for a date a real day, for a number digits with a point before the decimals, for an object braces, for a list brackets."
        }
        Walk::TooLong => "Shorten the text. Lengths count characters, not bytes.",
        Walk::GivenTwice => "Leave one of the two out: which of them is meant cannot be known.",
        Walk::ControlCharacter => {
            "Remove the character that cannot be seen; it mostly comes from copying out of another program. Tab and line breaks are taken."
        }
        Walk::BoundClassifier => {
            "Write a code of the classifier that the institution has bound to this field; `kycdrop classifiers show NAME` lists its codes."
        }
    };
    (String::new(), mend.into())
}

fn history_remedy(key: &str) -> (String, String) {
    let mend = match key {
        "communication-number-used" | "communication-number-used-single" => {
            "Give every request a communicationNumber of its own. If this very request was accepted before, nothing is to be done; if it corrects one, send it with a new number and action UPDATE."
        }
        "customer-exists" => {
            "Send it with action UPDATE, which replaces all data of the customer. If it is another customer, give another customerExtId, or the right businessUnit: `kycdrop history CUSTOMER_EXT_ID` shows who is there."
        }
        "customer-not-found" => {
            "Send it with action CREATE. If the customer should be there, look at customerExtId and businessUnit: a customer is found by both together, and `kycdrop history CUSTOMER_EXT_ID` shows in which offices there is one."
        }
        "demoted-to-lead" => {
            "Keep a regular riskManagementCategory: whoever is a customer cannot become a lead again. To end the relation, set customerStatus to CLOSED with a closingDate."
        }
        "demoted-to-simplified" => {
            "Send the request to customer or batch-customers: whoever is a regular customer stays one."
        }
        _ => "",
    };
    (String::new(), mend.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_remedy_in_whole_sentences() {
        for row in crate::catalog::rules() {
            let Remedy { allowed, mend } = remedy(row);
            assert!(
                mend.len() > 20 && mend.ends_with('.'),
                "{}: {mend:?}",
                row.key
            );
            assert!(!allowed.ends_with('.'), "{}: {allowed:?}", row.key);
            assert!(
                !mend.contains("  ") && !mend.contains(" into ,"),
                "{}: {mend}",
                row.key
            );
        }
    }

    #[test]
    fn every_rule_is_found_by_its_code_and_by_its_name() {
        for row in crate::catalog::rules() {
            let code = row.code.replace("{6|7}", "7").to_lowercase();
            assert!(rules_of_code(&code).any(|r| r.no == row.no), "{code}");
            assert!(
                rules_of_code(&row.key).any(|r| r.no == row.no),
                "{}",
                row.key
            );
        }
        assert_eq!(rules_of_code("").count(), 0);
    }

    #[test]
    fn a_path_leads_to_its_field() {
        let name = |path| field_of_path(path).map(|(o, f)| (o.name, o.field(f).name));
        assert_eq!(
            name("listRelatedEntity[0].listAddress[12].country"),
            Some(("Address", "country"))
        );
        assert_eq!(name("GIIN"), Some(("Customer", "giin")));
        assert_eq!(name("customers[3]"), None);
    }
}
