//! One customer's text into the tree, with serde_json doing the JSON.
//!
//! Strings, objects and lists are visited directly; every other scalar comes as `RawValue`, so that
//! numbers keep their text. That is fast, but it lets serde_json turn a number that stands in the
//! place of an object or a list into a float: one too large for that fails there although it is
//! JSON, and so does a lone surrogate in a string. Such a text is read once more without loss,
//! where every value comes raw first.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::catalog::{self, Endpoints, Field, FieldIndex, KeyTable, Object, Type};

use super::invalid::InvalidRequest;
use super::scalar::{first_byte, from_bare, from_text, is_blank, measure};
use super::tree::{Item, Kind, Note, NoteDetail, NoteKind, Path, Slot, Tree};

/// The most unknown fields of one customer that are kept as warnings, each by its own name.
const UNKNOWN_KEPT: usize = 100;

/// How many slots the limit of list items allows for each: an object given again and again needs
/// slots as well, and no list.
const SLOTS_FOR_AN_ITEM: usize = 64;

impl Tree {
    /// Reads the text of one customer; what was there before is gone.
    ///
    /// Returns whether the text is an object. Text that is some other JSON value leaves no slots.
    ///
    /// # Errors
    /// When the text is not JSON; the offset counts from its start.
    pub fn read(&mut self, text: &str, object: &'static Object) -> Result<bool, InvalidRequest> {
        match self.read_once(text, object, false) {
            Ok(is_object) => Ok(is_object),
            Err(_) => self
                .read_once(text, object, true)
                .map_err(|e| InvalidRequest::not_json(text, &e)),
        }
    }

    fn read_once(
        &mut self,
        text: &str,
        object: &'static Object,
        lossless: bool,
    ) -> Result<bool, serde_json::Error> {
        self.slots.clear();
        self.items.clear();
        self.unescaped.clear();
        self.notes.clear();
        self.unknown = 0;
        self.marks = Default::default();
        let mut reader = Reader {
            tree: self,
            text,
            lossless,
            has_delete: memchr::memchr(0x7f, text.as_bytes()).is_some(),
        };
        let mut json = serde_json::Deserializer::from_str(text);
        let slot = Container {
            reader: &mut reader,
            shape: Shape::Object(object),
            path: &Path::Root,
        }
        .deserialize(&mut json)?;
        json.end()?;
        Ok(slot.kind == Kind::Object)
    }
}

struct Reader<'r> {
    tree: &'r mut Tree,
    text: &'r str,
    lossless: bool,
    /// U+007F is somewhere in the text: the one control character that JSON lets stand unescaped.
    has_delete: bool,
}

impl Reader<'_> {
    fn too_many<E: serde::de::Error>(&self) -> E {
        E::custom(format_args!(
            "a customer has more than {} list items (max_list_items)",
            self.tree.most_items
        ))
    }

    /// Where a part of the customer's text stands in it.
    fn span(&self, part: &str) -> (u32, u32) {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        (start as u32, part.len() as u32)
    }

    /// Whether the value of this key, which is a part of the customer's text, begins as a string.
    fn string_follows(&self, key: &str) -> bool {
        let (start, len) = self.span(key);
        let behind = self.text.as_bytes().get((start + len) as usize + 1..);
        let behind = behind.unwrap_or_default();
        if behind.starts_with(b":\"") {
            return true;
        }
        let between = |b: &u8| matches!(b, b':' | b' ' | b'\t' | b'\n' | b'\r');
        behind.iter().find(|b| !between(b)) == Some(&b'"')
    }

    /// A string without escapes, as it stands in the customer's text.
    fn borrowed_text(&mut self, field: &Field, text: &str) -> Slot {
        let slot = from_text(field, text, self.span(text), self.has_delete);
        self.mark(slot)
    }

    /// A string that was written with escapes.
    fn unescaped_text(&mut self, field: &Field, text: &str) -> Slot {
        let from = self.tree.unescaped.len();
        self.tree.unescaped.push_str(text);
        let mut slot = from_text(field, text, (from as u32, text.len() as u32), true);
        slot.escaped = true;
        self.mark(slot)
    }

    /// Notes in the tree what the slot is marked with.
    fn mark(&mut self, slot: Slot) -> Slot {
        let marks = &mut self.tree.marks;
        marks.bad |= matches!(slot.kind, Kind::Bad | Kind::NoChoice);
        marks.long |= slot.long;
        marks.control |= slot.control;
        slot
    }

    /// A scalar field, read leniently as its type says.
    fn scalar(&mut self, field: &Field, raw: &str) -> Slot {
        let (start, len) = self.span(raw);
        let bad = Slot::of(Kind::Bad, start, len);
        match first_byte(raw) {
            b'n' => Slot::ABSENT,
            b'{' | b'[' => self.mark(bad),
            b'"' => {
                let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
                if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
                    return self.borrowed_text(field, inner);
                }
                match serde_json::from_str::<String>(raw) {
                    Ok(text) => self.unescaped_text(field, &text),
                    // A lone surrogate: JSON, but no text.
                    Err(_) => self.mark(bad),
                }
            }
            other => {
                let kind = from_bare(field, other, raw);
                let mut slot = Slot::of(kind, start, len);
                if kind == Kind::Text {
                    measure(field, raw, &mut slot);
                }
                self.mark(slot)
            }
        }
    }

    fn unknown_key(&mut self, seen: &mut Unknown, object: &Object, key: &str, path: &Path<'_>) {
        self.tree.unknown += 1;
        if self.tree.unknown > UNKNOWN_KEPT {
            return;
        }
        let twice = !seen.insert(key);
        let shown = crate::text::shortened(key, 128);
        let (kind, about) = match twice {
            true => (NoteKind::UnknownFieldTwice, NoteDetail::Nothing),
            false => (
                NoteKind::UnknownField,
                NoteDetail::UnknownKey(object.id, shown.len()),
            ),
        };
        let path = Path::Field(path, &shown).to_string();
        self.tree.notes.push(Note { kind, path, about });
    }

    /// Notes how many unknown fields were not kept.
    fn note_more_unknown(&mut self) {
        if self.tree.unknown > UNKNOWN_KEPT {
            let more = self.tree.unknown - UNKNOWN_KEPT;
            self.tree.notes.push(Note {
                kind: NoteKind::MoreUnknownFields,
                path: String::new(),
                about: NoteDetail::UnknownFields(more as u32),
            });
        }
    }
}

/// The unknown keys of one object that were seen: a few in a list, many in a set.
#[derive(Default)]
struct Unknown(hashbrown::HashSet<Box<str>>);

impl Unknown {
    fn insert(&mut self, key: &str) -> bool {
        self.0.insert(key.into())
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Object(&'static Object),
    List(&'static Object),
    /// The field is the list itself: its values are those of each item.
    Choices(&'static Field),
}

/// An object or a list where the catalogue has one.
struct Container<'s, 'r, 'p> {
    reader: &'s mut Reader<'r>,
    shape: Shape,
    path: &'p Path<'p>,
}

impl<'de> DeserializeSeed<'de> for Container<'_, '_, '_> {
    type Value = Slot;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Slot, D::Error> {
        if !self.reader.lossless {
            return json.deserialize_any(self);
        }
        let raw = <&RawValue as serde::Deserialize>::deserialize(json)?.get();
        match first_byte(raw) {
            b'{' | b'[' => serde_json::Deserializer::from_str(raw)
                .deserialize_any(self)
                .map_err(D::Error::custom),
            b'n' => Ok(Slot::ABSENT),
            b'"' => match serde_json::from_str::<String>(raw) {
                Ok(text) => self.visit_str(&text),
                // A lone surrogate: JSON, but no text.
                Err(_) => Ok(self.bad()),
            },
            _ => Ok(self.bad()),
        }
    }
}

impl Container<'_, '_, '_> {
    fn bad(self) -> Slot {
        self.reader.tree.marks.bad = true;
        Slot::of(Kind::Bad, 0, 0)
    }

    /// The value of a field; `key` as it stands in the customer's text.
    #[inline]
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
        field: &'static Field,
        key: Option<&str>,
    ) -> Result<Slot, A::Error> {
        let shape = match field.ty {
            Type::Object(inner) => Some(Shape::Object(inner)),
            Type::List(inner) => Some(Shape::List(inner)),
            Type::Choices(_) => Some(Shape::Choices(field)),
            _ => None,
        };
        match shape {
            Some(shape) => map.next_value_seed(Container {
                reader: self.reader,
                shape,
                path: &Path::Field(self.path, field.name),
            }),
            None if key.is_some_and(|key| self.reader.string_follows(key)) => {
                let reader = &mut *self.reader;
                map.next_value_seed(Text { reader, field })
            }
            None => {
                let raw = map.next_value::<&RawValue>()?;
                Ok(self.reader.scalar(field, raw.get()))
            }
        }
    }

    fn read_item<'de, A: SeqAccess<'de>>(
        &mut self,
        list: &mut A,
        index: u32,
    ) -> Result<Option<Slot>, A::Error> {
        match self.shape {
            Shape::Choices(field) => {
                let Some(raw) = list.next_element::<&RawValue>()? else {
                    return Ok(None);
                };
                Ok(Some(self.reader.scalar(field, raw.get())))
            }
            Shape::List(object) | Shape::Object(object) => {
                let path = Path::Index(self.path, index);
                let mut item = list.next_element_seed(Container {
                    reader: self.reader,
                    shape: Shape::Object(object),
                    path: &path,
                })?;
                if let Some(item) = &mut item
                    && !item.is_given()
                {
                    // An item is there or it is not: null and blank text are no objects.
                    item.kind = Kind::Bad;
                    self.reader.tree.marks.bad = true;
                }
                Ok(item)
            }
        }
    }
}

impl<'de> Visitor<'de> for Container<'_, '_, '_> {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Slot, A::Error> {
        let Shape::Object(object) = self.shape else {
            while map.next_entry::<&RawValue, IgnoredAny>()?.is_some() {}
            return Ok(self.bad());
        };
        if self.reader.tree.slots.len() / SLOTS_FOR_AN_ITEM > self.reader.tree.most_items as usize {
            return Err(self.reader.too_many());
        }
        let base = self.reader.tree.object_slots(object);
        let mut unknown = None;
        let keys = catalog::keys(object);
        let lossless = self.reader.lossless;
        while let Some(key) = map.next_key_seed(Key { keys, lossless })? {
            let (f, key) = match key {
                KeyRead::Known(f, key) => (f, key),
                KeyRead::Unknown(key) => {
                    let seen = unknown.get_or_insert_with(Unknown::default);
                    self.reader.unknown_key(seen, object, &key, self.path);
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let field = object.field(f);
            let mut slot = self.read_field(&mut map, field, key)?;
            #[expect(
                clippy::indexing_slicing,
                reason = "the object got a slot for each of its fields at `base`"
            )]
            let place = &mut self.reader.tree.slots[base as usize + f.0 as usize];
            // A slot that was filled before bears its mark in `twice` only once a second key comes;
            // until then `a` of an absent slot distinguishes null (1) from never seen (0).
            slot.twice = place.twice || place.kind != Kind::Absent || place.a == SEEN;
            if slot.kind == Kind::Absent {
                slot.a = SEEN;
            }
            let marks = &mut self.reader.tree.marks;
            marks.twice |= slot.twice;
            marks.ignored |= field.ignored_at != Endpoints::NONE;
            *place = slot;
        }
        if matches!(self.path, Path::Root) {
            self.reader.note_more_unknown();
        }
        Ok(Slot::of(Kind::Object, base, 0))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Slot, A::Error> {
        if matches!(self.shape, Shape::Object(_)) {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.bad());
        }
        let (mut first, mut last, mut count) = (0u32, 0u32, 0u32);
        while let Some(slot) = self.read_item(&mut list, count)? {
            let items = &mut self.reader.tree.items;
            if items.len() >= self.reader.tree.most_items as usize {
                return Err(self.reader.too_many());
            }
            items.push(Item { slot, next: 0 });
            let number = items.len() as u32;
            let previous = last.checked_sub(1);
            match previous.and_then(|i| items.get_mut(i as usize)) {
                Some(previous) => previous.next = number,
                None => first = number,
            }
            last = number;
            count += 1;
        }
        Ok(Slot::of(Kind::List, first, count))
    }

    fn visit_unit<E>(self) -> Result<Slot, E> {
        Ok(Slot::ABSENT)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Slot, E> {
        Ok(self.bad())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Slot, E> {
        Ok(self.bad())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Slot, E> {
        Ok(self.bad())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Slot, E> {
        Ok(self.bad())
    }

    fn visit_str<E>(self, text: &str) -> Result<Slot, E> {
        // Blank text is absent, where a list or an object belongs as well.
        if is_blank(text) {
            return Ok(Slot::of(Kind::Blank, 0, 0));
        }
        Ok(self.bad())
    }
}

/// An absent slot whose key was there, with null.
const SEEN: u32 = 1;

/// A string, for a scalar field.
struct Text<'s, 'r> {
    reader: &'s mut Reader<'r>,
    field: &'static Field,
}

impl<'de> DeserializeSeed<'de> for Text<'_, '_> {
    type Value = Slot;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Slot, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text<'_, '_> {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Slot, E> {
        Ok(self.reader.borrowed_text(self.field, text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Slot, E> {
        Ok(self.reader.unescaped_text(self.field, text))
    }
}

enum KeyRead<'de> {
    /// The key as it stands in the customer's text; None where it was written with escapes.
    Known(FieldIndex, Option<&'de str>),
    Unknown(std::borrow::Cow<'de, str>),
}

/// The key of a field, looked up while it is borrowed.
struct Key {
    keys: &'static KeyTable,
    lossless: bool,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = KeyRead<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        if !self.lossless {
            return json.deserialize_str(self);
        }
        let raw = <&RawValue as serde::Deserialize>::deserialize(json)?.get();
        match serde_json::from_str::<String>(raw) {
            Ok(key) => self.visit_str::<D::Error>(&key),
            // A lone surrogate: no known key holds one, so it is shown as it was written.
            Err(_) => Ok(KeyRead::Unknown(raw.trim_matches('"').into())),
        }
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = KeyRead<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(match self.keys.get(key) {
            Some(f) => KeyRead::Known(f, Some(key)),
            None => KeyRead::Unknown(key.into()),
        })
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(match self.keys.get(key) {
            Some(f) => KeyRead::Known(f, None),
            None => KeyRead::Unknown(key.to_owned().into()),
        })
    }
}
