//! The rules that more than one field decides. A row holds the function that decides it; what the
//! function may ask of a customer is [`Facts`], so that the catalogue knows nothing of how a customer
//! is stored.

use super::{
    Action, CategoryKind, Check, Classifier, Endpoint, EntityType, FieldIndex, RiskLevelSource,
};

/// A risk management category: for whom it is meant, and what it makes of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// None: for both.
    pub entity_type: Option<EntityType>,
    pub kind: CategoryKind,
}

/// What a rule may ask: about the request as a whole, and about the fields of the object that it is
/// a rule of.
pub trait Facts {
    /// The endpoint that the customer was sent to.
    fn endpoint(&self) -> Endpoint;
    /// Whether the institution is several organizations.
    fn multi_organization(&self) -> bool;
    /// Whether the classifier has a value, or ever had one.
    fn has_codes(&self, classifier: Classifier) -> bool;
    /// The customer's entityType; None where it has none that is valid.
    fn entity_type(&self) -> Option<EntityType>;
    /// Where the risk level comes from; None where the customer has no valid source.
    fn source(&self) -> Option<RiskLevelSource>;
    /// The customer's category; None where it is in no classifier.
    fn category(&self) -> Option<Category>;
    /// Whether the field is there and not blank.
    fn is_given(&self, f: FieldIndex) -> bool;
    /// Whether the field is given, and is none of its codes or values.
    fn is_wrong(&self, f: FieldIndex) -> bool;
    /// The text of the field as it was given.
    fn text(&self, f: FieldIndex) -> Option<&str>;
    /// The value of a field that has one of its values.
    fn choice(&self, f: FieldIndex) -> Option<&'static str>;
}

impl dyn Facts + '_ {
    /// The field, if it is not given.
    pub(super) fn missing(&self, f: FieldIndex) -> Option<FieldIndex> {
        (!self.is_given(f)).then_some(f)
    }

    pub(super) fn imports(&self) -> bool {
        self.source() == Some(RiskLevelSource::Import)
    }
}

/// The fields at which a rule holds: one finding each.
pub type Fields = [Option<FieldIndex>; 2];

/// A rule that more than one field decides.
#[derive(Debug)]
pub struct CrossField {
    /// The fields at which the rule holds.
    pub holds: fn(&dyn Facts) -> Fields,
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

pub(super) const fn cross_field(
    holds: fn(&dyn Facts) -> Fields,
    allowed: Allowed,
    fix: &'static str,
) -> Check {
    Check::CrossField(CrossField {
        holds,
        allowed,
        fix,
    })
}

/// This field, where the rule holds.
pub(super) fn when(holds: bool, f: FieldIndex) -> Fields {
    [holds.then_some(f), None]
}

/// What the history says about a customer that passed every other rule.
#[derive(Clone, Copy, Debug)]
pub struct HistoryFacts {
    /// Another accepted request has the communicationNumber.
    pub number_used: bool,
    /// What the customer with this customerExtId is now; None where there is no such customer.
    pub existing: Option<CategoryKind>,
    pub action: Action,
    /// What the request would make of the customer.
    pub kind: Option<CategoryKind>,
}

/// A rule that needs the history.
#[derive(Debug)]
pub struct HistoryRule {
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
