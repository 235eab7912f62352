//! The request of an endpoint as a JSON Schema (2020-12), for senders that validate before they drop.
//!
//! In: the rows of the catalogue and, if asked for, the active classifiers. Out: the schema, and the
//! page of the rules that no schema can say. The schema never rejects what `validate` accepts: what
//! it cannot say, it lets through. It may not use a clock, a home or the history.

mod condition;
mod limits;
mod object;
mod value;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::catalog::{CUSTOMER, Endpoint, OBJECTS};
use crate::classifier::ClassifierSet;

pub use limits::{Said, page, said};

/// What a schema is made for.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'s> {
    /// The endpoint whose requests it describes.
    pub endpoint: Endpoint,
    /// The institution is several organizations, so that every customer must name its businessUnit.
    pub multi_organization: bool,
    /// The classifiers whose codes it lists; None: it takes any code.
    pub classifiers: Option<&'s ClassifierSet>,
}

/// A JSON Schema, its head before its parts.
#[derive(Debug, Serialize)]
pub struct Schema {
    #[serde(rename = "$schema")]
    dialect: &'static str,
    #[serde(rename = "$id")]
    id: String,
    title: String,
    description: &'static str,
    #[serde(flatten)]
    body: Map<String, Value>,
    /// The rules of the endpoint that the schema cannot say, or says in part.
    #[serde(rename = "x-notSaid")]
    not_said: Vec<Value>,
    #[serde(rename = "$defs")]
    parts: Map<String, Value>,
}

const DESCRIPTION: &str = "Made by kycdrop from its catalogue. What breaks it is rejected, with the x-errorCode that stands at the broken rule; a list puts its x-errorCodePrefix in front. What it allows may still break a rule of x-notSaid. Other fields are allowed and kept as warnings.";

/// The schema of a whole request: a list of customers, or one customer.
pub fn schema(basis: Basis<'_>) -> Schema {
    let customer = value::reference(CUSTOMER.name);
    let body = match basis.endpoint.is_batch() {
        true => json!({
            "type": "object",
            "required": ["customers"],
            "properties": {"customers": {"type": "array", "items": customer}}
        }),
        false => customer,
    };
    let mut parts = Map::new();
    for object in OBJECTS {
        parts.insert(object.name.into(), object::schema(basis, object));
    }
    value::add_types(&mut parts);
    if let Some(set) = basis.classifiers {
        value::add_codes(&mut parts, set);
    }
    let name = basis.endpoint.name();
    Schema {
        dialect: "https://json-schema.org/draft/2020-12/schema",
        id: format!("urn:kycdrop:schema:{name}"),
        title: format!("A request to {name}"),
        description: DESCRIPTION,
        body: body.as_object().cloned().unwrap_or_default(),
        not_said: not_said(basis),
        parts,
    }
}

fn not_said(basis: Basis<'_>) -> Vec<Value> {
    limits::rules_left_over(basis.classifiers.is_some())
        .filter(|(row, _)| row.endpoints.has(basis.endpoint))
        .map(|(row, why)| json!({"rule": row.key, "errorCode": row.code, "why": why}))
        .collect()
}
