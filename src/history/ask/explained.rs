//! One finding with everything that a person needs to mend it: the value, its place, what is allowed
//! there, what was probably meant, and what to do.

use rusqlite::Connection;
use serde::Serialize;

use crate::catalog::{self, Check, CodeSet, Origin, RuleRow, Walk, field_of_path, takes};
use crate::position::Position;
use crate::request::NoteKind;
use crate::text::shortened;
use crate::trouble::Result;

use super::batch::{FindingRow, Judged, State, WarningRow};
use super::codes::{Code, Codes, nearest};
use super::place::spot;

/// A classifier with no more codes than this is told whole.
const TOLD_WHOLE: usize = 16;

/// Of a value no more characters than this are shown.
const SHOWN: usize = 120;

/// A finding, explained.
#[derive(Debug, Serialize)]
pub struct Explained {
    pub code: String,
    pub description: String,
    /// Whether it was the answer; the others were found besides.
    pub answered: bool,
    pub path: String,
    /// What was given there, as JSON; none where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where it stands in the customer as it came, from 1; of what is absent, its object.
    #[serde(flatten)]
    pub position: Position,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub allowed: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<Code>,
    pub mend: String,
    pub origin: &'static str,
    pub rule: String,
}

/// A warning with its place.
#[derive(Debug, Serialize)]
pub struct Warned {
    pub kind: String,
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    #[serde(flatten)]
    pub position: Position,
    pub mend: &'static str,
}

/// A customer, explained.
#[derive(Debug, Serialize)]
pub struct Customer {
    pub position: u64,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_ext_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication_number: Option<String>,
    pub findings: Vec<Explained>,
    pub warnings: Vec<Warned>,
}

/// Explains against the classifiers that judged, and those in force now.
pub struct Explainer<'c> {
    then: Option<Codes<'c>>,
    now: Option<Codes<'c>>,
}

impl<'c> Explainer<'c> {
    /// For a batch that this set judged.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn new(conn: &'c Connection, judged_by: Option<i64>) -> Result<Explainer<'c>> {
        let now = super::set_in_force(conn)?;
        Ok(Explainer {
            then: judged_by.or(now).map(|set| Codes::of(conn, set)),
            now: (now != judged_by)
                .then(|| now.map(|set| Codes::of(conn, set)))
                .flatten(),
        })
    }

    /// Everything of one customer.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn customer(&mut self, judged: &Judged) -> Result<Customer> {
        let payload = judged.payload.as_deref().unwrap_or_default();
        let findings = judged
            .findings
            .iter()
            .map(|f| self.finding(f, payload))
            .collect::<Result<_>>()?;
        Ok(Customer {
            position: judged.position,
            state: judged.state,
            customer_ext_id: judged.customer_ext_id.clone(),
            business_unit: judged.business_unit.clone(),
            communication_number: judged.communication_number.clone(),
            findings,
            warnings: judged.warnings.iter().map(|w| warned(w, payload)).collect(),
        })
    }

    fn finding(&mut self, f: &FindingRow, payload: &str) -> Result<Explained> {
        let place = spot(payload, &f.path);
        let row = catalog::rules().iter().find(|r| r.key == f.rule);
        let mut told = Explained {
            code: f.code.clone(),
            description: f.description.clone(),
            answered: f.no == 1,
            path: f.path.clone(),
            value: place.value.map(|v| shortened(v, SHOWN).into_owned()),
            position: place.position,
            allowed: String::new(),
            nearest: Vec::new(),
            mend: "This rule is of an earlier kycdrop; send the customer again to be judged by those in force.".into(),
            origin: "",
            rule: f.rule.clone(),
        };
        let Some(row) = row else {
            return Ok(told);
        };
        let remedy = catalog::remedy(row);
        told.allowed = remedy.allowed;
        told.mend = remedy.fix;
        told.origin = row.origin.name();
        let field = field_of_path(&f.path).map(|(object, f)| object.field(f));
        if matches!(
            row.rule.check,
            Check::Value {
                codes: CodeSet::OfField,
                ..
            } | Check::Walk(Walk::BadType | Walk::TooLong, _)
        ) && let Some(field) = field
        {
            told.allowed = takes(field);
        }
        let given = place.value.map(plain).unwrap_or_default();
        for classifier in classifiers_of(row, f) {
            self.about_code(&mut told, &classifier, &given)?;
        }
        if told.nearest.is_empty()
            && let Some(field) = field
        {
            let near = crate::text::nearest(&given, field.ty.values().iter().copied());
            told.nearest.extend(near.map(|value| Code {
                code: value.into(),
                name: String::new(),
                retired: false,
            }));
        }
        Ok(told)
    }

    /// What a classifier says to the code that was given.
    fn about_code(&mut self, told: &mut Explained, classifier: &str, given: &str) -> Result<()> {
        let Some(then) = &mut self.then else {
            return Ok(());
        };
        let codes = then.all(classifier)?;
        if codes.len() <= TOLD_WHOLE && !codes.is_empty() {
            let usable: Vec<&str> = codes
                .iter()
                .filter(|c| !c.retired)
                .map(|c| c.code.as_str())
                .collect();
            told.allowed = format!("{}: {}", told.allowed, usable.join(", "));
        }
        if codes.iter().any(|c| c.code == given && c.retired) {
            told.mend = format!(
                "{given} is retired in {classifier}: it may not be given any more. {}",
                told.mend
            );
        }
        told.nearest.extend(nearest(&codes, given));
        if let Some(now) = &mut self.now
            && now
                .all(classifier)?
                .iter()
                .any(|c| c.code == given && !c.retired)
        {
            told.mend =
                format!("{classifier} has this code by now: send the customer again as it is.");
        }
        Ok(())
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

fn warned(w: &WarningRow, payload: &str) -> Warned {
    let place = spot(payload, &w.path);
    let mend = match NoteKind::from_name(&w.kind) {
        Some(NoteKind::UnknownField | NoteKind::MoreUnknownFields) => {
            "Correct the name, or leave the field out: it was not looked at. `kycdrop fields` lists the known ones."
        }
        Some(NoteKind::UnknownFieldTwice) => "Leave the field out: it was not looked at.",
        Some(NoteKind::IgnoredField) => "Nothing need be done; the value was not used.",
        _ => "",
    };
    Warned {
        kind: w.kind.clone(),
        path: w.path.clone(),
        detail: w.detail.clone(),
        position: place.position,
        mend,
    }
}

/// The text of a JSON value: without its quotes, if it is text.
fn plain(value: &str) -> String {
    serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned())
}

/// A rule by itself, for those who have only its code.
#[derive(Debug, Serialize)]
pub struct RuleTold {
    pub code: String,
    pub description: String,
    pub when: String,
    pub endpoints: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub allowed: String,
    pub mend: String,
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

/// The rules of a code, with what the history knows of them.
///
/// # Errors
/// When the database cannot be read.
pub fn rules_told(conn: Option<&Connection>, code: &str) -> Result<Vec<RuleTold>> {
    catalog::rules_of_code(code)
        .map(|row| rule_told(conn, row))
        .collect()
}

fn rule_told(conn: Option<&Connection>, row: &RuleRow) -> Result<RuleTold> {
    let mut remedy = catalog::remedy(row);
    let mut counts = (0, 0, None);
    if let Some(conn) = conn {
        counts = conn.query_row(
            "SELECT coalesce(sum(answers), 0), coalesce(sum(findings), 0), max(day)
             FROM day_finding WHERE rule = ?1",
            [&row.key],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )?;
        if let Some(set) = super::set_in_force(conn)?
            && let Some(classifier) = remedy.classifier
        {
            let codes = Codes::of(conn, set).all(classifier.name())?;
            let usable: Vec<&str> = codes
                .iter()
                .filter(|c| !c.retired)
                .map(|c| c.code.as_str())
                .collect();
            if !usable.is_empty() && usable.len() <= TOLD_WHOLE {
                remedy.allowed = format!("{}: {}", remedy.allowed, usable.join(", "));
            }
        }
    }
    let origin: Origin = row.origin;
    Ok(RuleTold {
        code: row.code.clone(),
        description: row.text.clone(),
        when: row.when.clone(),
        endpoints: row.endpoints.to_string(),
        allowed: remedy.allowed,
        mend: remedy.fix,
        origin: origin.name(),
        origin_means: origin.meaning(),
        rule: row.key.clone(),
        answers: counts.0,
        found: counts.1,
        last: counts.2,
    })
}
