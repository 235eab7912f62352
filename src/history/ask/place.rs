//! Where a value stands in a customer as it came, and every value with its path. The text itself is
//! walked: numbers keep their digits, and keys that stand twice are both seen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

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
struct Members<'p>(Vec<Member<'p>>);

type Member<'p> = (Cow<'p, str>, &'p RawValue);

/// A key that is copied only where it has escapes.
#[derive(Deserialize)]
struct Key<'p>(#[serde(borrow)] Cow<'p, str>);

impl<'de: 'p, 'p> Deserialize<'de> for Members<'p> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Members<'p>, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<Member<'de>>;

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

fn members(text: &str) -> Option<Vec<Member<'_>>> {
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

/// Finds the values of one customer, whose text is read once however many findings it has.
pub struct Places<'p> {
    payload: &'p str,
    /// What was read so far, by its offset in the payload.
    objects: HashMap<usize, Rc<[Member<'p>]>>,
    lists: HashMap<usize, Rc<[&'p RawValue]>>,
    /// The position of every byte whose offset is a multiple of [`Places::STEP`], as far as they were
    /// needed.
    known: Vec<Position>,
}

/// Where the value of a finding's path stands; see [`Places::spot`].
pub fn spot<'p>(payload: &'p str, path: &str) -> Spot<'p> {
    Places::of(payload).spot(path)
}

impl<'p> Places<'p> {
    const STEP: usize = 4096;

    /// Of the customer with this text.
    pub fn of(payload: &'p str) -> Places<'p> {
        Places {
            payload,
            objects: HashMap::new(),
            lists: HashMap::new(),
            known: vec![Position::START],
        }
    }

    /// Where the value of a finding's path stands. Where two keys are the same, the last one counts, as
    /// it does for the rules.
    pub fn spot(&mut self, path: &str) -> Spot<'p> {
        let mut at = self.payload.trim_start();
        let mut object: Option<&'static Object> = Some(&CUSTOMER);
        let mut rest = path;
        while !rest.is_empty() {
            let (step, after) = next_step(rest);
            let found = match step {
                Step::Index(index) => self.items(at).get(index).map(|v| v.get()),
                Step::Key(key) => {
                    let members = self.members(at);
                    // A key of the sender's own may have dots and brackets in it.
                    let whole = members.iter().rev().find(|(k, _)| k == rest);
                    if let Some((_, value)) = whole {
                        return self.place_of(value.get(), true);
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
                return self.place_of(at, is_whole(path));
            };
            at = value;
            rest = after;
        }
        self.place_of(at, true)
    }

    /// The name of the customer: first and last name of a person, the title of a company.
    pub fn name(&mut self) -> Option<String> {
        let members = self.members(self.payload.trim_start());
        let text = |field: &str| {
            let wanted = keys(&CUSTOMER).get(field);
            let of_field = |(k, _): &&Member<'_>| keys(&CUSTOMER).get(k) == wanted;
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

    fn members(&mut self, text: &'p str) -> Rc<[Member<'p>]> {
        let read = || members(text).unwrap_or_default().into();
        let offset = self.offset_of(text);
        Rc::clone(self.objects.entry(offset).or_insert_with(read))
    }

    fn items(&mut self, text: &'p str) -> Rc<[&'p RawValue]> {
        let read = || items(text).unwrap_or_default().into();
        let offset = self.offset_of(text);
        Rc::clone(self.lists.entry(offset).or_insert_with(read))
    }

    /// The value is a part of the payload: the distance of their beginnings is its place.
    fn offset_of(&self, value: &str) -> usize {
        (value.as_ptr() as usize).saturating_sub(self.payload.as_ptr() as usize)
    }

    fn place_of(&mut self, value: &'p str, there: bool) -> Spot<'p> {
        Spot {
            value: there.then_some(value),
            position: self.position(self.offset_of(value)),
        }
    }

    /// As [`Position::of`] the whole payload.
    fn position(&mut self, offset: usize) -> Position {
        let bytes = |from: usize, to: usize| {
            let bytes = self.payload.as_bytes().get(from..to);
            bytes.unwrap_or_default()
        };
        let steps = offset / Places::STEP;
        let mut last = self.known.last().copied().unwrap_or(Position::START);
        for step in self.known.len()..=steps {
            let to = step * Places::STEP;
            last = last.after(bytes(to - Places::STEP, to));
            self.known.push(last);
        }
        let before = self.known.get(steps).copied().unwrap_or(last);
        before.after(bytes(steps * Places::STEP, offset))
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
    fn places_are_the_same_however_many_are_asked_for_and_in_any_order() {
        let items: String = (0..2000)
            .map(|i| format!("{{\"\u{feff}ą\": {i}}},\r\n"))
            .collect();
        let text = format!("{{\"a\": [\n{items}0]}}");
        let mut places = Places::of(&text);
        for i in [1999, 0, 1000, 3, 2000, 1998] {
            let path = format!("a[{i}]");
            let found = places.spot(&path);
            let offset = found
                .value
                .map(|v| v.as_ptr() as usize - text.as_ptr() as usize);
            let expected = Position::of(text.as_bytes(), offset.expect("a value"));
            assert_eq!((found.position, found.position.line), (expected, i + 2));
            assert_eq!(spot(&text, &path), found);
        }
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
        let name = |payload: &str| Places::of(payload).name().unwrap_or_default();
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
