//! The values of all classifiers on one day, immutable and shared by the threads that validate.

use hashbrown::{HashMap, HashSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::catalog::{self, Category, CategoryKind, Classifier, EntityType, FieldIndex, ObjectId};

use super::file::{ClassifierFile, ValueRow};
use super::problem::{Problem, Refused};

/// A classifier's values that may be given today.
#[derive(Debug)]
pub(super) struct Table {
    pub name: Box<str>,
    pub codes: HashSet<Box<str>>,
    /// Whether it has or ever had a value, if only one that is retired or gone from its file.
    had_values: bool,
}

impl Table {
    fn sorted_codes(&self) -> Vec<&str> {
        let mut codes: Vec<&str> = self.codes.iter().map(|code| &**code).collect();
        codes.sort_unstable();
        codes
    }
}

/// Where added classifiers are asked for: the fields and the additional values that they are bound
/// to. Both validation and the questions about the history look a binding up here.
#[derive(Debug)]
pub struct Bindings<T> {
    fields: HashMap<(ObjectId, FieldIndex), Vec<T>>,
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
    /// Binds a classifier to fields, as `Object.field`, and to additional values with these codes.
    pub fn bind(&mut self, classifier: &T, fields: &[String], values: &[String]) {
        for path in fields {
            if let Some((object, f)) = catalog::text_field(path) {
                let bound = self.fields.entry((object.id, f)).or_default();
                bound.push(classifier.clone());
            }
        }
        for code in values {
            let bound = self.values.entry(code.as_str().into()).or_default();
            bound.push(classifier.clone());
        }
    }

    /// Whether nothing is bound.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.values.is_empty()
    }

    /// The classifiers that are bound to a field.
    pub fn to_field(&self, object: ObjectId, field: FieldIndex) -> &[T] {
        self.fields.get(&(object, field)).map_or(&[], Vec::as_slice)
    }

    /// The classifiers that are bound to the additional value with this code. Codes are compared
    /// exactly, as everywhere in the contract: ` v1` is another code than `v1`.
    pub fn to_additional_value(&self, code: &str) -> &[T] {
        self.values.get(code).map_or(&[], Vec::as_slice)
    }
}

/// The category that these attributes describe. The parser lets no other values through.
fn category_of(attributes: &Map<String, Value>) -> Category {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    Category {
        entity_type: text("entity_type").and_then(EntityType::from_name),
        kind: text("kind")
            .and_then(CategoryKind::from_name)
            .unwrap_or(CategoryKind::Regular),
    }
}

fn by_name(files: &[ClassifierFile]) -> Vec<&ClassifierFile> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    sorted
}

/// The hash, in hexadecimal, of everything that these files say, in whatever order they are given.
pub fn set_hash(files: &[ClassifierFile]) -> String {
    let mut hasher = Sha256::new();
    for file in by_name(files) {
        hasher.update(file.hash().as_bytes());
    }
    crate::hex(&hasher.finalize())
}

/// All classifiers of one set. Retired values are not in it: they are not to be given any more.
#[derive(Debug)]
pub struct ClassifierSet {
    /// Those of the contract first, in the order of [`Classifier::ALL`], then the added ones by name.
    pub(super) tables: Vec<Table>,
    categories: HashMap<Box<str>, Category>,
    /// Indexes of `tables`.
    bindings: Bindings<u16>,
}

impl ClassifierSet {
    /// The set that these files make. Its values are those that were not retired on the day that the
    /// files were read for.
    ///
    /// # Errors
    /// [`Refused`] when a classifier of the contract is missing.
    pub fn from_files(files: &[ClassifierFile]) -> Result<ClassifierSet, Refused> {
        let (mut ordered, mut missing) = (Vec::new(), Vec::new());
        for classifier in Classifier::ALL {
            match files.iter().find(|f| f.name == classifier.name()) {
                Some(file) => ordered.push(file),
                None => missing.push(Problem::missing(classifier)),
            }
        }
        if !missing.is_empty() {
            return Err(Refused(missing));
        }
        let of_contract = |f: &&ClassifierFile| Classifier::ALL.iter().any(|c| c.name() == f.name);
        ordered.extend(by_name(files).into_iter().filter(|f| !of_contract(f)));
        let mut set = ClassifierSet {
            tables: Vec::new(),
            categories: HashMap::new(),
            bindings: Bindings::default(),
        };
        for file in ordered {
            set.add(file);
        }
        Ok(set)
    }

    fn add(&mut self, file: &ClassifierFile) {
        let index = self.tables.len() as u16;
        let valid = || file.values.iter().filter(|v| !v.retired);
        self.tables.push(Table {
            name: file.name.as_str().into(),
            codes: valid().map(|v| v.code.as_str().into()).collect(),
            had_values: !file.values.is_empty(),
        });
        if file.name == Classifier::RiskManagementCategory.name() {
            let category = |v: &ValueRow| (v.code.as_str().into(), category_of(&v.attributes));
            self.categories.extend(valid().map(category));
        }
        let bindings = &mut self.bindings;
        bindings.bind(&index, &file.bind_fields, &file.bind_values);
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a set has a table for each classifier of the contract, in their order, before all others"
    )]
    fn table(&self, classifier: Classifier) -> &Table {
        &self.tables[classifier as usize]
    }

    /// Whether the code may be given where this classifier is asked for.
    pub fn holds(&self, classifier: Classifier, code: &str) -> bool {
        self.table(classifier).codes.contains(code)
    }

    /// The codes that may be given where this classifier is asked for, sorted.
    pub fn codes(&self, classifier: Classifier) -> Vec<&str> {
        self.table(classifier).sorted_codes()
    }

    /// The sorted codes of each classifier that is bound to the field.
    pub fn codes_bound_to(
        &self,
        object: ObjectId,
        field: FieldIndex,
    ) -> impl Iterator<Item = Vec<&str>> {
        let bound = self.bindings.to_field(object, field).iter();
        bound.filter_map(|i| Some(self.tables.get(usize::from(*i))?.sorted_codes()))
    }

    /// The codes of the additional values that a classifier is bound to, sorted, each with the sorted
    /// codes of the classifier.
    pub fn codes_bound_to_values(&self) -> Vec<(&str, Vec<&str>)> {
        let bound = self.bindings.values.iter().flat_map(|(value, indexes)| {
            let tables = indexes
                .iter()
                .filter_map(|i| self.tables.get(usize::from(*i)));
            tables.map(|table| (&**value, table.sorted_codes()))
        });
        let mut bound: Vec<_> = bound.collect();
        bound.sort();
        bound
    }

    /// Whether the classifier has a value or ever had one. One whose last value was retired or
    /// removed still decides: nothing may be given where it is asked for.
    pub fn had_values(&self, classifier: Classifier) -> bool {
        self.table(classifier).had_values
    }

    /// Remembers that these classifiers had values before this set.
    pub fn note_had_values(&mut self, names: &[String]) {
        for name in names {
            if let Some(table) = self.tables.iter_mut().find(|t| *t.name == **name) {
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
        field: FieldIndex,
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
            .filter_map(|i| self.tables.get(usize::from(*i)))
            .filter(move |t| !t.codes.contains(code))
            .map(|t| &*t.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse_file, shipped_files};
    use super::*;

    /// The shipped classifiers and one of the institution's own, read for this day.
    fn files(today: &str) -> Vec<ClassifierFile> {
        let own = "title = \"T\"\n[bind]\nadditional_values = [\"x\"]\n[values]\nA = \"a\"\n\
                   OLD = { name = \"old\", retired = 2026-02-01 }\n";
        let mut files = shipped_files(today).expect("the shipped classifiers are valid");
        files.push(parse_file("own.toml", own, today).expect("a valid classifier"));
        files
    }

    #[test]
    fn the_day_decides_which_values_are_valid() {
        let before = ClassifierSet::from_files(&files("2026-01-31")).expect("a set");
        let after = ClassifierSet::from_files(&files("2026-02-01")).expect("a set");
        let missing = |set: &ClassifierSet| set.missing_in_bound_value("x", "OLD").count();
        assert_eq!((missing(&before), missing(&after)), (0, 1));
        assert_ne!(
            set_hash(&files("2026-01-31")),
            set_hash(&files("2026-02-01"))
        );
    }

    #[test]
    fn the_order_of_the_files_changes_nothing() {
        let mut given = files("2026-01-31");
        let hash = set_hash(&given);
        given.reverse();
        let reversed = ClassifierSet::from_files(&given).expect("a set");
        assert_eq!(hash, set_hash(&given));
        assert!(reversed.holds(Classifier::Country, "LT"));
        assert_eq!(
            reversed.missing_in_bound_value("x", "B").next(),
            Some("own")
        );
    }

    #[test]
    fn a_missing_classifier_of_the_contract_is_named() {
        let mut given = files("2026-01-31");
        given.retain(|f| f.name != "country" && f.name != "region");
        let refused = ClassifierSet::from_files(&given).expect_err("incomplete");
        let named: Vec<_> = refused.0.iter().map(|p| p.file.as_str()).collect();
        assert_eq!(named, ["country.toml", "region.toml"]);
    }
}
