//! What a field that takes a scalar makes of the JSON value that was given for it.

use crate::catalog::{Field, Type};

use super::tree::{Kind, Slot};
use super::value;

/// A JSON string at a field that takes a scalar. `may_have_control`: look for control characters.
#[inline]
pub(super) fn from_text(
    field: &Field,
    text: &str,
    (start, len): (u32, u32),
    may_have_control: bool,
) -> Slot {
    if is_blank(text) {
        return Slot::of(Kind::Blank, start, len);
    }
    let sound = |yes: bool| if yes { Kind::Text } else { Kind::Bad };
    let kind = match field.ty {
        Type::Text | Type::Scalar => {
            let mut slot = Slot::of(Kind::Text, start, len);
            measure(field, text, &mut slot);
            slot.control = may_have_control && value::has_control(text);
            return slot;
        }
        Type::Choice(values) | Type::Choices(values) => {
            return match values.iter().position(|v| *v == text) {
                Some(index) => Slot::of(Kind::Choice, index as u32, 0),
                None => Slot::of(Kind::NoChoice, start, len),
            };
        }
        Type::Boolean => match value::boolean(text) {
            Some(true) => Kind::True,
            Some(false) => Kind::False,
            None => Kind::Bad,
        },
        Type::Integer | Type::BigInteger => sound(value::is_whole(text)),
        Type::Decimal => sound(value::is_decimal(text)),
        Type::Date => sound(value::moment(text).is_some()),
        Type::Object(_) | Type::List(_) => Kind::Bad,
    };
    Slot::of(kind, start, len)
}

/// A JSON number, true or false at a field that takes a scalar.
#[inline]
pub(super) fn from_bare(field: &Field, first: u8, raw: &str) -> Kind {
    let number = !matches!(first, b't' | b'f');
    match field.ty {
        Type::Text | Type::Scalar => Kind::Text,
        Type::Boolean if first == b't' => Kind::True,
        Type::Boolean if first == b'f' => Kind::False,
        Type::Integer | Type::BigInteger if number && value::is_whole(raw) => Kind::Text,
        Type::Decimal if number => Kind::Text,
        _ => Kind::Bad,
    }
}

#[inline]
pub(super) fn measure(field: &Field, text: &str, slot: &mut Slot) {
    if let Some(max) = field.max_chars {
        // A text of no more bytes than characters allowed needs no counting.
        slot.long = text.len() > max as usize && text.chars().count() > max as usize;
    }
}

#[inline]
pub(super) fn is_blank(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b) if b.is_ascii_graphic() => false,
        _ => text.trim().is_empty(),
    }
}

/// What a JSON value begins with; it has at least a byte.
#[inline]
pub(super) fn first_byte(raw: &str) -> u8 {
    raw.as_bytes().first().copied().unwrap_or_default()
}
