//! One customer as a tree of slots, one for each field of each object, in an arena that is used
//! again for the next customer. Text stays where it is: a slot holds its place in the customer's
//! text, or, for the few that are written with escapes, in a side buffer.

use std::fmt;

use crate::catalog::{Field, FieldIndex, OBJECTS, Object, ObjectId, Type, words};
use crate::invisible::shows_nothing;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not there, or null.
    Absent,
    /// Text of nothing but white space: absent, save where a rule says "blank".
    Blank,
    /// A text, or the text of a number or of a boolean where text is taken. For numbers and dates
    /// the text that was found sound.
    Text,
    /// The boolean true.
    True,
    /// The boolean false.
    False,
    /// One of the field's values, by its index.
    Choice,
    /// Text where one of the field's values belongs, and is none of them.
    NoChoice,
    /// An object.
    Object,
    /// A list.
    List,
    /// What the field's type cannot take.
    Bad,
}

/// One field of one object, or one item of a list.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// What it holds.
    pub kind: Kind,
    /// The key stood more than once in its object.
    pub twice: bool,
    /// The text is longer than the field allows.
    pub long: bool,
    /// The text holds a control character.
    pub control: bool,
    pub(super) escaped: bool,
    /// Text: start. Choice: index. Object: first slot. List: first item, plus one.
    pub(super) a: u32,
    /// Text: length in bytes. List: number of items.
    pub(super) b: u32,
}

impl Slot {
    pub(super) const ABSENT: Slot = Slot {
        kind: Kind::Absent,
        twice: false,
        long: false,
        control: false,
        escaped: false,
        a: 0,
        b: 0,
    };

    pub(super) fn of(kind: Kind, a: u32, b: u32) -> Slot {
        Slot {
            kind,
            a,
            b,
            ..Slot::ABSENT
        }
    }

    /// Whether something is given that the field's type cannot take, or that is none of its values.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.kind, Kind::Bad | Kind::NoChoice)
    }

    /// Whether the field counts as given: anything but absent and blank.
    pub fn is_given(&self) -> bool {
        !matches!(self.kind, Kind::Absent | Kind::Blank)
    }

    /// The index of the value that a choice field holds.
    pub fn choice(&self) -> Option<usize> {
        (self.kind == Kind::Choice).then_some(self.a as usize)
    }

    /// How many items a list has.
    pub fn item_count(&self) -> u32 {
        if self.kind == Kind::List { self.b } else { 0 }
    }
}

/// Which slot of the tree it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotId {
    /// A field, counted over all objects.
    Field(u32),
    /// An item, counted over all lists.
    Item(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub slot: Slot,
    /// The next item of the same list, plus one.
    pub next: u32,
}

/// Something to report about a customer that does not reject it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What the note is about.
    pub kind: NoteKind,
    /// The path of the field.
    pub path: String,
    /// What else there is to say.
    pub about: NoteDetail,
}

/// What else there is to say about a note. It becomes text only when the note is kept: most repeat
/// one of an earlier customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteDetail {
    /// The kind and the path say everything.
    Nothing,
    /// Why the field is ignored.
    Text(&'static str),
    /// A key that this object does not have: the last so many bytes of the path.
    UnknownKey(ObjectId, usize),
    /// So many more unknown fields.
    UnknownFields(u32),
    /// So many more findings.
    Findings(u64),
}

impl Note {
    /// What else there is to say, in words: the nearest known name, why the field is ignored.
    pub fn detail(&self) -> String {
        match self.about {
            NoteDetail::Nothing => String::new(),
            NoteDetail::Text(text) => text.to_owned(),
            NoteDetail::UnknownKey(object, len) => {
                let key = self.path.len().checked_sub(len);
                let key = key.and_then(|at| self.path.get(at..)).unwrap_or_default();
                let fields = OBJECTS.get(usize::from(object.0)).map(|o| o.fields);
                let known = fields.unwrap_or_default().iter().map(|f| f.name);
                crate::text::did_you_mean(key, known).unwrap_or_default()
            }
            NoteDetail::UnknownFields(more) => format!("{more} more unknown fields are not listed"),
            NoteDetail::Findings(more) => format!("{more} more findings are not listed"),
        }
    }
}

words! {
    /// The kinds of notes, as the history names them.
    pub enum NoteKind {
        /// The field is not in the catalogue.
        UnknownField = "unknown-field",
        /// An unknown field appears twice in one object.
        UnknownFieldTwice = "unknown-field-twice",
        /// The endpoint takes the field and does nothing with it.
        IgnoredField = "ignored-field",
        /// A name that is given and shows nothing.
        InvisibleName = "invisible-name",
        /// There are more unknown fields than are kept.
        MoreUnknownFields = "more-unknown-fields",
        /// There are more findings than are kept.
        MoreFindings = "more-findings",
        /// There are more warnings in the file than are kept.
        MoreWarnings = "more-warnings",
    }
}

/// A path such as `listRelatedEntity[0].listAddress[1].country`, as a list that is linked on the
/// stack; it becomes text only when somebody is to read it.
#[derive(Clone, Copy)]
pub enum Path<'p> {
    /// The customer itself.
    Root,
    /// A field of what the path before it leads to.
    Field(&'p Path<'p>, &'p str),
    /// An item of the list that the path before it leads to, from 0.
    Index(&'p Path<'p>, u32),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The arena. Reading the next customer empties it and keeps its memory.
#[derive(Debug)]
pub struct Tree {
    pub(super) slots: Vec<Slot>,
    pub(super) items: Vec<Item>,
    pub(super) unescaped: String,
    /// What was noticed while reading: unknown fields.
    pub notes: Vec<Note>,
    pub(super) unknown: usize,
    /// The most list items that a customer may have; see [`super::Limits::list_items`].
    pub most_items: u32,
    /// What any slot of the tree is marked with, so that a sound customer is not walked again.
    pub(super) marks: Marks,
}

/// What any value of a customer is marked with: which of the rules that look at every value may have
/// something to say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// A value is not of its field's type.
    pub bad: bool,
    /// A text is longer than its field allows.
    pub long: bool,
    /// A key appears more than once in its object.
    pub twice: bool,
    /// A text contains a control character.
    pub control: bool,
    /// A field that some endpoint ignores is there.
    pub ignored: bool,
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}

impl Tree {
    /// A tree with room for a customer of the usual size.
    pub fn new() -> Tree {
        Tree {
            slots: Vec::new(),
            items: Vec::new(),
            unescaped: String::new(),
            notes: Vec::new(),
            unknown: 0,
            most_items: super::Limits::default().list_items,
            marks: Marks::default(),
        }
    }

    /// What the slots of this tree are marked with.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// The customer that was read last from this text.
    pub fn root<'t>(&'t self, text: &'t str, object: &'static Object) -> Node<'t> {
        Node {
            tree: self,
            text,
            object,
            base: 0,
            slots: self.slots_of(object, 0),
        }
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "`object_slots` made a slot for each field of the object at `base`"
    )]
    fn slots_of(&self, object: &Object, base: u32) -> &[Slot] {
        &self.slots[base as usize..base as usize + object.fields.len()]
    }

    pub(super) fn object_slots(&mut self, object: &Object) -> u32 {
        let base = self.slots.len();
        self.slots.resize(base + object.fields.len(), Slot::ABSENT);
        base as u32
    }
}

/// One object of the tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    text: &'t str,
    object: &'static Object,
    /// Which of the tree's slots is its first.
    base: u32,
    slots: &'t [Slot],
}

impl<'t> Node<'t> {
    /// What the object is.
    pub fn object(&self) -> &'static Object {
        self.object
    }

    /// The slot of a field.
    #[expect(
        clippy::indexing_slicing,
        reason = "a node has a slot for each field of its object"
    )]
    pub fn slot(&self, f: FieldIndex) -> &'t Slot {
        &self.slots[f.0 as usize]
    }

    /// Which slot of the tree a field has.
    pub fn slot_id(&self, f: FieldIndex) -> SlotId {
        SlotId::Field(self.base + u32::from(f.0))
    }

    /// Every field with its slot, in the order of the table.
    pub fn fields(&self) -> impl Iterator<Item = (FieldIndex, &'static Field, &'t Slot)> {
        self.object
            .fields
            .iter()
            .zip(self.slots)
            .enumerate()
            .map(|(i, (field, slot))| (FieldIndex(i as u8), field, slot))
    }

    /// The text of a field that holds one, in whatever state it is; None when it is absent.
    pub fn text(&self, f: FieldIndex) -> Option<&'t str> {
        self.slot_text(self.slot(f))
    }

    /// The text of a slot that holds one, in whatever state it is.
    pub fn slot_text(&self, slot: &Slot) -> Option<&'t str> {
        match slot.kind {
            Kind::Text | Kind::NoChoice | Kind::Bad if slot.b > 0 => {
                let range = slot.a as usize..(slot.a + slot.b) as usize;
                match slot.escaped {
                    true => self.tree.unescaped.get(range),
                    false => self.text.get(range),
                }
            }
            Kind::True => Some("true"),
            Kind::False => Some("false"),
            _ => None,
        }
    }

    /// The text of a field that holds sound text.
    pub fn sound_text(&self, f: FieldIndex) -> Option<&'t str> {
        let slot = self.slot(f);
        (slot.kind == Kind::Text)
            .then(|| self.slot_text(slot))
            .flatten()
    }

    /// Whether a field holds sound text of which nobody sees anything.
    pub fn shows_nothing(&self, f: FieldIndex) -> bool {
        self.sound_text(f).is_some_and(shows_nothing)
    }

    /// The value of a choice field, as the catalogue writes it.
    pub fn choice(&self, f: FieldIndex) -> Option<&'static str> {
        let index = self.slot(f).choice()?;
        self.object.field(f).ty.values().get(index).copied()
    }

    /// The object that a field holds.
    pub fn child(&self, f: FieldIndex) -> Option<Node<'t>> {
        let Type::Object(object) = self.object.field(f).ty else {
            return None;
        };
        self.node_at(self.slot(f), object)
    }

    /// The items of a list of objects or of values, as slots.
    pub fn items(&self, f: FieldIndex) -> Items<'t> {
        let slot = self.slot(f);
        Items {
            tree: self.tree,
            next: if slot.kind == Kind::List { slot.a } else { 0 },
        }
    }

    /// The object of a list's item; None for an item that is none.
    pub fn item_node(&self, f: FieldIndex, item: &Slot) -> Option<Node<'t>> {
        let Type::List(object) = self.object.field(f).ty else {
            return None;
        };
        self.node_at(item, object)
    }

    fn node_at(&self, slot: &Slot, object: &'static Object) -> Option<Node<'t>> {
        (slot.kind == Kind::Object).then(|| Node {
            base: slot.a,
            slots: self.tree.slots_of(object, slot.a),
            object,
            ..*self
        })
    }
}

/// The items of a list, in order.
pub struct Items<'t> {
    tree: &'t Tree,
    next: u32,
}

impl<'t> Items<'t> {
    /// The items, each with which slot of the tree it is.
    pub fn with_ids(mut self) -> impl Iterator<Item = (SlotId, &'t Slot)> {
        std::iter::from_fn(move || {
            let id = SlotId::Item(self.next.checked_sub(1)?);
            Some((id, self.next()?))
        })
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = &'t Slot;

    fn next(&mut self) -> Option<&'t Slot> {
        let index = self.next.checked_sub(1)?;
        let item = self.tree.items.get(index as usize)?;
        self.next = item.next;
        Some(&item.slot)
    }
}
