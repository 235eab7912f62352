//! What the rules of the catalogue may ask about the fields of an object, answered from its tree.

use crate::catalog::{Classifier, Datatype, FieldIndex, Fields, additional_value};
use crate::classifier::ClassifierSet;
use crate::request::{Node, value};

const AV_DATATYPE: FieldIndex = additional_value("datatype");
const AV_VALUE: FieldIndex = additional_value("value");

/// One object of a customer.
pub(super) struct View<'v> {
    pub node: &'v Node<'v>,
    pub classifiers: &'v ClassifierSet,
}

impl Fields for View<'_> {
    fn is_given(&self, f: FieldIndex) -> bool {
        self.node.slot(f).is_given()
    }

    fn is_wrong(&self, f: FieldIndex) -> bool {
        is_wrong(self.node, f, None, self.classifiers)
    }

    fn text(&self, f: FieldIndex) -> Option<&str> {
        self.node.text(f)
    }

    fn choice(&self, f: FieldIndex) -> Option<&'static str> {
        self.node.choice(f)
    }

    fn has_codes(&self, classifier: Classifier) -> bool {
        self.classifiers.had_values(classifier)
    }
}

/// Whether the field is given and is none of its codes (nor of the other classifier's), or none of
/// its values.
pub(super) fn is_wrong(
    node: &Node<'_>,
    f: FieldIndex,
    other: Option<Classifier>,
    classifiers: &ClassifierSet,
) -> bool {
    match node.object().field(f).classifier {
        Some(classifier) => node.sound_text(f).is_some_and(|code| {
            !classifiers.holds(classifier, code)
                && other.is_none_or(|other| !classifiers.holds(other, code))
        }),
        None => node.slot(f).is_unreadable(),
    }
}

/// The value of an additional value of this datatype, where it does not read as one.
pub(super) fn bad_datatype_value(node: &Node<'_>, datatype: Datatype) -> Option<FieldIndex> {
    if node.slot(AV_DATATYPE).choice() != Some(datatype as usize) {
        return None;
    }
    let text = node.sound_text(AV_VALUE)?;
    let sound = match datatype {
        Datatype::Integer => value::is_plain_integer(text),
        Datatype::Decimal => value::is_decimal(text),
        Datatype::Date => value::day(text.trim()).is_some(),
        Datatype::Timestamp => value::is_timestamp(text),
        Datatype::Boolean => value::boolean(text).is_some(),
        Datatype::String => true,
    };
    (!sound).then_some(AV_VALUE)
}
