//! What a rule of the catalogue is, and the steps in which an object is checked.
//!
//! A list that leads into an object carries the prefix of code and text, so that `Co1` is written
//! once and answers as `Q001.Co1` on a customer and as `C016.C016.RE06.Co1` on a related entity.

use super::{Applies, Classifier, Datatype, Endpoints, F};

/// Where a code and its text come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Both stand in the API's own documents.
    Published,
    /// The text stands there; the code is kycdrop's.
    TextPublished,
    /// Both are kycdrop's.
    Ours,
}

impl Origin {
    /// The words of the reference page.
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Published => "published",
            Origin::TextPublished => "text published",
            Origin::Ours => "ours",
        }
    }
}

/// One rule as it is written in an object's table. What a user sees is a
/// [`super::RuleRow`], with the prefixes of the place put in front.
#[derive(Debug)]
pub struct Rule {
    /// Its stable name; codes repeat, names do not.
    pub key: &'static str,
    pub code: &'static str,
    pub origin: Origin,
    /// The origin where the rule answers for a part of a related entity.
    pub related_origin: Option<Origin>,
    /// The description where the rule answers for a part of a related entity.
    pub related_text: Option<&'static str>,
    pub endpoints: Endpoints,
    pub applies: Applies,
    /// The condition in words, for the reference page.
    pub when: &'static str,
    /// The description, with its placeholders.
    pub text: &'static str,
    pub check: Check,
}

/// How a rule is decided. All but [`Check::Across`] are read off one field.
#[derive(Debug)]
pub enum Check {
    /// Absent or blank.
    Absent(F),
    /// Absent or blank, at these endpoints.
    AbsentAt(F, Endpoints),
    /// Given, but blank.
    Blank(F),
    /// Given, and not in the field's classifier; the first of these fields first.
    Unknown(&'static [F]),
    /// Absent, blank or not in the field's classifier.
    AbsentOrUnknown(F),
    /// Not in the field's classifier, or absent at these endpoints.
    UnknownOrAbsentAt(F, Endpoints),
    /// Absent, blank or in neither of two classifiers.
    AbsentOrInNeither(F, Classifier, Classifier),
    /// Absent or not one of the field's values.
    NoChoice(F),
    /// Given, and not one of the field's values.
    BadChoice(F),
    /// Any of these is given; one finding each.
    Forbidden(&'static [F]),
    /// None of these is given.
    NoneOf(&'static [F]),
    /// The datatype is this one, and the value does not read as it.
    BadDatatypeValue(Datatype),
    /// More than one field decides; the function of this name in `validate`.
    Across(Across),
    /// Looked for in the whole customer, in the order of the field tables.
    Walk(Walk),
    /// Needs the history; decided by the one writer in the order of the batch.
    History,
}

/// The rules across fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    DeleteAction,
    BusinessUnitMissing,
    BusinessUnitUnknown,
    CategoryNotSupported,
    ImportOfLead,
    ImportRiskLevel,
    EvaluateRiskLevel,
    ImportStatus,
    ClosingDateMissing,
    ClosingDateNotAllowed,
    AdditionalValueTwice,
    RelatedName,
    UnknownScreening,
}

/// The rules that look at every value of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    BadType,
    TooLong,
    GivenTwice,
    ControlCharacter,
    BoundClassifier,
}

/// One step in checking an object.
#[derive(Debug)]
pub enum Step {
    Rule(Rule),
    /// Into an object that the field holds.
    Object(F),
    /// Into every item of a list.
    List(Place),
}

/// A list that leads into an object, with what it puts in front.
#[derive(Debug)]
pub struct Place {
    pub field: F,
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
        when,
        text,
        check,
    }
}

impl Rule {
    pub(super) const fn at(mut self, endpoints: Endpoints) -> Rule {
        self.endpoints = endpoints;
        self
    }

    pub(super) const fn individual(mut self) -> Rule {
        self.applies = Applies::Individual;
        self
    }

    pub(super) const fn organization(mut self) -> Rule {
        self.applies = Applies::Organization;
        self
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

pub(super) const fn place(
    field: F,
    key: &'static str,
    code: &'static str,
    text: &'static str,
) -> Step {
    Step::List(Place {
        field,
        key,
        code,
        text,
    })
}

/// Writes a template to `out` with each `{name}` replaced by what `value` appends for it. A name
/// that `value` does not know (it returns false) stays as it is.
pub fn expand(template: &str, out: &mut String, mut value: impl FnMut(&str, &mut String) -> bool) {
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let whole = &rest[open..=open + close];
        if !value(&whole[1..whole.len() - 1], out) {
            out.push_str(whole);
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
}
