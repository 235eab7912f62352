//! What a schema cannot say, rule by rule. A test compares this with the validator's verdicts in both
//! directions.

use std::fmt::Write;

use crate::catalog::{Check, CodeSet, Datatype, RuleRow, Walk, rules};

/// How much of a rule a schema says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// All of it.
    Whole,
    /// All of it, if the schema lists the codes of the classifiers.
    WithCodes,
    /// All but this.
    InPart(&'static str),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

impl Said {
    /// Why a schema, with or without codes, does not say the whole rule; None if it does.
    pub fn why_not(self, with_codes: bool) -> Option<&'static str> {
        match self {
            Said::Whole => None,
            Said::WithCodes if with_codes => None,
            Said::WithCodes => Some("the codes, which are listed with --codes"),
            Said::InPart(why) | Said::Nothing(why) => Some(why),
        }
    }
}

/// The rules across fields that look at codes.
const ABOUT_CODES: [&str; 3] = [
    "business-unit-unknown",
    "category-not-supported",
    "import-of-lead",
];

/// How much of this rule a schema says.
pub fn said(row: &RuleRow) -> Said {
    match &row.rule.check {
        Check::History(_) => Said::Nothing("it depends on the history and on the rest of the file"),
        Check::Repeated(_) => Said::Nothing("a schema compares whole items, not one field of them"),
        Check::Walk(Walk::BadType, _) => Said::InPart(
            r#"a whole number as text with an exponent (`"1.25e1"` is none), and text that is not Unicode (`"\ud800"`)"#,
        ),
        Check::Walk(Walk::TooLong, _) => Said::InPart("the digits of a number in a field of text"),
        Check::Walk(Walk::GivenTwice, _) => Said::InPart(
            "the same key twice, of which readers of JSON keep one; two spellings of one field are said",
        ),
        Check::BadDatatypeValue(Datatype::Integer) => {
            Said::InPart("the number `7.0`, which equals `7` in JSON")
        }
        Check::Walk(Walk::BoundClassifier, _) => Said::WithCodes,
        Check::Value { fields, codes, .. } => {
            let mut fields = fields.iter().map(|f| row.object.field(*f));
            match *codes != CodeSet::Any && fields.any(|f| f.classifier.is_some()) {
                true => Said::WithCodes,
                false => Said::Whole,
            }
        }
        Check::CrossField(_) if ABOUT_CODES.contains(&row.rule.key) => Said::WithCodes,
        _ => Said::Whole,
    }
}

/// The page of what a schema cannot say.
pub fn page() -> String {
    let mut page = String::from(
        "# What a schema cannot say\n\n\
         <!-- Generated from the catalogue in src/catalog; `cargo test` fails when it is stale. Do not edit: see CONTRIBUTING.md. -->\n\n\
         `kycdrop schema ENDPOINT` prints the requests of an endpoint as a JSON Schema (2020-12). The schema\n\
         accepts every request that kycdrop accepts, and rejects every request that breaks a rule of\n\
         docs/ERRORS.md, except for what this page lists. The schema lists the same in `x-notSaid`.\n\
         `kycdrop check FILE` checks everything.\n\n\
         The part of the schema that a request breaks has the code as `x-errorCode` and the text as `$comment`; a\n\
         list puts its `x-errorCodePrefix` in front of the code. Validators ignore keywords that begin with `x-`\n\
         (ajv with `strict: false`).\n\n\
         | rule | code | endpoints | what is left over |\n\
         | --- | --- | --- | --- |\n",
    );
    for (row, why) in rules_left_over(true) {
        let code = row.code.replace('|', "\\|");
        let (key, endpoints) = (&row.key, row.endpoints);
        let _ = writeln!(page, "| `{key}` | `{code}` | {endpoints} | {why} |");
    }
    page.push_str(
        "\n## The codes of the classifiers\n\n\
         With `--codes` the schema lists the codes of the home's classifiers that are valid on that day. Print it\n\
         again when they change. Without `--codes` it takes any code, and these rules are left over too:\n\n\
         | rule | code | endpoints |\n\
         | --- | --- | --- |\n",
    );
    for (row, _) in rules_left_over(false).filter(|(row, _)| said(row) == Said::WithCodes) {
        let code = row.code.replace('|', "\\|");
        let _ = writeln!(page, "| `{}` | `{code}` | {} |", row.key, row.endpoints);
    }
    page.push_str(
        "\nA number is taken as its text where a code is asked for. To a schema `7.0` is the same number as `7`, so\n\
         it takes both for the code 7; kycdrop takes `7`.\n",
    );
    page
}

/// The rules that a schema, with or without codes, does not say in whole, with the reason.
pub(super) fn rules_left_over(
    with_codes: bool,
) -> impl Iterator<Item = (&'static RuleRow, &'static str)> {
    let left_over = move |row| Some((row, said(row).why_not(with_codes)?));
    rules().iter().filter_map(left_over)
}
