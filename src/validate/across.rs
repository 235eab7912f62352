//! The rules across fields: each a function of the customer as a whole, or of a part of it, that
//! tells at which fields the rule holds.

use hashbrown::HashSet;

use crate::catalog::{
    Across, CategoryKind, Classifier, CustomerKind, Datatype, Endpoints, EntityType, F,
    RiskLevelSource, additional_value, customer, related_entity,
};
use crate::request::{Kind, Node, value};

use super::interpret::{At, Run};

const ACTION: F = customer::customer("action");
const BUSINESS_UNIT: F = customer::customer("businessUnit");
const CATEGORY: F = customer::customer("riskManagementCategory");
const RISK_LEVEL: F = customer::customer("riskLevel");
const STATUS: F = customer::customer("customerStatus");
const CLOSING_DATE: F = customer::customer("closingDate");

const AV_CODE: F = additional_value("code");
const AV_DATATYPE: F = additional_value("datatype");
const AV_VALUE: F = additional_value("value");
const AV_LIST: F = customer::customer("listAdditionalValues");
const RELATED_AV_LIST: F = related_entity("listAdditionalValues");

const RELATED_TYPE: F = related_entity("entityType");
const FIRST_NAME: F = related_entity("firstName");
const LAST_NAME: F = related_entity("lastName");
const TITLE: F = related_entity("title");

type Fields = [Option<F>; 2];
const NOWHERE: Fields = [None, None];

fn when(holds: bool, f: F) -> Fields {
    [holds.then_some(f), None]
}

/// The fields at which a rule across fields holds.
pub(super) fn holds(run: &mut Run<'_, '_>, across: Across, at: At<'_, '_>) -> Fields {
    match across {
        Across::DeleteAction => delete_action(run),
        Across::BusinessUnitMissing => when(
            run.judge.multi_organization && !run.root.slot(BUSINESS_UNIT).is_given(),
            BUSINESS_UNIT,
        ),
        Across::BusinessUnitUnknown => business_unit_unknown(run),
        Across::CategoryNotSupported => when(category_not_supported(run), CATEGORY),
        Across::ImportOfLead => when(
            imports(run)
                && run
                    .context
                    .category
                    .is_some_and(|c| c.kind == CategoryKind::Lead),
            CATEGORY,
        ),
        Across::ImportRiskLevel => import_risk_level(run),
        Across::EvaluateRiskLevel => evaluate_risk_level(run),
        Across::ImportStatus => import_status(run),
        Across::ClosingDateMissing => when(
            run.root.choice(STATUS) == Some("CLOSED") && !run.root.slot(CLOSING_DATE).is_given(),
            CLOSING_DATE,
        ),
        Across::ClosingDateNotAllowed => when(closing_date_not_allowed(run), CLOSING_DATE),
        Across::AdditionalValueTwice => when(additional_value_twice(run, at), AV_CODE),
        Across::RelatedName => related_name(at.node),
        // Looks at the items of a list of values, which are no fields: see the interpreter.
        Across::UnknownScreening => NOWHERE,
    }
}

fn imports(run: &Run<'_, '_>) -> bool {
    run.context.source == Some(RiskLevelSource::Import)
}

/// DELETE is none of the action's values; C003a speaks of it.
fn delete_action(run: &mut Run<'_, '_>) -> Fields {
    let slot = run.root.slot(ACTION);
    let delete = slot.kind == Kind::NoChoice && run.root.slot_text(slot) == Some("DELETE");
    if delete {
        run.bad_choice(slot);
    }
    when(delete, ACTION)
}

fn business_unit_unknown(run: &Run<'_, '_>) -> Fields {
    let classifiers = run.judge.classifiers;
    let unknown = !classifiers.never_had_values(Classifier::BusinessUnit)
        && run
            .root
            .sound_text(BUSINESS_UNIT)
            .is_some_and(|unit| !classifiers.holds(Classifier::BusinessUnit, unit));
    when(unknown, BUSINESS_UNIT)
}

fn category_not_supported(run: &Run<'_, '_>) -> bool {
    let Some(category) = run.context.category else {
        return false;
    };
    let other_type = match (category.entity_type, run.context.entity) {
        (Some(meant), Some(given)) => meant != given,
        _ => false,
    };
    let simplified = category.kind == CategoryKind::Simplified;
    let other_endpoint =
        simplified != (run.judge.endpoint.customer_kind() == CustomerKind::Simplified);
    other_type || other_endpoint
}

/// At all endpoints but `customer` an absent riskLevel means NONE.
fn import_risk_level(run: &mut Run<'_, '_>) -> Fields {
    if !imports(run) {
        return NOWHERE;
    }
    let slot = run.root.slot(RISK_LEVEL);
    let absent = Endpoints::EVALUATING.has(run.judge.endpoint) && !slot.is_given();
    when(run.bad_choice(slot) || absent, RISK_LEVEL)
}

fn evaluate_risk_level(run: &mut Run<'_, '_>) -> Fields {
    if run.context.source != Some(RiskLevelSource::Evaluate) {
        return NOWHERE;
    }
    let slot = run.root.slot(RISK_LEVEL);
    let other = run.bad_choice(slot) || run.root.choice(RISK_LEVEL).is_some_and(|l| l != "NONE");
    when(other, RISK_LEVEL)
}

/// A simplified customer needs no customerStatus.
fn import_status(run: &mut Run<'_, '_>) -> Fields {
    if !imports(run) {
        return NOWHERE;
    }
    let slot = run.root.slot(STATUS);
    let absent = Endpoints::REGULAR.has(run.judge.endpoint) && !slot.is_given();
    when(run.bad_choice(slot) || absent, STATUS)
}

/// No status is none that is CLOSED. One that cannot be read may have been meant to be: another rule
/// speaks of it.
fn closing_date_not_allowed(run: &Run<'_, '_>) -> bool {
    let status = run.root.slot(STATUS);
    let readable = !matches!(status.kind, Kind::Bad | Kind::NoChoice);
    readable && run.root.choice(STATUS) != Some("CLOSED") && run.root.slot(CLOSING_DATE).is_given()
}

/// Whether an item before this one in the same list has its code. Long lists are looked through
/// once, not once for each item.
fn additional_value_twice(run: &mut Run<'_, '_>, at: At<'_, '_>) -> bool {
    const SHORT_LIST: u32 = 16;
    let (Some(frame), Some(code)) = (at.frame, at.node.sound_text(AV_CODE)) else {
        return false;
    };
    let list = match frame.parent {
        None => AV_LIST,
        Some(_) => RELATED_AV_LIST,
    };
    let owner = frame.owner;
    let code_of = |item| owner.item_node(list, item)?.sound_text(AV_CODE);
    let slot = owner.slot(list);
    if slot.item_count() <= SHORT_LIST {
        let before = owner.items(list).take(frame.index as usize);
        return before.filter_map(code_of).any(|other| other == code);
    }
    let known = matches!(&run.repeated, Some((of, _)) if std::ptr::eq(*of, slot));
    if !known {
        let mut seen = HashSet::new();
        let repeated = (0u32..)
            .zip(owner.items(list))
            .filter(|(_, item)| code_of(item).is_some_and(|code| !seen.insert(code)))
            .map(|(index, _)| index)
            .collect();
        run.repeated = Some((slot, repeated));
    }
    run.repeated
        .as_ref()
        .is_some_and(|(_, repeated)| repeated.contains(&frame.index))
}

fn related_name(node: &Node<'_>) -> Fields {
    let missing = |f: F| (!node.slot(f).is_given()).then_some(f);
    match node.choice(RELATED_TYPE).and_then(EntityType::from_name) {
        Some(EntityType::Individual) => [missing(FIRST_NAME), missing(LAST_NAME)],
        Some(EntityType::Organization) => [missing(TITLE), None],
        None => NOWHERE,
    }
}

/// The value of an additional value of this datatype, where it does not read as one.
pub(super) fn bad_datatype_value(node: &Node<'_>, datatype: Datatype) -> Option<F> {
    if node.choice(AV_DATATYPE) != Some(datatype.name()) {
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
