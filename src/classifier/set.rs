//! The values of all classifiers at one moment, immutable and shared by the threads that judge.

use hashbrown::{HashMap, HashSet};

use crate::catalog::{self, Classifier, F, ObjectId};

/// What a customer or a related entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityType {
    Individual,
    Organization,
}

impl EntityType {
    /// The word of the contract.
    pub const fn name(self) -> &'static str {
        match self {
            EntityType::Individual => "INDIVIDUAL",
            EntityType::Organization => "ORGANIZATION",
        }
    }

    /// Reads the word of the contract.
    pub fn from_name(name: &str) -> Option<EntityType> {
        match name {
            "INDIVIDUAL" => Some(EntityType::Individual),
            "ORGANIZATION" => Some(EntityType::Organization),
            _ => None,
        }
    }
}

/// What kind of customer a risk management category makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryKind {
    Regular,
    /// Somebody who is no customer yet.
    Lead,
    /// An occasional customer.
    Simplified,
}

impl CategoryKind {
    /// The word of the classifier file and of the history.
    pub const fn name(self) -> &'static str {
        match self {
            CategoryKind::Regular => "regular",
            CategoryKind::Lead => "lead",
            CategoryKind::Simplified => "simplified",
        }
    }

    /// Reads the word of the classifier file.
    pub fn from_name(name: &str) -> Option<CategoryKind> {
        [
            CategoryKind::Regular,
            CategoryKind::Lead,
            CategoryKind::Simplified,
        ]
        .into_iter()
        .find(|k| k.name() == name)
    }
}

/// A risk management category: for whom it is meant, and what it makes of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// None: for both.
    pub entity_type: Option<EntityType>,
    pub kind: CategoryKind,
}

/// A classifier's values that may be given today.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub name: Box<str>,
    pub codes: HashSet<Box<str>>,
    /// Whether it has or ever had a value, if only one that is retired or gone from its file.
    pub had_values: bool,
}

/// Where added classifiers are asked for: the fields and the additional values that they are bound
/// to. Both validation and the questions about the history look a binding up here.
#[derive(Debug)]
pub struct Bindings<T> {
    fields: HashMap<(ObjectId, F), Vec<T>>,
    values: HashMap<Box<str>, Vec<T>>,
}

impl<T> Default for Bindings<T> {
    fn default() -> Bindings<T> {
        Bindings {
            fields: HashMap::new(),
            values: HashMap::new(),
        }
    }
}

impl<T: Clone> Bindings<T> {
    /// Binds a classifier to the paths and the codes of these two JSON lists, as the history keeps
    /// them.
    pub fn bind(&mut self, classifier: &T, fields: &str, values: &str) {
        let list = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap_or_default();
        for path in list(fields) {
            if let Some((object, f)) = catalog::text_field(&path) {
                let bound = self.fields.entry((object.id, f)).or_default();
                bound.push(classifier.clone());
            }
        }
        for code in list(values) {
            let bound = self.values.entry(code.into_boxed_str()).or_default();
            bound.push(classifier.clone());
        }
    }

    /// Whether nothing is bound.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.values.is_empty()
    }

    /// The classifiers that are bound to a field.
    pub fn to_field(&self, object: ObjectId, field: F) -> &[T] {
        self.fields.get(&(object, field)).map_or(&[], Vec::as_slice)
    }

    /// The classifiers that are bound to the additional value with this code. Codes are compared
    /// exactly, as everywhere in the contract: ` v1` is another code than `v1`.
    pub fn to_additional_value(&self, code: &str) -> &[T] {
        self.values.get(code).map_or(&[], Vec::as_slice)
    }
}

/// All classifiers of one set. Retired values are not in it: they are not to be given any more.
#[derive(Debug)]
pub struct ClassifierSet {
    pub(super) id: i64,
    pub(super) hash: String,
    /// The nineteen first, in the order of [`Classifier::ALL`], then the added ones by name.
    pub(super) tables: Vec<Table>,
    pub(super) categories: HashMap<Box<str>, Category>,
    /// Indexes of `tables`.
    pub(super) bindings: Bindings<u16>,
}

impl ClassifierSet {
    /// The set's row in the history.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The hash of everything that the files of the set say.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether the code may be given where this classifier is asked for.
    pub fn holds(&self, classifier: Classifier, code: &str) -> bool {
        self.tables[classifier as usize].codes.contains(code)
    }

    /// Whether the classifier has no value and never had one. One whose last value was retired or
    /// removed still decides: nothing may be given where it is asked for.
    pub fn never_had_values(&self, classifier: Classifier) -> bool {
        !self.tables[classifier as usize].had_values
    }

    /// Remembers that these classifiers had values before this set.
    pub(super) fn note_had_values<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            if let Some(table) = self.tables.iter_mut().find(|t| *t.name == *name) {
                table.had_values = true;
            }
        }
    }

    /// The risk management category of this code.
    pub fn category(&self, code: &str) -> Option<Category> {
        self.categories.get(code).copied()
    }

    /// Whether any classifier is bound to a field or to an additional value.
    pub fn has_bindings(&self) -> bool {
        !self.bindings.is_empty()
    }

    /// The name of each classifier that is bound to the field and does not hold the code.
    pub fn missing_in_bound(
        &self,
        object: ObjectId,
        field: F,
        code: &str,
    ) -> impl Iterator<Item = &str> {
        self.missing(self.bindings.to_field(object, field), code)
    }

    /// The name of each classifier that is bound to the additional value with this code and does
    /// not hold the value.
    pub fn missing_in_bound_value(
        &self,
        additional_value: &str,
        value: &str,
    ) -> impl Iterator<Item = &str> {
        self.missing(self.bindings.to_additional_value(additional_value), value)
    }

    fn missing<'s>(&'s self, bound: &'s [u16], code: &str) -> impl Iterator<Item = &'s str> {
        bound
            .iter()
            .map(|i| &self.tables[*i as usize])
            .filter(move |t| !t.codes.contains(code))
            .map(|t| &*t.name)
    }
}
