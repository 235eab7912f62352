//! What a rule wants in place of what it found: what is allowed there, and what to do. Written for
//! each kind of check, and by itself where a kind says too little.

use super::{
    Allowed, CUSTOMER, Check, Classifier, CodeSet, CrossField, Datatype, Endpoints, Field,
    FieldIndex, Object, Origin, RuleRow, Type, keys,
};

/// What a person needs to know to fix what a rule found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    /// What may be given; empty where the rule is not about a value.
    pub allowed: String,
    /// The classifier whose codes these are, if one alone decides.
    pub classifier: Option<Classifier>,
    /// What to do.
    pub fix: String,
}

/// The remedy of a rule. Every rule has one.
pub fn remedy(row: &RuleRow) -> Remedy {
    let object = row.object;
    let name = |f: &FieldIndex| object.field(*f).name;
    let takes = |f: &FieldIndex| takes(object.field(*f));
    let (allowed, fix) = match &row.rule.check {
        Check::Value {
            fields,
            required_at,
            codes,
        } => return value_remedy(object, fields, *required_at, *codes),
        Check::Blank(f) => (
            takes(f),
            format!(
                "Write a value into {0}, or leave {0} out: it may be absent, but not blank.",
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
        Check::Repeated(f) => (
            String::new(),
            format!(
                "Give each {0} once in a list: leave out the repeated item, or give it a {0} of its own.",
                name(f)
            ),
        ),
        Check::UnknownItems(f) => (
            takes(f),
            "Write the value in capitals, or leave it out of the list.".into(),
        ),
        Check::CrossField(rule) => {
            let allowed = match &rule.allowed {
                Allowed::Field(f) => takes(f),
                Allowed::Text(text) => (*text).into(),
            };
            (allowed, rule.fix.into())
        }
        Check::Walk(_, fix) => (String::new(), (*fix).into()),
        Check::History(rule) => (String::new(), rule.fix.into()),
    };
    Remedy {
        allowed,
        classifier: classifier(object, &row.rule.check),
        fix,
    }
}

/// The classifier that decides a check of one field's value.
fn classifier(object: &Object, check: &Check) -> Option<Classifier> {
    match check {
        Check::Blank(f)
        | Check::CrossField(CrossField {
            allowed: Allowed::Field(f),
            ..
        }) => object.field(*f).classifier,
        _ => None,
    }
}

fn value_remedy(
    object: &Object,
    fields: &[FieldIndex],
    required_at: Endpoints,
    codes: CodeSet,
) -> Remedy {
    let Some(field) = fields.first().map(|f| object.field(*f)) else {
        return Remedy::default();
    };
    let at = match required_at == Endpoints::ALL {
        true => String::new(),
        false => format!(" at {}", places(required_at)),
    };
    let name = field.classifier.map_or("", Classifier::name);
    let names = names(object, fields);
    let mut allowed = takes(field);
    let mut fix = match codes {
        CodeSet::Any => {
            let place = match object.name {
                "Customer" => String::new(),
                other => format!(" in every {other}"),
            };
            let fix =
                format!("Give {names}: it is mandatory{place}{at}. Blank text counts as absent.");
            return Remedy {
                allowed,
                classifier: field.classifier,
                fix,
            };
        }
        CodeSet::OfField if name.is_empty() => {
            format!("Write one of these words into {names}, in capitals and without blanks.")
        }
        CodeSet::OfField => format!(
            "Write a code of {name} into {names}, exactly as `kycdrop classifiers show {name}` lists it; a name or another spelling is not taken. Where the institution uses a code that is not there, its administrator adds it to classifiers/{name}.toml."
        ),
        CodeSet::OfFieldOr(other) => {
            allowed = format!("{allowed} or {}", other.name());
            format!(
                "Write a code of {name} or of {} into {names}, exactly as it is written there.",
                other.name()
            )
        }
    };
    if required_at != Endpoints::NONE {
        fix.push_str(&format!(" It is mandatory{at}."));
    }
    Remedy {
        allowed,
        classifier: field.classifier.filter(|_| codes == CodeSet::OfField),
        fix,
    }
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
pub fn field_of_path(path: &str) -> Option<(&'static Object, FieldIndex)> {
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

/// The rules whose codes begin with this one and a dot: `C016` is part of `C016.I06`.
pub fn rules_below_code(code: &str) -> impl Iterator<Item = &'static RuleRow> {
    super::rules().iter().filter(move |row| {
        let begins = row.code.split_at_checked(code.len());
        !code.is_empty()
            && begins.is_some_and(|(begin, rest)| {
                begin.eq_ignore_ascii_case(code) && rest.starts_with('.')
            })
    })
}

impl Origin {
    /// What the origin means, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Origin::Published => "code and text are in the API's own documents",
            Origin::TextPublished => {
                "the text is in the API's own documents, the code is kycdrop's"
            }
            Origin::Ours => "code and text are kycdrop's",
        }
    }
}

fn names(object: &Object, fields: &[FieldIndex]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_remedy_in_whole_sentences() {
        for row in crate::catalog::rules() {
            let Remedy { allowed, fix, .. } = remedy(row);
            assert!(fix.len() > 20 && fix.ends_with('.'), "{}: {fix:?}", row.key);
            assert!(!allowed.ends_with('.'), "{}: {allowed:?}", row.key);
            assert!(
                !fix.contains("  ") && !fix.contains(" into ,"),
                "{}: {fix}",
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
