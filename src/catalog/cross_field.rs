//! What rules may ask that look at more than one field or at the history. The row of such a rule holds
//! the function that decides it; the catalogue knows nothing of how a customer is stored.

use super::{
    Action, CategoryKind, Check, Classifier, Endpoint, EntityType, FieldIndex, RiskLevelSource,
};

/// A risk management category: for whom it is meant, and what it makes of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// None: for both.
    pub entity_type: Option<EntityType>,
    /// The kind of endpoint that it may be used at.
    pub kind: CategoryKind,
}

/// What a customer is as a whole.
#[derive(Clone, Copy, Debug)]
pub struct CustomerFacts {
    /// The endpoint that the customer was sent to.
    pub endpoint: Endpoint,
    /// The institution is several organizations, so that every customer must name its businessUnit.
    pub multi_organization: bool,
    /// None where the customer has no valid entityType.
    pub entity_type: Option<EntityType>,
    /// None where the customer has no valid source of the risk level.
    pub source: Option<RiskLevelSource>,
    /// None where the customer's category is in no classifier.
    pub category: Option<Category>,
}

impl CustomerFacts {
    pub(super) fn imports(&self) -> bool {
        self.source == Some(RiskLevelSource::Import)
    }
}

/// The fields of the object that a rule is one of, and the classifiers.
pub trait Fields {
    /// Whether the field is there and not blank.
    fn is_given(&self, f: FieldIndex) -> bool;
    /// Whether the field is given, and is none of its codes or values.
    fn is_wrong(&self, f: FieldIndex) -> bool;
    /// The text of the field as it was given.
    fn text(&self, f: FieldIndex) -> Option<&str>;
    /// The value of a field that has one of its values.
    fn choice(&self, f: FieldIndex) -> Option<&'static str>;
    /// Whether the classifier has a value, or ever had one.
    fn has_codes(&self, classifier: Classifier) -> bool;
}

impl dyn Fields + '_ {
    /// The field, if it is not given.
    pub(super) fn missing(&self, f: FieldIndex) -> Option<FieldIndex> {
        (!self.is_given(f)).then_some(f)
    }
}

/// Decides a rule across fields: returns the fields at which it holds, one finding each.
pub(super) type Holds = fn(&CustomerFacts, &dyn Fields) -> [Option<FieldIndex>; 2];

/// A rule that more than one field decides.
#[derive(Debug)]
pub struct CrossField {
    /// Decides whether the rule rejects the customer.
    pub holds: Holds,
    /// The values that would not break it, for `explain`.
    pub allowed: Allowed,
    /// What to do about it.
    pub fix: &'static str,
}

/// What may be given where a rule across fields holds.
#[derive(Debug)]
pub enum Allowed {
    /// What this field takes.
    Field(FieldIndex),
    /// This; empty where the rule is not about a value.
    Text(&'static str),
}

pub(super) const fn cross_field(holds: Holds, allowed: Allowed, fix: &'static str) -> Check {
    Check::CrossField(CrossField {
        holds,
        allowed,
        fix,
    })
}

/// This field, where the rule holds.
pub(super) fn when(holds: bool, f: FieldIndex) -> [Option<FieldIndex>; 2] {
    [holds.then_some(f), None]
}

/// What the history says about a customer that passed every other rule.
#[derive(Clone, Copy, Debug)]
pub struct HistoryFacts {
    /// Another accepted request has the communicationNumber.
    pub number_used: bool,
    /// What the customer with this customerExtId is now; None where there is no such customer.
    pub existing: Option<CategoryKind>,
    /// What the request asks for.
    pub action: Action,
    /// What the request would make of the customer.
    pub kind: Option<CategoryKind>,
}

/// A rule that needs the history.
#[derive(Debug)]
pub struct HistoryRule {
    /// Decides whether the rule rejects the customer.
    pub holds: fn(&HistoryFacts) -> bool,
    /// The field of the customer that it is about.
    pub field: FieldIndex,
    /// What to do about it.
    pub fix: &'static str,
}

pub(super) const fn history(
    holds: fn(&HistoryFacts) -> bool,
    field: FieldIndex,
    fix: &'static str,
) -> Check {
    Check::History(HistoryRule { holds, field, fix })
}
