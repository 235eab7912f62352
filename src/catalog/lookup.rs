//! Names to fields: the key of a JSON object while it is read, and a path such as `Address.city`
//! from a classifier file.

use std::sync::LazyLock;

use super::{CUSTOMER, Endpoints, FieldIndex, OBJECTS, Object, Type};

/// The keys of an object, open addressing: they are short, known beforehand and looked up once for
/// every field of every customer. With a hashbrown map instead a customer costs 4 to 5 % more
/// instructions.
pub struct KeyTable {
    slots: Vec<(&'static str, u8)>,
    mask: usize,
}

impl KeyTable {
    #[expect(
        clippy::indexing_slicing,
        reason = "the mask keeps every place below the length, a power of two"
    )]
    fn new(object: &'static Object) -> KeyTable {
        let names = object.fields.iter().enumerate().flat_map(|(i, f)| {
            std::iter::once(f.name)
                .chain(f.other_name)
                .map(move |name| (name, i as u8))
        });
        let size = (object.fields.len() * 4).next_power_of_two();
        let mut slots = vec![("", 0); size];
        for (name, index) in names {
            let mut at = hash(name.as_bytes()) & (size - 1);
            while !slots[at].0.is_empty() {
                at = (at + 1) & (size - 1);
            }
            slots[at] = (name, index);
        }
        KeyTable {
            slots,
            mask: size - 1,
        }
    }

    /// The index of the field that this key stands for, if it stands for one.
    #[expect(
        clippy::indexing_slicing,
        reason = "the mask keeps every place below the length, a power of two"
    )]
    pub fn get(&self, key: &str) -> Option<FieldIndex> {
        if key.is_empty() {
            return None;
        }
        let mut at = hash(key.as_bytes()) & self.mask;
        loop {
            let (name, index) = self.slots[at];
            if name.is_empty() {
                return None;
            }
            if name == key {
                return Some(FieldIndex(index));
            }
            at = (at + 1) & self.mask;
        }
    }
}

/// The last eight bytes and the length distinguish nearly all keys of an object.
fn hash(key: &[u8]) -> usize {
    let tail = match key.last_chunk::<8>() {
        Some(tail) => u64::from_le_bytes(*tail),
        None => key.iter().fold(0, |h, b| h << 8 | u64::from(*b)),
    };
    let mixed = (tail ^ key.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize
}

static TABLES: LazyLock<Vec<KeyTable>> =
    LazyLock::new(|| OBJECTS.iter().map(|o| KeyTable::new(o)).collect());

/// The keys of an object.
#[expect(
    clippy::indexing_slicing,
    reason = "every object has its number from its place in OBJECTS"
)]
pub fn keys(object: &Object) -> &'static KeyTable {
    &TABLES[object.id.0 as usize]
}

/// The fields of a customer that some endpoint takes and does nothing with.
pub fn ignored_fields() -> &'static [FieldIndex] {
    static IGNORED: LazyLock<Vec<FieldIndex>> = LazyLock::new(|| {
        (0u8..)
            .zip(CUSTOMER.fields)
            .filter(|(_, field)| field.ignored_at != Endpoints::NONE)
            .map(|(index, _)| FieldIndex(index))
            .collect()
    });
    &IGNORED
}

/// The field that a path of the field table names: `Customer.nationalCode`, `Address.city`.
pub fn field_at(path: &str) -> Option<(&'static Object, FieldIndex)> {
    let (object_name, field_name) = path.split_once('.')?;
    let object = OBJECTS.iter().find(|o| o.name == object_name)?;
    let index = object.fields.iter().position(|f| f.name == field_name)?;
    Some((object, FieldIndex(index as u8)))
}

/// The field that a path names, if it holds text.
pub fn text_field(path: &str) -> Option<(&'static Object, FieldIndex)> {
    field_at(path).filter(|(object, f)| matches!(object.field(*f).ty, Type::Text))
}
