//! What a rule of the catalogue is, and the steps in which an object is checked.
//!
//! A list that leads into an object carries the prefix of code and text, so that `Co1` is written
//! once and answers as `Q001.Co1` on a customer and as `C016.C016.RE06.Co1` on a related entity.

use super::words::words;
use super::{
    Applies, Classifier, CrossField, Datatype, Endpoint, Endpoints, EntityType, FieldIndex,
    HistoryRule,
};

words! {
    /// Where a code and its text come from.
    pub enum Origin {
        /// Both are in the API's own documents.
        Published = "published",
        /// The text is in them; the code is kycdrop's.
        TextPublished = "text published",
        /// Both are kycdrop's.
        Ours = "ours",
    }
}

/// One rule as it is written in an object's table. What a user sees is a
/// [`super::RuleRow`], with the prefixes of the lists put in front.
#[derive(Debug)]
pub struct Rule {
    /// Its stable name; codes repeat, names do not.
    pub key: &'static str,
    /// The code without the prefix of the list that leads to the object.
    pub code: &'static str,
    /// Where the code and its text come from.
    pub origin: Origin,
    /// The origin where the rule answers for a part of a related entity.
    pub related_origin: Option<Origin>,
    /// The description where the rule answers for a part of a related entity.
    pub related_text: Option<&'static str>,
    /// The endpoints that check it.
    pub endpoints: Endpoints,
    /// The kinds of customers that it is checked for.
    pub applies: Applies,
    /// Where and for whom it is looked for, from the two above.
    pub scope: Scope,
    /// The condition in words, for the reference page.
    pub when: &'static str,
    /// The description, with its placeholders.
    pub text: &'static str,
    /// The condition under which it rejects a customer.
    pub check: Check,
}

/// A set of pairs of an endpoint and an entity type, a bit each: decides with one look whether a rule
/// is looked for in a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope(u32);

impl Scope {
    /// The pair of this customer, whose entity type may be unknown.
    pub const fn of(endpoint: Endpoint, entity: Option<EntityType>) -> Scope {
        let column = match entity {
            None => 0,
            Some(EntityType::Individual) => 1,
            Some(EntityType::Organization) => 2,
        };
        Scope((endpoint.bit() as u32) << (8 * column))
    }

    const fn over(endpoints: Endpoints, applies: Applies) -> Scope {
        let columns = match applies {
            Applies::Both => 0x01_01_01,
            Applies::Individual => 0x00_01_00,
            Applies::Organization => 0x01_00_00,
        };
        Scope(endpoints.0 as u32 * columns)
    }

    /// Whether the sets have a pair in common.
    pub const fn overlaps(self, other: Scope) -> bool {
        self.0 & other.0 != 0
    }
}

// Here and in `Step` a tag of its own, which is faster to read than one hidden in the fields: it is
// read for every rule of every customer.
/// How a rule is decided.
#[derive(Debug)]
#[repr(u8)]
pub enum Check {
    /// One of these fields is absent or blank at these endpoints, or has a code that it may not have;
    /// one finding for each such field.
    Value {
        /// The fields, in the order in which they are reported.
        fields: &'static [FieldIndex],
        /// The endpoints at which an absent or blank field is an error.
        required_at: Endpoints,
        /// The codes that the fields may have.
        codes: CodeSet,
    },
    /// Given, but blank.
    Blank(FieldIndex),
    /// Any of these is given; one finding each.
    Forbidden(&'static [FieldIndex]),
    /// None of these is given.
    NoneOf(&'static [FieldIndex]),
    /// The datatype is this one, and the value does not read as it.
    BadDatatypeValue(Datatype),
    /// An item before this one in its list has the same text in the field.
    Repeated(FieldIndex),
    /// Items of this list of words that are none of its words; one finding each.
    UnknownItems(FieldIndex),
    /// More than one field decides.
    CrossField(CrossField),
    /// Looked for in the whole customer, in the order of the field tables; with what to do about it.
    Walk(Walk, &'static str),
    /// Needs the history; decided by the one writer in the order of the batch.
    History(HistoryRule),
}

/// The codes that a field may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeSet {
    /// Anything; other rules look at it.
    Any,
    /// Those of the field's classifier, or the field's values.
    OfField,
    /// Those of the field's classifier and of this one.
    OfFieldOr(Classifier),
}

/// The rules that look at every value of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// The value is not of the field's type.
    BadType,
    /// The text is longer than the field allows.
    TooLong,
    /// The key appears more than once in its object.
    GivenTwice,
    /// The text contains a control character.
    ControlCharacter,
    /// The value is not in an added classifier that is bound to the field or the additional value.
    BoundClassifier,
}

/// One step in checking an object.
#[derive(Debug)]
#[repr(u8)]
pub enum Step {
    /// A rule of this object.
    Rule(Rule),
    /// Into an object that the field holds.
    Object(FieldIndex),
    /// Into every item of a list.
    List(ListStep),
}

/// A list that leads into an object, with what it puts in front.
#[derive(Debug)]
pub struct ListStep {
    /// The field that holds the list.
    pub field: FieldIndex,
    /// In front of the rule's key.
    pub key: &'static str,
    /// In front of the code.
    pub code: &'static str,
    /// In front of the description; `{i}` or `{j}` is the item's index.
    pub text: &'static str,
}

pub(super) const fn rule(
    key: &'static str,
    code: &'static str,
    origin: Origin,
    when: &'static str,
    text: &'static str,
    check: Check,
) -> Rule {
    Rule {
        key,
        code,
        origin,
        related_origin: None,
        related_text: None,
        endpoints: Endpoints::ALL,
        applies: Applies::Both,
        scope: Scope::over(Endpoints::ALL, Applies::Both),
        when,
        text,
        check,
    }
}

impl Rule {
    const fn with_scope(mut self) -> Rule {
        self.scope = Scope::over(self.endpoints, self.applies);
        self
    }

    pub(super) const fn at(mut self, endpoints: Endpoints) -> Rule {
        self.endpoints = endpoints;
        self.with_scope()
    }

    pub(super) const fn individual(mut self) -> Rule {
        self.applies = Applies::Individual;
        self.with_scope()
    }

    pub(super) const fn organization(mut self) -> Rule {
        self.applies = Applies::Organization;
        self.with_scope()
    }

    pub(super) const fn related(mut self, origin: Origin) -> Rule {
        self.related_origin = Some(origin);
        self
    }

    pub(super) const fn related_text(mut self, text: &'static str) -> Rule {
        self.related_text = Some(text);
        self
    }
}

const fn value(fields: &'static [FieldIndex], required_at: Endpoints, codes: CodeSet) -> Check {
    Check::Value {
        fields,
        required_at,
        codes,
    }
}

/// Absent or blank.
pub(super) const fn required(f: &'static [FieldIndex]) -> Check {
    value(f, Endpoints::ALL, CodeSet::Any)
}

/// Absent or blank at these endpoints.
pub(super) const fn required_at(f: &'static [FieldIndex], at: Endpoints) -> Check {
    value(f, at, CodeSet::Any)
}

/// Given, and none of the field's codes or values.
pub(super) const fn known(f: &'static [FieldIndex]) -> Check {
    value(f, Endpoints::NONE, CodeSet::OfField)
}

/// Absent, blank, or none of the field's codes or values.
pub(super) const fn required_and_known(f: &'static [FieldIndex]) -> Check {
    value(f, Endpoints::ALL, CodeSet::OfField)
}

/// Absent or blank at these endpoints, or none of the field's codes or values.
pub(super) const fn required_and_known_at(f: &'static [FieldIndex], at: Endpoints) -> Check {
    value(f, at, CodeSet::OfField)
}

/// Absent, blank, or none of the codes of the field's classifier and of another.
pub(super) const fn required_and_known_or(f: &'static [FieldIndex], other: Classifier) -> Check {
    value(f, Endpoints::ALL, CodeSet::OfFieldOr(other))
}

pub(super) const fn list_step(
    field: FieldIndex,
    key: &'static str,
    code: &'static str,
    text: &'static str,
) -> Step {
    Step::List(ListStep {
        field,
        key,
        code,
        text,
    })
}

/// What a text that [`expand`] made from a template has in the place of the template's first
/// placeholder, if that is the one of this name.
pub fn argument<'t>(template: &str, text: &'t str, name: &str) -> Option<&'t str> {
    let (before, rest) = template.split_once('{')?;
    let (placeholder, rest) = rest.split_once('}')?;
    let after = rest.split('{').next().unwrap_or(rest);
    let text = text.strip_prefix(before)?;
    let (argument, _) = text.split_once(after)?;
    (placeholder == name).then_some(argument)
}

/// Writes a template to `out` with each `{name}` replaced by what `value` appends for it. A name
/// that `value` does not know (it returns false) stays as it is.
pub fn expand(template: &str, out: &mut String, mut value: impl FnMut(&str, &mut String) -> bool) {
    let mut rest = template;
    while let Some((before, from_name)) = rest.split_once('{') {
        let Some((name, after)) = from_name.split_once('}') else {
            break;
        };
        out.push_str(before);
        if !value(name, out) {
            out.extend(["{", name, "}"]);
        }
        rest = after;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_read_back() {
        let template = "Value not found in classifier {classifier}. Field: {path}";
        let text = "Value not found in classifier tax-office. Field: a.b";
        assert_eq!(argument(template, text, "classifier"), Some("tax-office"));
        assert_eq!(argument(template, text, "path"), None);
        assert_eq!(argument(template, "Something else", "classifier"), None);
    }
}
