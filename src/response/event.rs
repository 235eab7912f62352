//! Events: how the result of an evaluation comes back after the response, in the API's published
//! format. One body has all events of one communicationNumber, the oldest first.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::catalog::ScreeningProcess;

/// Where the bodies are, below the outbox: the published path of the API ends like this.
pub const EVENTS_FOLDER: &str = "communications-events";

/// How far an evaluation is: the last word of an event's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KycState {
    /// A person has to decide.
    Pending,
    /// Accepted, and the customer's approval date is waited for.
    WaitingForApprovalDate,
    /// Decided, by a person or by the matrix.
    Completed,
}

/// An event of kyc_scoring. What is None is left out, never null.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KycScoring<'e> {
    /// The customer is a lead, which has types of its own.
    #[serde(skip)]
    pub lead: bool,
    /// How far it is.
    #[serde(skip)]
    pub state: KycState,
    /// The level that was computed.
    pub initial_risk_level: &'e str,
    /// The level after the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_risk_level: Option<&'e str>,
    /// ACCEPTED or REJECTED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_type: Option<&'e str>,
    /// The ground that a person gave, a code of the classifier decisionGround.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_ground_code: Option<&'e str>,
    /// When the customer was approved for the first time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<&'e str>,
}

impl KycScoring<'_> {
    /// The published type.
    pub fn kind(&self) -> String {
        let whom = if self.lead { "lead" } else { "customer" };
        let state = match self.state {
            KycState::Pending => "pending",
            KycState::WaitingForApprovalDate => "waiting_for_approval_date",
            KycState::Completed => "completed",
        };
        format!("app.amlyze.{whom}.riskmanagement.kyc_scoring.{state}")
    }

    /// The member `data`, as JSON.
    pub fn data(&self) -> String {
        // Texts alone: nothing here can fail to be JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// How far the screening of one subject in one process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreeningState {
    /// A match waits for a person.
    Pending,
    /// It is done: no match, or a match with whether a person confirmed it.
    Completed(Option<bool>),
}

/// The type and the data of a screening event. `whom` is customer, lead or related_entity; `subject` has
/// the members that say who it is.
pub fn screening_event(
    whom: &str,
    process: ScreeningProcess,
    state: ScreeningState,
    subject: &Map<String, Value>,
) -> (String, String) {
    let (word, decided) = match process {
        ScreeningProcess::Sanctions => ("sanctions", "sanctioned"),
        ScreeningProcess::Pep => ("pep", "pep"),
        ScreeningProcess::AdverseMedia => ("adverse_media", "inAdverseMedia"),
        ScreeningProcess::InternalList => ("internal_list", "inInternalList"),
    };
    let mut data = subject.clone();
    let state = match state {
        ScreeningState::Pending => "pending",
        ScreeningState::Completed(confirmed) => {
            if let Some(confirmed) = confirmed {
                data.insert(decided.into(), confirmed.into());
            }
            data.insert("screeningMatch".into(), confirmed.is_some().into());
            "completed"
        }
    };
    let kind = format!("app.amlyze.{whom}.screening.{word}.{state}");
    (kind, Value::Object(data).to_string())
}

/// One event as it stands in a body: the four published members, then those that the API's webhooks
/// name `Ce-…`, for readers that want them.
#[derive(Serialize)]
pub struct Event<'e> {
    /// The published type.
    #[serde(rename = "type")]
    pub kind: &'e str,
    /// The communicationNumber.
    pub source: &'e str,
    /// The external id of the customer.
    pub subject: &'e str,
    /// What it says, as JSON.
    pub data: &'e RawValue,
    /// The version of the event format, always 1.0.
    pub specversion: &'static str,
    /// The same for as long as the event is, see [`event_id`].
    pub id: &'e str,
    /// When it happened, UTC.
    pub time: &'e str,
    /// Always JSON.
    pub datacontenttype: &'static str,
}

/// The id of an event: the same event gets the same one, whenever and wherever it is made again. `no` is
/// its place in the body, from 1.
pub fn event_id(source: &str, subject: &str, kind: &str, no: u64) -> String {
    let name = serde_json::json!([source, subject, kind, no]).to_string();
    // A name space of our own, made as one of names from ours.
    let space = Uuid::new_v5(&Uuid::NAMESPACE_OID, b"kycdrop event");
    Uuid::new_v5(&space, name.as_bytes()).to_string()
}

/// The body of all events of one communicationNumber: that of the published
/// `GET communications-events/{communicationNumber}`, with a line for each event.
pub fn events_body<'e>(events: impl Iterator<Item = Event<'e>>) -> String {
    let mut body = String::from("{\"events\":[");
    for (i, event) in events.enumerate() {
        body.push_str(if i > 0 { ",\n" } else { "\n" });
        body.push_str(&serde_json::to_string(&event).unwrap_or_default());
    }
    body.push_str("\n]}\n");
    body
}

/// The longest that an encoded communicationNumber may be in a name, in bytes.
const LONGEST_NAME: usize = 200;
/// What is kept of a longer one.
const KEPT_OF_NAME: usize = 150;

/// The name of the file for the events of a communicationNumber: encoded as a segment of a URL's path, and
/// `.json`. A leading point is encoded too, since the file would be hidden, and so is the point of
/// `.response`, the end of another answer's name. `taken` says whether a file of another number has a
/// name, in whatever case of its letters.
pub fn events_file<E>(number: &str, taken: impl Fn(&str) -> Result<bool, E>) -> Result<String, E> {
    let mut name = String::new();
    for (i, byte) in number.bytes().enumerate() {
        let end = number.get(i..);
        let ends_as_a_response = end.is_some_and(|end| end.eq_ignore_ascii_case(".response"));
        match byte {
            b'.' if i == 0 || ends_as_a_response => name.push_str("%2E"),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                name.push(byte as char);
            }
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    let hash = || {
        crate::hex(&Sha256::digest(number))
            .get(..16)
            .map(str::to_owned)
    };
    if name.len() > LONGEST_NAME {
        name.truncate(KEPT_OF_NAME);
        name = format!("{name}~{}", hash().unwrap_or_default());
    }
    while taken(&format!("{name}.json"))? {
        name = format!("{name}~{}", hash().unwrap_or_default());
    }
    Ok(format!("{name}.json"))
}

#[cfg(test)]
mod tests {
    use super::events_file;

    fn name(number: &str) -> String {
        events_file(number, |_| Ok::<_, ()>(false)).expect("a name")
    }

    #[test]
    fn a_number_is_a_segment_of_a_path() {
        assert_eq!(name("A-17_x.y~z"), "A-17_x.y~z.json");
        assert_eq!(name("../a/b c"), "%2E.%2Fa%2Fb%20c.json");
        assert_eq!(name("ž"), "%C5%BE.json");
        assert_eq!(name("x.response"), "x%2Eresponse.json");
    }

    #[test]
    fn a_long_number_is_cut_and_told_from_others() {
        let (one, other) = (name(&"ž".repeat(200)), name(&("ž".repeat(199) + "z")));
        assert!(one.len() < 200 && other.len() < 200);
        assert_ne!(one, other);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_hash() {
        let taken = |name: &str| Ok::<_, ()>(name.eq_ignore_ascii_case("A.json"));
        let other = events_file("a", taken).expect("a name");
        assert!(other.starts_with("a~") && other.len() == "a~.json".len() + 16);
    }
}
