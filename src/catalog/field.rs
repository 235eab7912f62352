//! What a row of the field table is, and the small constructors that keep the tables readable.

use super::words::words;
use super::{Check, Classifier, Endpoints, ListStep, Step};

/// Index of a field in its object's table. Made by `find` while compiling, so that a rule which
/// names a field that is not there does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldIndex(pub u8);

/// Index of an object in [`super::OBJECTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectId(pub u8);

/// What a field holds, and so which JSON values it takes.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// Text; a number or a boolean is taken as its text.
    Text,
    /// true or false, also as text in any case.
    Boolean,
    /// A whole number, also as text.
    Integer,
    /// A whole number: those of any size are taken for both types.
    BigInteger,
    /// A number, also as text.
    Decimal,
    /// A calendar day, or a date-time with an offset.
    Date,
    /// Any text, number or boolean.
    Scalar,
    /// Exactly one of these values.
    Choice(&'static [&'static str]),
    /// A list of such values.
    Choices(&'static [&'static str]),
    /// An object of the catalogue.
    Object(&'static Object),
    /// A list of such objects.
    List(&'static Object),
}

impl Type {
    /// The name that TYP01 gives it.
    pub const fn error_name(&self) -> &'static str {
        match self {
            Type::Text | Type::Scalar => "STRING",
            Type::Boolean => "BOOLEAN",
            Type::Integer | Type::BigInteger => "INTEGER",
            Type::Decimal => "DECIMAL",
            Type::Date => "DATE",
            Type::Choice(_) => "ENUM",
            Type::Choices(_) | Type::List(_) => "LIST",
            Type::Object(_) => "OBJECT",
        }
    }

    /// The name that the field table gives it.
    pub fn table_name(&self) -> String {
        match self {
            Type::Text => "String".into(),
            Type::Boolean => "Boolean".into(),
            Type::Integer => "Integer".into(),
            Type::BigInteger => "BigInteger".into(),
            Type::Decimal => "Decimal".into(),
            Type::Date => "Date".into(),
            Type::Scalar => "any scalar".into(),
            Type::Choice(_) => "Enum".into(),
            Type::Choices(_) => "String[]".into(),
            Type::Object(object) => object.name.into(),
            Type::List(object) => format!("{}[]", object.name),
        }
    }

    /// The values of an enumeration; none for any other type.
    pub const fn values(&self) -> &'static [&'static str] {
        match self {
            Type::Choice(values) | Type::Choices(values) => values,
            _ => &[],
        }
    }
}

words! {
    /// Which kind of customer, or of related entity, a field or a rule is for.
    pub enum Applies {
        /// For every customer.
        Both = "both",
        /// For persons alone.
        Individual = "individual",
        /// For companies and other legal entities alone.
        Organization = "organization",
    }
}

/// One field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its key in the JSON object.
    pub name: &'static str,
    /// Its name inside an error text, where that is not the key with a capital first letter; also
    /// taken as a second spelling of the key.
    pub other_name: Option<&'static str>,
    /// What its value may be in JSON.
    pub ty: Type,
    /// When it must be there, in words; empty for never.
    pub mandatory: &'static str,
    /// The kinds of customers that may have it.
    pub applies: Applies,
    /// The table that its value must be in.
    pub classifier: Option<Classifier>,
    /// Its longest text in Unicode characters.
    pub max_chars: Option<u32>,
    /// Endpoints that take the field and do nothing with it.
    pub ignored_at: Endpoints,
    /// What holds at those endpoints whatever is given; a customer that gives it says nothing wrong.
    pub holds_anyway: Option<&'static str>,
    /// Where it is an error to give the field for the other kind of customer: its place among the
    /// fields that the rule reports, from 1.
    pub forbidden_else: Option<u8>,
    /// What else a person should know; see [`Field::notes`].
    note: &'static str,
}

impl Field {
    /// The name inside an error text: the key with a capital first letter, GIIN and LEI as such.
    pub fn label(&self) -> String {
        match self.other_name {
            Some(name) => name.to_owned(),
            None => {
                let mut chars = self.name.chars();
                chars
                    .next()
                    .map(|c| c.to_uppercase().chain(chars).collect())
                    .unwrap_or_default()
            }
        }
    }

    /// All that a person should know of the field besides its type and where it is mandatory.
    pub fn notes(&self) -> String {
        let spelling = self.other_name.map(|name| format!("also spelled {name}"));
        let own = (!self.note.is_empty()).then(|| self.note.to_owned());
        let forbidden = self.forbidden_else.and_then(|_| {
            let row = super::rules().iter().find(|row| match &row.rule.check {
                Check::Forbidden(fields) => {
                    let mut names = fields.iter().map(|f| row.object.field(*f).name);
                    names.any(|name| name == self.name)
                }
                _ => false,
            })?;
            let whom = row.rule.applies.name().to_uppercase();
            Some(format!("{whom}: forbidden, {}", row.code))
        });
        let notes: Vec<String> = [spelling, own, forbidden].into_iter().flatten().collect();
        notes.join("; ")
    }

    pub(super) const fn new(name: &'static str, ty: Type) -> Field {
        Field {
            name,
            other_name: None,
            ty,
            mandatory: "",
            applies: Applies::Both,
            classifier: None,
            max_chars: None,
            ignored_at: Endpoints::NONE,
            holds_anyway: None,
            forbidden_else: None,
            note: "",
        }
    }

    pub(super) const fn mandatory(mut self, when: &'static str) -> Field {
        self.mandatory = when;
        self
    }

    pub(super) const fn individual(mut self) -> Field {
        self.applies = Applies::Individual;
        self
    }

    pub(super) const fn organization(mut self) -> Field {
        self.applies = Applies::Organization;
        self
    }

    pub(super) const fn forbidden_else(mut self, rank: u8) -> Field {
        self.forbidden_else = Some(rank);
        self
    }

    pub(super) const fn note(mut self, note: &'static str) -> Field {
        self.note = note;
        self
    }

    pub(super) const fn max(mut self, chars: u32) -> Field {
        self.max_chars = Some(chars);
        self
    }

    pub(super) const fn also(mut self, other: &'static str) -> Field {
        self.other_name = Some(other);
        self
    }

    pub(super) const fn ignored_at(mut self, endpoints: Endpoints, holds: &'static str) -> Field {
        self.ignored_at = endpoints;
        self.holds_anyway = Some(holds);
        self
    }
}

/// How many of the fields are forbidden for all but this kind of customer.
#[expect(
    clippy::indexing_slicing,
    reason = "runs while kycdrop is built, where an index out of range stops the build"
)]
pub(super) const fn count_forbidden(fields: &[Field], applies: Applies) -> usize {
    let (mut count, mut i) = (0, 0);
    while i < fields.len() {
        let field = &fields[i];
        count += (field.forbidden_else.is_some() && field.applies as u8 == applies as u8) as usize;
        i += 1;
    }
    count
}

/// The fields that are forbidden for all but this kind of customer, in the order in which they are
/// reported. Two that claim one place, or a place that none claims, stop the build.
#[expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "runs while kycdrop is built, where an index out of range stops the build"
)]
pub(super) const fn forbidden<const N: usize>(
    fields: &[Field],
    applies: Applies,
) -> [FieldIndex; N] {
    let mut found = [None; N];
    let mut i = 0;
    while i < fields.len() {
        if let Some(rank) = fields[i].forbidden_else
            && fields[i].applies as u8 == applies as u8
        {
            assert!(
                found[rank as usize - 1].is_none(),
                "a place that two fields claim"
            );
            found[rank as usize - 1] = Some(FieldIndex(i as u8));
        }
        i += 1;
    }
    let mut ordered = [FieldIndex(0); N];
    i = 0;
    while i < N {
        ordered[i] = found[i].expect("a place that no field claims");
        i += 1;
    }
    ordered
}

/// One object of a request: its fields in the order of the published table, and the steps in
/// which it is checked.
#[derive(Debug)]
pub struct Object {
    /// Its place in [`super::OBJECTS`].
    pub id: ObjectId,
    /// The name in the published tables.
    pub name: &'static str,
    /// Its fields, in the order of the published table.
    pub fields: &'static [Field],
    /// The rules of the object and the objects below it, in the order in which they are checked.
    pub steps: &'static [Step],
    /// For each step the number of rules that the steps before it lead to, and at the end that of all.
    pub rows: &'static [u16],
}

/// An object of the contract: its id and name, its fields, and the steps in which it is checked, which
/// find a field with the function that is named beside `fields`.
macro_rules! contract_object {
    (
        $(#[$doc:meta])*
        $object:ident($id:literal, $name:literal)
        fields $find:ident: [$($field:expr,)*]
        steps: [$($step:expr,)*]
    ) => {
        $(#[$doc])*
        pub static $object: Object = {
            const FIELDS: &[Field] = &[$($field),*];
            #[allow(dead_code, reason = "an object may have no steps")]
            const fn $find(name: &str) -> FieldIndex {
                find(FIELDS, name)
            }
            contract_object!($id, $name, FIELDS, &[$($step),*])
        };
    };
    ($id:literal, $name:literal, $fields:expr, $steps:expr $(,)?) => {{
        const OWN_STEPS: &[$crate::catalog::Step] = $steps;
        const ROWS: [u16; OWN_STEPS.len() + 1] = $crate::catalog::field::rows($fields, OWN_STEPS);
        Object {
            id: ObjectId($id),
            name: $name,
            fields: $fields,
            steps: OWN_STEPS,
            rows: &ROWS,
        }
    }};
}
pub(super) use contract_object;

#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "runs while kycdrop is built, where an index out of range stops the build"
)]
pub(super) const fn rows<const N: usize>(fields: &[Field], steps: &[Step]) -> [u16; N] {
    let mut rows = [0; N];
    let mut i = 0;
    while i < steps.len() {
        let own = match &steps[i] {
            Step::Rule(_) => 1,
            Step::Object(f) | Step::List(ListStep { field: f, .. }) => {
                match fields[f.0 as usize].ty {
                    Type::Object(object) | Type::List(object) => object.rows[object.steps.len()],
                    _ => panic!("a step leads into a field that holds no object"),
                }
            }
        };
        rows[i + 1] = rows[i] + own;
        i += 1;
    }
    rows
}

impl Object {
    /// The field of this index.
    #[expect(
        clippy::indexing_slicing,
        reason = "an index is made by `find` on the table of its own object"
    )]
    pub fn field(&self, f: FieldIndex) -> &'static Field {
        &self.fields[f.0 as usize]
    }
}

/// The longest text of most fields.
pub(super) const SHORT: u32 = 256;
/// The longest text of descriptions.
pub(super) const LONG: u32 = 32_768;

pub(super) const fn text(name: &'static str) -> Field {
    Field::new(name, Type::Text).max(SHORT)
}

pub(super) const fn long(name: &'static str) -> Field {
    Field::new(name, Type::Text).max(LONG)
}

pub(super) const fn coded(name: &'static str, classifier: Classifier) -> Field {
    let mut field = Field::new(name, Type::Text);
    field.classifier = Some(classifier);
    field
}

pub(super) const fn choice(name: &'static str, values: &'static [&'static str]) -> Field {
    Field::new(name, Type::Choice(values))
}

pub(super) const fn boolean(name: &'static str) -> Field {
    Field::new(name, Type::Boolean)
}

pub(super) const fn integer(name: &'static str) -> Field {
    Field::new(name, Type::Integer)
}

pub(super) const fn big(name: &'static str) -> Field {
    Field::new(name, Type::BigInteger)
}

pub(super) const fn decimal(name: &'static str) -> Field {
    Field::new(name, Type::Decimal)
}

pub(super) const fn date(name: &'static str) -> Field {
    Field::new(name, Type::Date)
}

pub(super) const fn object(name: &'static str, object: &'static Object) -> Field {
    Field::new(name, Type::Object(object))
}

pub(super) const fn list(name: &'static str, object: &'static Object) -> Field {
    Field::new(name, Type::List(object))
}

/// The index of the field with this key. Meant for constants: there, a name that is not in the
/// table stops the build.
#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "runs while kycdrop is built, where an index out of range stops the build"
)]
pub(super) const fn find(fields: &[Field], name: &str) -> FieldIndex {
    let mut i = 0;
    while i < fields.len() {
        if same(fields[i].name.as_bytes(), name.as_bytes()) {
            return FieldIndex(i as u8);
        }
        i += 1;
    }
    panic!("no field of this name in the table")
}

#[expect(
    clippy::indexing_slicing,
    reason = "both are as long as each other, and `i` is below that"
)]
const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
