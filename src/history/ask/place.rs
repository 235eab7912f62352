//! Where a value stands in a customer as it came, and every value with its path. The text itself is
//! walked: numbers keep their digits, and keys that stand twice are both seen.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::catalog::{CUSTOMER, Object, Type, keys};
use crate::position::Position;

/// Where a path leads in a customer's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot<'p> {
    /// The value's text; None where it is not there, and the place is that of what should hold it.
    pub value: Option<&'p str>,
    /// Where it begins in the payload.
    pub position: Position,
}

/// One value of a customer that holds no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf<'p> {
    /// Its path, such as `listAddress[0].country`.
    pub path: String,
    /// As it stands there: text with its quotes.
    pub value: &'p str,
}

impl<'p> Leaf<'p> {
    /// The value as validation reads it: text without its quotes, everything else as it is written.
    pub fn text(&self) -> Cow<'p, str> {
        match serde_json::from_str::<String>(self.value) {
            Ok(text) => Cow::Owned(text),
            Err(_) => Cow::Borrowed(self.value),
        }
    }
}

/// The keys and values of an object, in their order, each as often as it stands there.
struct Members<'p>(Vec<(Cow<'p, str>, &'p RawValue)>);

/// A key that is copied only where it has escapes.
#[derive(Deserialize)]
struct Key<'p>(#[serde(borrow)] Cow<'p, str>);

impl<'de: 'p, 'p> Deserialize<'de> for Members<'p> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Members<'p>, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(members)
            }
        }
        Ok(Members(from.deserialize_map(Reader)?))
    }
}

fn members(text: &str) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    text.starts_with('{')
        .then(|| serde_json::from_str::<Members<'_>>(text).ok())
        .flatten()
        .map(|m| m.0)
}

fn items(text: &str) -> Option<Vec<&RawValue>> {
    text.starts_with('[')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// One step of a path.
enum Step<'s> {
    Key(&'s str),
    Index(usize),
}

/// Where the value of a finding's path stands. Where two keys are the same, the last one counts, as
/// it does for the rules.
pub fn spot<'p>(payload: &'p str, path: &str) -> Spot<'p> {
    Payload::of(payload).spot(path)
}

/// A customer as it came, for several questions.
pub struct Payload<'p> {
    text: &'p str,
    /// Its fields; None where it is not an object.
    members: Option<Vec<(Cow<'p, str>, &'p RawValue)>>,
}

impl<'p> Payload<'p> {
    /// Reads the names of a customer's fields.
    pub fn of(text: &'p str) -> Payload<'p> {
        Payload {
            text,
            members: members(text.trim_start()),
        }
    }

    /// As [`spot`] does.
    pub fn spot(&self, path: &str) -> Spot<'p> {
        let payload = self.text;
        let mut at = payload.trim_start();
        let mut object: Option<&'static Object> = Some(&CUSTOMER);
        let mut rest = path;
        let mut inner;
        let mut here = self.members.as_ref();
        while !rest.is_empty() {
            let (step, after) = next_step(rest);
            let found = match step {
                Step::Index(index) => items(at).and_then(|items| items.get(index).map(|v| v.get())),
                Step::Key(key) => {
                    let members = here.map_or(&[][..], Vec::as_slice);
                    // A key of the sender's own may have dots and brackets in it.
                    let whole = members.iter().rev().find(|(k, _)| k == rest);
                    if let Some((_, value)) = whole {
                        return place_of(payload, value.get(), true);
                    }
                    let wanted = object.and_then(|o| keys(o).get(key));
                    let same = |k: &str| {
                        k == key
                            || (wanted.is_some() && object.and_then(|o| keys(o).get(k)) == wanted)
                    };
                    let found = members
                        .iter()
                        .rev()
                        .find(|(k, _)| same(k))
                        .map(|(_, v)| v.get());
                    object = object.zip(wanted).and_then(|(o, f)| match o.field(f).ty {
                        Type::Object(inner) | Type::List(inner) => Some(inner),
                        _ => None,
                    });
                    found
                }
            };
            let Some(value) = found else {
                return place_of(payload, at, is_whole(path));
            };
            at = value;
            rest = after;
            if !rest.is_empty() {
                inner = members(at);
                here = inner.as_ref();
            }
        }
        place_of(payload, at, true)
    }

    /// The name of the customer: first and last name of a person, the title of a company.
    pub fn name(&self) -> Option<String> {
        let members = self.members.as_ref()?;
        let text = |field: &str| {
            let wanted = keys(&CUSTOMER).get(field);
            let of_field = |(k, _): &&(Cow<'_, str>, _)| keys(&CUSTOMER).get(k) == wanted;
            let value = members.iter().rev().find(of_field)?.1.get();
            let text = serde_json::from_str::<String>(value).ok()?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let person = || {
            let names = ["firstName", "lastName"].into_iter().filter_map(text);
            let names: Vec<String> = names.collect();
            Some(names.join(" ")).filter(|name| !name.is_empty())
        };
        match text("entityType").as_deref() {
            Some("ORGANIZATION") => text("title").or_else(person),
            _ => person().or_else(|| text("title")),
        }
    }
}

/// `customers[3]` speaks of the element itself, which is no object.
fn is_whole(path: &str) -> bool {
    path.starts_with("customers[")
}

fn next_step(path: &str) -> (Step<'_>, &str) {
    if let Some(inside) = path.strip_prefix('[')
        && let Some((digits, after)) = inside.split_once(']')
        && let Ok(index) = digits.parse()
    {
        return (Step::Index(index), after.strip_prefix('.').unwrap_or(after));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (key, after) = path.split_at_checked(end).unwrap_or((path, ""));
    (Step::Key(key), after.strip_prefix('.').unwrap_or(after))
}

fn place_of<'p>(payload: &'p str, value: &'p str, there: bool) -> Spot<'p> {
    // The value is a part of the payload: the distance of their beginnings is its place.
    let offset = (value.as_ptr() as usize).saturating_sub(payload.as_ptr() as usize);
    Spot {
        value: there.then_some(value),
        position: Position::of(payload.as_bytes(), offset),
    }
}

/// Every value of a customer that holds no others, in the order in which they stand there; an empty
/// list or object is one.
pub fn leaves(payload: &str) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    walk(payload.trim(), String::new(), &mut found);
    found
}

fn walk<'p>(text: &'p str, path: String, found: &mut Vec<Leaf<'p>>) {
    match (members(text), items(text)) {
        (Some(members), _) if !members.is_empty() => {
            for (key, value) in members {
                let path = match path.is_empty() {
                    true => key.into_owned(),
                    false => format!("{path}.{key}"),
                };
                walk(value.get(), path, found);
            }
        }
        (_, Some(items)) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                walk(item.get(), format!("{path}[{i}]"), found);
            }
        }
        _ => found.push(Leaf { path, value: text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = "{\n  \"citizenshipCountry\": \"LTU\",\n  \"listRelatedEntity\": [\n    {\"listAddress\": [{\"country\": 12345678901234567890}, {}]}\n  ],\n  \"GIIN\": \"ą\", \"a.b[0]\": 1, \"title\": 1, \"title\": 2\n}";

    fn at(path: &str) -> (Option<&str>, u64, u64) {
        let s = spot(PAYLOAD, path);
        (s.value, s.position.line, s.position.column)
    }

    #[test]
    fn a_value_is_found_by_the_path_of_a_finding() {
        assert_eq!(at("citizenshipCountry"), (Some("\"LTU\""), 2, 25));
        assert_eq!(
            at("listRelatedEntity[0].listAddress[0].country"),
            (Some("12345678901234567890"), 4, 34)
        );
        assert_eq!(at("giin"), (Some("\"ą\""), 6, 11), "the other spelling");
        assert_eq!(at("title"), (Some("2"), 6, 50), "the last one counts");
        assert_eq!(at("a.b[0]"), (Some("1"), 6, 26), "a key of their own");
    }

    #[test]
    fn what_is_not_there_is_at_the_object_that_should_hold_it() {
        assert_eq!(at("firstName"), (None, 1, 1));
        assert_eq!(
            at("listRelatedEntity[0].listAddress[1].country"),
            (None, 4, 57)
        );
        assert_eq!(at("fieldOfActivity.student.isStudent"), (None, 1, 1));
    }

    #[test]
    fn an_element_that_is_no_object_is_its_own_place() {
        let s = spot(" 42", "customers[3]");
        let Position { line, column } = s.position;
        assert_eq!((s.value, line, column), (Some("42"), 1, 2));
        assert_eq!(spot("", "x").value, None);
        assert_eq!(spot("nonsense", "x.y[2]").value, None);
    }

    #[test]
    fn the_name_is_that_of_the_kind_of_customer() {
        let name = |payload: &str| Payload::of(payload).name().unwrap_or_default();
        let both = r#""firstName": "Ona", "lastName": " ", "lastName": "Žąsė", "title": "UAB""#;
        assert_eq!(name(&format!("{{{both}}}")), "Ona Žąsė");
        let company = format!(r#" {{"entityType": "ORGANIZATION", {both}}}"#);
        assert_eq!(name(&company), "UAB");
        assert_eq!(name(r#"{"title": "UAB", "firstName": 1}"#), "UAB");
        assert_eq!(name("42"), "");
    }

    #[test]
    fn leaves_keep_their_text_and_their_order() {
        let text = leaves(r#"{"b": 1e400, "a": [{"x": []}, null], "b": "é"}"#);
        let text: Vec<String> = text
            .iter()
            .map(|l| format!("{}={}", l.path, l.value))
            .collect();
        assert_eq!(text, ["b=1e400", "a[0].x=[]", "a[1]=null", "b=\"é\""]);
    }
}
