//! A customer's life: every assessment and every rejection in time, and what changed between two
//! assessments.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::history::rules;
use crate::trouble::Result;

use super::evaluations::{EvaluationRow, evaluations};
use super::place::{Leaf, leaves};
use super::screenings::{ScreeningRow, screenings};

/// One customer of one office, or the rejections of somebody who never became one.
#[derive(Debug, Serialize)]
pub struct Life {
    /// The identifier that the institution gave.
    pub customer_ext_id: String,
    /// The office; None for a customer without one.
    pub business_unit: Option<String>,
    /// What the customer is now; none for one who was only ever rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What happened, the oldest first: the part that was asked for.
    pub events: Vec<Event>,
    /// How many events there are before these.
    #[serde(skip)]
    pub earlier: usize,
    /// The newest assessment, whether or not it is among the events; None for one who was only ever rejected.
    #[serde(skip)]
    pub newest: Option<Box<Assessment>>,
}

/// Which events of a life are read: one that is long takes its time.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The last one, counted from 1 for the first; the newest one where there are fewer.
    pub end: usize,
    /// So many at most.
    pub most: usize,
}

impl Part {
    /// The whole life.
    pub const ALL: Part = Part {
        end: usize::MAX,
        most: usize::MAX,
    };
}

/// Something that happened to a customer.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A request was accepted.
    Assessment(Box<Assessment>),
    /// A request was rejected.
    Rejection(Box<Rejection>),
}

/// An accepted request.
#[derive(Debug, Serialize)]
pub struct Assessment {
    /// When, UTC.
    pub at: String,
    /// The key of its row in `assessment`.
    pub assessment_id: i64,
    /// The batch that it came in.
    pub batch_id: i64,
    /// The number of the customer in the batch, from 1.
    pub customer: u64,
    /// The place in the batch, from 0.
    pub position: u64,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The name that the file had in the inbox.
    pub file_name: String,
    /// The communicationNumber of the request.
    pub communication_number: String,
    /// Who asked.
    pub requester: String,
    /// CREATE or UPDATE.
    pub action: String,
    /// What the request made of the customer.
    pub kind: String,
    /// First and last name, or the title.
    pub name: String,
    /// The riskLevel of the request, or the one that was decided.
    pub risk_level: Option<String>,
    /// The customerStatus of the request.
    pub customer_status: Option<String>,
    /// The code of the riskManagementCategory.
    pub risk_management_category: String,
    /// Where the risk level comes from: IMPORT or EVALUATE.
    pub source_of_risk_level: String,
    /// The state of the newest evaluation; None if none was asked for.
    pub evaluation: Option<String>,
    /// The evaluations of the risk level, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evaluations: Vec<EvaluationRow>,
    /// The screenings, the oldest first.
    pub screenings: Vec<ScreeningRow>,
    /// Against the assessment before; none for the first.
    pub changes: Vec<Change>,
}

/// A request that was rejected.
#[derive(Debug, Serialize)]
pub struct Rejection {
    /// When, UTC.
    pub at: String,
    /// The batch that it came in.
    pub batch_id: i64,
    /// The number of the customer in the batch, from 1.
    pub customer: u64,
    /// The place in the batch, from 0.
    pub position: u64,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The name that the file had in the inbox.
    pub file_name: String,
    /// The communicationNumber of the request; None where it is absent or no text.
    pub communication_number: Option<String>,
    /// The code of the first finding.
    pub code: String,
    /// The description of the first finding.
    pub description: String,
    /// What was wrong in all.
    pub findings: u64,
}

/// A field that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Where in the customer.
    pub path: String,
    /// As JSON; none where the field was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// As JSON; none where the field is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// An event that is not read yet.
struct Place {
    /// Batch and position: the order in which it happened, wherever the clock stood.
    order: (i64, u64),
    event: Found,
}

enum Found {
    /// An assessment, and the one before it.
    Assessment(i64, Option<i64>),
    /// The key of a rejection.
    Rejection(i64),
}

/// Every life that goes by this customerExtId: in one office, or, without one, in all of them. Of each the
/// events of this part.
///
/// # Errors
/// When the database cannot be read.
pub fn lives(conn: &Connection, ext_id: &str, unit: Option<&str>, part: Part) -> Result<Vec<Life>> {
    let mut rejections = rejections(conn, ext_id)?;
    let mut units: Vec<Option<String>> = match unit {
        Some(unit) => vec![Some(unit.to_owned())],
        None => {
            let mut units = offices(conn)?;
            units.extend(rejections.iter().map(|(unit, _)| unit.clone()));
            units.push(None);
            units
        }
    };
    units.sort();
    units.dedup();
    let mut found = Vec::new();
    for unit in units {
        let mut places = match rules::customer_of(conn, unit.as_deref(), ext_id)? {
            Some((first, _)) => assessments(conn, first)?,
            None => Vec::new(),
        };
        let newest = match places.last() {
            Some(&Place {
                event: Found::Assessment(id, _),
                ..
            }) => assessment(conn, id)?,
            _ => None,
        };
        let (mine, others) = rejections.into_iter().partition(|(of, _)| *of == unit);
        rejections = others;
        places.extend(mine.into_iter().map(|(_, place)| place));
        if places.is_empty() {
            continue;
        }
        places.sort_by_key(|place| place.order);
        places.truncate(part.end);
        let earlier = places.len().saturating_sub(part.most);
        let newest = newest.map(|(newest, _)| newest);
        found.push(Life {
            customer_ext_id: ext_id.to_owned(),
            business_unit: unit,
            kind: newest.as_ref().map(|a| a.kind.clone()),
            events: events(conn, places.split_off(earlier))?,
            earlier,
            newest,
        });
    }
    Ok(found)
}

/// Reads the events at these places.
fn events(conn: &Connection, places: Vec<Place>) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    // The assessment that was read last, as it came.
    let mut last: Option<(i64, String)> = None;
    for place in places {
        match place.event {
            Found::Rejection(id) => events.push(Event::Rejection(Box::new(rejection(conn, id)?))),
            Found::Assessment(id, before) => {
                let Some((mut read, payload)) = assessment(conn, id)? else {
                    continue;
                };
                let was = match (before, last) {
                    (None, _) => None,
                    (Some(before), Some((id, payload))) if id == before => Some(payload),
                    (Some(before), _) => assessment(conn, before)?.map(|(_, payload)| payload),
                };
                read.changes = was.map_or_else(Vec::new, |was| changes(&was, &payload));
                events.push(Event::Assessment(read));
                last = Some((id, payload));
            }
        }
    }
    Ok(events)
}

/// The offices that have customers. They are few; of each only the first row is looked at.
pub(super) fn offices(conn: &Connection) -> Result<Vec<Option<String>>> {
    let mut next =
        conn.prepare("SELECT min(business_unit) FROM standing WHERE business_unit > ?1")?;
    let mut units: Vec<Option<String>> = Vec::new();
    let mut last = String::new();
    while let Some(unit) = next.query_row([&last], |r| r.get::<_, Option<String>>(0))? {
        last.clone_from(&unit);
        units.push(Some(unit));
    }
    Ok(units)
}

/// Where the assessments are, from the first to the newest.
fn assessments(conn: &Connection, first: i64) -> Result<Vec<Place>> {
    let mut select = conn.prepare_cached(
        "SELECT a.batch_id, a.position, s.next_assessment_id
         FROM assessment a LEFT JOIN succession s ON s.assessment_id = a.assessment_id
         WHERE a.assessment_id = ?1",
    )?;
    let mut places = Vec::new();
    let (mut next, mut before) = (Some(first), None);
    while let Some(id) = next {
        let row = select.query_row([id], |r| Ok(((r.get(0)?, r.get(1)?), r.get(2)?)));
        let Some((order, after)) = row.optional()? else {
            break;
        };
        let event = Found::Assessment(id, before);
        places.push(Place { order, event });
        (next, before) = (after, Some(id));
    }
    Ok(places)
}

/// An assessment without its changes, and the customer as it came.
fn assessment(conn: &Connection, id: i64) -> Result<Option<(Box<Assessment>, String)>> {
    let mut select = conn.prepare_cached(
        "SELECT a.assessed_at, a.batch_id, a.position, b.endpoint, b.file_name,
                a.communication_number, a.requester, a.action, a.kind, a.name, a.risk_level,
                a.customer_status, a.risk_management_category, a.source_of_risk_level, a.evaluation,
                payload_text(a.payload)
         FROM assessment a
         JOIN batch b ON b.batch_id = a.batch_id
         WHERE a.assessment_id = ?1",
    )?;
    let row = select.query_row([id], |r| {
        let assessment = Assessment {
            at: r.get(0)?,
            assessment_id: id,
            batch_id: r.get(1)?,
            customer: r.get::<_, u64>(2)?.saturating_add(1),
            position: r.get(2)?,
            endpoint: r.get(3)?,
            file_name: r.get(4)?,
            communication_number: r.get(5)?,
            requester: r.get(6)?,
            action: r.get(7)?,
            kind: r.get(8)?,
            name: r.get(9)?,
            risk_level: r.get(10)?,
            customer_status: r.get(11)?,
            risk_management_category: r.get(12)?,
            source_of_risk_level: r.get(13)?,
            evaluation: r.get(14)?,
            evaluations: Vec::new(),
            screenings: Vec::new(),
            changes: Vec::new(),
        };
        Ok((Box::new(assessment), r.get(15)?))
    });
    let Some((mut assessment, payload)) = row.optional()? else {
        return Ok(None);
    };
    assessment.screenings = screenings(conn, id)?;
    if assessment.evaluation.is_some() {
        let all = evaluations(conn, id)?;
        assessment.evaluation = all.last().map(|e| e.state.clone());
        let decided = all.iter().rev().find_map(|e| e.decision.as_ref());
        assessment.risk_level = decided.map(|d| d.final_risk_level.clone());
        assessment.evaluations = all;
    }
    Ok(Some((assessment, payload)))
}

/// Where the rejections of a customerExtId are, each with its office.
fn rejections(conn: &Connection, ext_id: &str) -> Result<Vec<(Option<String>, Place)>> {
    let mut select = conn.prepare_cached(
        "SELECT business_unit, batch_id, position, rejection_id FROM rejection
         WHERE customer_ext_id = ?1 ORDER BY rejection_id",
    )?;
    let rows = select.query_map([ext_id], |r| {
        let place = Place {
            order: (r.get(1)?, r.get(2)?),
            event: Found::Rejection(r.get(3)?),
        };
        Ok((r.get(0)?, place))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Joined in this order: `v_finding` would be read through all findings of the batch.
const REJECTION: &str = "SELECT r.rejected_at, r.batch_id, r.position, b.endpoint, b.file_name,
       r.communication_number, t.code, t.description,
       (SELECT count(*) FROM finding_row x
        WHERE x.batch_id = r.batch_id AND x.position = coalesce(r.findings_at, r.position))
     FROM rejection r
     CROSS JOIN batch b ON b.batch_id = r.batch_id
     CROSS JOIN finding_row f
       ON f.batch_id = r.batch_id AND f.position = coalesce(r.findings_at, r.position) AND f.no = 1
     CROSS JOIN finding_text t ON t.text_id = f.text_id
     WHERE r.rejection_id = ?1";

fn rejection(conn: &Connection, id: i64) -> Result<Rejection> {
    let mut select = conn.prepare_cached(REJECTION)?;
    Ok(select.query_row([id], |r| {
        Ok(Rejection {
            at: r.get(0)?,
            batch_id: r.get(1)?,
            customer: r.get::<_, u64>(2)?.saturating_add(1),
            position: r.get(2)?,
            endpoint: r.get(3)?,
            file_name: r.get(4)?,
            communication_number: r.get(5)?,
            code: r.get(6)?,
            description: r.get(7)?,
            findings: r.get(8)?,
        })
    })?)
}

/// Fields that differ in every request, and are shown beside the changes.
const OF_THE_REQUEST: &[&str] = &[
    "communicationNumber",
    "action",
    "requester",
    "sourceOfRiskLevel",
    "initializeScreeningProcesses",
];

/// What changed from one customer to the next, by path: changed and new fields in the order of the
/// new one, then those that went. null is absent, as for the rules.
fn changes(before: &str, after: &str) -> Vec<Change> {
    fn given<'p>(payload: &'p str) -> impl Iterator<Item = Leaf<'p>> {
        leaves(payload).into_iter().filter(|leaf| {
            let top = leaf.path.split(['.', '[']).next().unwrap_or_default();
            leaf.value != "null" && !OF_THE_REQUEST.contains(&top)
        })
    }
    let mut old: HashMap<String, (usize, &str)> = given(before)
        .enumerate()
        .map(|(i, leaf)| (leaf.path, (i, leaf.value)))
        .collect();
    let mut found = Vec::new();
    for leaf in given(after) {
        let was = old.remove(&leaf.path).map(|(_, value)| value);
        if was != Some(leaf.value) {
            found.push(Change {
                path: leaf.path,
                before: was.map(str::to_owned),
                after: Some(leaf.value.to_owned()),
            });
        }
    }
    let mut gone: Vec<(usize, String, &str)> = old
        .into_iter()
        .map(|(path, (i, value))| (i, path, value))
        .collect();
    gone.sort_unstable();
    found.extend(gone.into_iter().map(|(_, path, value)| Change {
        path,
        before: Some(value.to_owned()),
        after: None,
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_findings_of_a_rejection_are_read_by_its_place() {
        let history = crate::history::History::in_memory().unwrap();
        let plan = super::super::plan(history.connection(), REJECTION);
        for table in [
            "f USING PRIMARY KEY (batch_id=? AND position=? AND no=?)",
            "x USING PRIMARY KEY (batch_id=? AND position=?)",
        ] {
            assert!(plan.contains(table), "{plan}");
        }
    }

    #[test]
    fn what_changed_has_its_path() {
        let before = r#"{"communicationNumber": "1", "riskLevel": "LOW", "title": "A", "listAddress": [{"country": "LT"}], "lei": null}"#;
        let after = r#"{"communicationNumber": "2", "riskLevel": "HIGH", "listAddress": [{"country": "LT"}, {"country": "LV"}], "lei": "x"}"#;
        let found: Vec<String> = changes(before, after)
            .into_iter()
            .map(|c| format!("{} {:?} {:?}", c.path, c.before, c.after))
            .collect();
        assert_eq!(
            found,
            [
                r#"riskLevel Some("\"LOW\"") Some("\"HIGH\"")"#,
                r#"listAddress[1].country None Some("\"LV\"")"#,
                r#"lei None Some("\"x\"")"#,
                r#"title Some("\"A\"") None"#,
            ]
        );
        assert_eq!(changes(before, before), []);
    }
}
