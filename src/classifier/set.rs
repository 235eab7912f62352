//! The values of all classifiers at one moment, immutable and shared by the threads that judge.

use hashbrown::{HashMap, HashSet};

use crate::catalog::{Classifier, F, ObjectId};

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
}

/// All classifiers of one set. Retired values are not in it: they are not to be given any more.
#[derive(Debug)]
pub struct ClassifierSet {
    pub(super) id: i64,
    pub(super) hash: String,
    /// The nineteen first, in the order of [`Classifier::ALL`], then the added ones by name.
    pub(super) tables: Vec<Table>,
    pub(super) categories: HashMap<Box<str>, Category>,
    pub(super) bound_fields: HashMap<(ObjectId, F), Vec<u16>>,
    pub(super) bound_values: HashMap<Box<str>, Vec<u16>>,
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

    /// Whether the classifier has no value at all.
    pub fn is_empty(&self, classifier: Classifier) -> bool {
        self.tables[classifier as usize].codes.is_empty()
    }

    /// The risk management category of this code.
    pub fn category(&self, code: &str) -> Option<Category> {
        self.categories.get(code).copied()
    }

    /// Whether any classifier is bound to a field or to an additional value.
    pub fn has_bindings(&self) -> bool {
        !self.bound_fields.is_empty() || !self.bound_values.is_empty()
    }

    /// The name of each classifier that is bound to the field and does not hold the code.
    pub fn missing_in_bound(
        &self,
        object: ObjectId,
        field: F,
        code: &str,
    ) -> impl Iterator<Item = &str> {
        let bound = self.bound_fields.get(&(object, field));
        self.missing(bound, code)
    }

    /// The same for the value of an additional value with this code.
    pub fn missing_in_bound_value(
        &self,
        additional_value: &str,
        value: &str,
    ) -> impl Iterator<Item = &str> {
        let bound = self.bound_values.get(additional_value);
        self.missing(bound, value)
    }

    fn missing<'s>(
        &'s self,
        bound: Option<&'s Vec<u16>>,
        code: &str,
    ) -> impl Iterator<Item = &'s str> {
        bound
            .into_iter()
            .flatten()
            .map(|i| &self.tables[*i as usize])
            .filter(move |t| !t.codes.contains(code))
            .map(|t| &*t.name)
    }
}
