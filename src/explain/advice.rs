//! One finding with everything that a person needs to fix it: the value, its place, what is allowed
//! there, what was probably meant, and what to do.

use std::borrow::Cow;

use rusqlite::Connection;
use serde::Serialize;

use crate::catalog::{self, Check, CodeSet, Origin, RuleRow, Walk, field_of_path, takes};
use crate::history::ask::{
    Code, Codes, FindingRow, Judged, Places, State, WarningRow, nearest, set_in_force,
};
use crate::invisible::invisible_in;
use crate::position::Position;
use crate::request::NoteKind;
use crate::text::shortened;
use crate::trouble::Result;

/// A classifier with no more codes than this is listed in full.
const MAX_LISTED_CODES: usize = 16;

/// A longer value is shortened to so many characters.
const MAX_VALUE_CHARS: usize = 120;

/// No valid name or id has more characters: 256 of a first name, a space, and 256 of a last name.
const MAX_NAME_CHARS: usize = 513;

/// A finding, explained.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedFinding {
    pub code: String,
    pub description: String,
    /// Whether it was the answer; the others were found besides.
    pub answered: bool,
    pub path: String,
    /// What was given there, as [`shown_value`] has it; none where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its place in the customer as it came, from 1; of what is absent, that of its object.
    #[serde(flatten)]
    pub position: Position,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub allowed: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<Code>,
    pub fix: String,
    pub origin: &'static str,
    pub rule: String,
}

impl ExplainedFinding {
    /// What was given and where, and what nobody sees in it: `country = "LTU"`.
    pub(crate) fn given(&self) -> String {
        let Some(value) = &self.value else {
            return format!("{} is absent", self.path);
        };
        let hidden = invisible_in(&plain(value)).map(|hidden| format!(", with {hidden}"));
        format!("{} = {value}{}", self.path, hidden.unwrap_or_default())
    }

    /// Where the rule is from, and what that means.
    pub(crate) fn origin(&self) -> String {
        let all = [Origin::Published, Origin::TextPublished, Origin::Ours];
        let known = all.into_iter().find(|o| o.name() == self.origin);
        format!("{}: {}", self.origin, known.map_or("", Origin::meaning))
    }

    /// The nearest codes with their names, in one line: `LT (Lithuania)`.
    pub(crate) fn nearest_codes(&self) -> String {
        in_one_line(&self.nearest)
    }
}

/// A warning with its place.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedWarning {
    pub kind: String,
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    #[serde(flatten)]
    pub position: Position,
    pub fix: &'static str,
}

/// A customer, explained.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedCustomer {
    pub position: u64,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_ext_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication_number: Option<String>,
    pub findings: Vec<ExplainedFinding>,
    pub warnings: Vec<ExplainedWarning>,
}

/// What helps with a finding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Advice {
    /// What may be given there; empty where the rule is not about a value.
    pub allowed: String,
    /// What was probably meant.
    pub nearest: Vec<Code>,
    /// What to do.
    pub fix: String,
}

/// Explains against the classifiers of the validation, and the active ones where they are others.
pub(crate) struct Explainer {
    then: Option<Codes>,
    now: Option<Codes>,
}

impl Explainer {
    /// Explains as one would have right after the validation with this set.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn of_set(conn: &Connection, judged_by: Option<i64>) -> Result<Explainer> {
        let then = judged_by.map(|set| Codes::of(conn, set)).transpose()?;
        Ok(Explainer { then, now: None })
    }

    /// For a batch that was validated with this set.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn new(conn: &Connection, judged_by: Option<i64>) -> Result<Explainer> {
        let now = set_in_force(conn)?;
        let mut explainer = Explainer::of_set(conn, judged_by.or(now))?;
        if now != judged_by {
            explainer.now = now.map(|set| Codes::of(conn, set)).transpose()?;
        }
        Ok(explainer)
    }

    /// For findings that no history has: against these codes.
    pub(crate) fn with(codes: Codes) -> Explainer {
        Explainer {
            then: Some(codes),
            now: None,
        }
    }

    /// Everything of one customer.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn customer(&self, judged: &Judged) -> ExplainedCustomer {
        let mut places = Places::of(judged.payload.as_deref().unwrap_or_default());
        ExplainedCustomer {
            position: judged.position,
            state: judged.state,
            customer_ext_id: judged.customer_ext_id.clone(),
            business_unit: judged.business_unit.clone(),
            communication_number: judged.communication_number.clone(),
            findings: judged
                .findings
                .iter()
                .map(|f| self.finding(f, &mut places))
                .collect(),
            warnings: judged
                .warnings
                .iter()
                .map(|w| explain_warning(w, &mut places))
                .collect(),
        }
    }

    /// A finding of the customer with these places.
    pub(crate) fn finding(&self, f: &FindingRow, places: &mut Places<'_>) -> ExplainedFinding {
        let place = places.spot(&f.path);
        let Advice {
            allowed,
            nearest,
            fix,
        } = self.advice(f, place.value);
        ExplainedFinding {
            code: f.code.clone(),
            description: f.description.clone(),
            answered: f.no == 1,
            path: f.path.clone(),
            value: place.value.map(|v| shown_value(v).into_owned()),
            position: place.position,
            allowed,
            nearest,
            fix,
            origin: rule_of(f).map_or("", |row| row.origin.name()),
            rule: f.rule.clone(),
        }
    }

    /// What helps with a finding at this value, in its JSON; None where nothing was given.
    pub(crate) fn advice(&self, f: &FindingRow, value: Option<&str>) -> Advice {
        let Some(row) = rule_of(f) else {
            return Advice {
                fix: "This rule is of an earlier kycdrop; send the customer again to be validated by the current ones.".into(),
                ..Advice::default()
            };
        };
        let remedy = catalog::remedy(row);
        let mut advice = Advice {
            allowed: remedy.allowed,
            nearest: Vec::new(),
            fix: remedy.fix,
        };
        let field = field_of_path(&f.path).map(|(object, f)| object.field(f));
        if matches!(
            row.rule.check,
            Check::Value {
                codes: CodeSet::OfField,
                ..
            } | Check::Walk(Walk::BadType | Walk::TooLong, _)
        ) && let Some(field) = field
        {
            advice.allowed = takes(field);
        }
        let given = value.map(plain).unwrap_or_default();
        for classifier in classifiers_of(row, f) {
            self.about_code(&mut advice, &classifier, &given);
        }
        if advice.nearest.is_empty()
            && let Some(field) = field
        {
            let near = crate::text::nearest(&given, field.ty.values().iter().copied());
            advice.nearest.extend(near.map(|value| Code {
                code: value.into(),
                name: String::new(),
                retired: false,
            }));
        }
        if let Some(hidden) = invisible_in(&given) {
            advice.fix += &format!(" The value contains {hidden}.");
        }
        advice
    }

    /// What a classifier says to the code that was given.
    fn about_code(&self, advice: &mut Advice, classifier: &str, given: &str) {
        let Some(then) = &self.then else {
            return;
        };
        let codes = then.of_classifier(classifier);
        add_codes(&mut advice.allowed, codes);
        if codes.iter().any(|c| c.code == given && c.retired) {
            advice.fix = format!(
                "{given} is retired in {classifier}: it may not be given any more. {}",
                advice.fix
            );
        }
        // A code that there is may be wrong for another reason.
        let near = nearest(codes, given).into_iter();
        advice.nearest.extend(near.filter(|c| c.code != given));
        let has_it_now = |now: &Codes| {
            let mut codes = now.of_classifier(classifier).iter();
            codes.any(|c| c.code == given && !c.retired)
        };
        if self.now.as_ref().is_some_and(has_it_now) {
            advice.fix =
                format!("{classifier} has this code by now: send the customer again as it is.");
        }
    }
}

/// The rule of a finding, unless it is one of an earlier kycdrop.
fn rule_of(f: &FindingRow) -> Option<&'static RuleRow> {
    catalog::rules().iter().find(|row| row.key == f.rule)
}

/// Names the codes that may be given, if they are few.
fn add_codes(allowed: &mut String, codes: &[Code]) {
    let usable = codes.iter().filter(|c| !c.retired);
    let usable: Vec<&str> = usable.map(|c| c.code.as_str()).collect();
    if codes.len() <= MAX_LISTED_CODES && !usable.is_empty() {
        *allowed = format!("{allowed}: {}", usable.join(", "));
    }
}

/// Whose codes belong at the place of a finding.
fn classifiers_of(row: &RuleRow, f: &FindingRow) -> Vec<String> {
    match &row.rule.check {
        Check::Walk(Walk::BoundClassifier, _) => {
            let name = catalog::argument(&row.text, &f.description, "classifier");
            name.map(str::to_owned).into_iter().collect()
        }
        Check::Walk(..) | Check::History(_) | Check::Forbidden(_) => Vec::new(),
        check => {
            let field = field_of_path(&f.path);
            let of_field = field.and_then(|(object, f)| object.field(f).classifier);
            let other = match check {
                Check::Value {
                    codes: CodeSet::OfFieldOr(other),
                    ..
                } => Some(*other),
                _ => None,
            };
            let both = of_field.into_iter().chain(other);
            both.map(|c| c.name().to_owned()).collect()
        }
    }
}

fn explain_warning(w: &WarningRow, places: &mut Places<'_>) -> ExplainedWarning {
    let place = places.spot(&w.path);
    let kind = NoteKind::from_name(&w.kind);
    let fix = match kind {
        Some(NoteKind::UnknownField | NoteKind::MoreUnknownFields) => {
            "Correct the name, or leave the field out: it was not looked at. `kycdrop fields` lists the known ones."
        }
        Some(NoteKind::UnknownFieldTwice) => "Leave the field out: it was not looked at.",
        Some(NoteKind::InvisibleName) => "Write the name; a person does not see this one.",
        Some(NoteKind::IgnoredField) => "Nothing need be done; the value was not used.",
        _ => "",
    };
    let mut detail = w.detail.clone();
    // What nobody sees is in the key of an unknown field, or in the name of a customer.
    let shown = match kind {
        Some(NoteKind::InvisibleName) => place.value.map(plain).unwrap_or_default(),
        _ => w.path.rsplit('.').next().unwrap_or_default().to_owned(),
    };
    if let Some(hidden) = invisible_in(&shown) {
        let sep = if detail.is_empty() { "" } else { "; " };
        detail += &format!("{sep}it contains {hidden}");
    }
    ExplainedWarning {
        kind: w.kind.clone(),
        path: w.path.clone(),
        detail,
        position: place.position,
        fix,
    }
}

/// Codes with their names, in one line: `LT (Lithuania)`.
pub(super) fn in_one_line(codes: &[Code]) -> String {
    let codes: Vec<String> = codes.iter().map(Code::to_string).collect();
    codes.join(", ")
}

/// A value, in its JSON, as reports show it: a long text is shortened within its quotes. Another long
/// value is cut off, and is not JSON then.
pub(super) fn shown_value(value: &str) -> Cow<'_, str> {
    let short = shortened(value, MAX_VALUE_CHARS);
    if let Cow::Owned(_) = short
        && let Ok(text) = serde_json::from_str::<String>(value)
    {
        let text = serde_json::Value::from(shortened(&text, MAX_VALUE_CHARS));
        return Cow::Owned(text.to_string());
    }
    short
}

/// A name or an id as reports show it, with each of many findings: whole, unless it is longer than any
/// valid one.
pub(crate) fn shown_name(name: &str) -> Cow<'_, str> {
    shortened(name, MAX_NAME_CHARS)
}

/// The text of a JSON value: without its quotes, if it is text.
pub(crate) fn plain(value: &str) -> String {
    serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned())
}

/// A rule by itself, for those who have only its code.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedRule {
    pub code: String,
    pub description: String,
    pub when: String,
    pub endpoints: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub allowed: String,
    pub fix: String,
    pub origin: &'static str,
    pub origin_means: &'static str,
    pub rule: String,
    /// Customers that were answered with it in this history.
    pub answers: u64,
    /// How often it was found, answered or not.
    pub found: u64,
    /// The last day on which it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// Rules, with what the history knows of them.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn explain_rules(
    conn: Option<&Connection>,
    rules: &[&RuleRow],
) -> Result<Vec<ExplainedRule>> {
    rules.iter().map(|row| explain_rule(conn, row)).collect()
}

fn explain_rule(conn: Option<&Connection>, row: &RuleRow) -> Result<ExplainedRule> {
    let mut remedy = catalog::remedy(row);
    let mut counts = (0, 0, None);
    if let Some(conn) = conn {
        counts = conn.query_row(
            "SELECT coalesce(sum(answers), 0), coalesce(sum(findings), 0), max(day)
             FROM day_finding WHERE rule = ?1",
            [&row.key],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )?;
        if let Some(set) = set_in_force(conn)?
            && let Some(classifier) = remedy.classifier
        {
            let codes = Codes::of(conn, set)?;
            add_codes(&mut remedy.allowed, codes.of_classifier(classifier.name()));
        }
    }
    let origin: Origin = row.origin;
    Ok(ExplainedRule {
        code: row.code.clone(),
        description: row.text.clone(),
        when: row.when.clone(),
        endpoints: row.endpoints.to_string(),
        allowed: remedy.allowed,
        fix: remedy.fix,
        origin: origin.name(),
        origin_means: origin.meaning(),
        rule: row.key.clone(),
        answers: counts.0,
        found: counts.1,
        last: counts.2,
    })
}
