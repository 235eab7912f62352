//! The rules that look at every value of a customer: TYP01 to TYP04 and CLS01, in the order of the
//! field tables, the objects and items of a field after the field itself.

use crate::catalog::{ADDITIONAL_VALUE, Field, FieldIndex, Type, Walk, additional_value};
use crate::request::{Node, Path, Slot, SlotId};

use super::finding::Arguments;
use super::interpret::{Run, is_list};

const AV_CODE: FieldIndex = additional_value("code");
const AV_VALUE: FieldIndex = additional_value("value");

/// Walks one object, for the rule of this row.
pub(super) fn node<'t>(
    run: &mut Run<'_, 't>,
    what: Walk,
    row: u16,
    node: &Node<'t>,
    path: &Path<'_>,
) {
    for (f, field, slot) in node.fields() {
        let here = Path::Field(path, field.name);
        // What an endpoint ignores cannot be wrong, but it can be ambiguous.
        if what == Walk::GivenTwice || !field.ignored_at.has(run.judge.endpoint) {
            let holds = match what {
                Walk::BadType => is_bad(run, slot, node.slot_id(f)),
                Walk::TooLong => slot.long,
                Walk::GivenTwice => slot.twice,
                Walk::ControlCharacter => slot.control,
                Walk::BoundClassifier => {
                    bound(run, row, node, f, here);
                    false
                }
            };
            if holds {
                run.push(row, None, here, arguments(field, field.ty.error_name()));
            }
        }
        if let Some(child) = node.child(f) {
            self::node(run, what, row, &child, &here);
        } else if is_list(&field.ty) {
            for (index, (id, item)) in (0u32..).zip(node.items(f).with_ids()) {
                let here = Path::Index(&here, index);
                match node.item_node(f, item) {
                    Some(child) => self::node(run, what, row, &child, &here),
                    None if what == Walk::BadType && is_bad(run, item, id) => {
                        let type_name = match field.ty {
                            Type::Choices(_) => "ENUM",
                            _ => "OBJECT",
                        };
                        run.push(row, None, here, arguments(field, type_name));
                    }
                    None => {}
                }
            }
        }
    }
}

/// Not what the type takes, and no rule of the field has reported it.
fn is_bad(run: &Run<'_, '_>, slot: &Slot, id: SlotId) -> bool {
    slot.is_unreadable() && !run.reported.contains(&id)
}

/// The added classifiers that are bound to the field, or to the additional value with this code,
/// and do not hold what is given.
fn bound<'t>(run: &mut Run<'_, 't>, row: u16, node: &Node<'t>, f: FieldIndex, here: Path<'_>) {
    let Some(given) = node.sound_text(f) else {
        return;
    };
    let object = node.object();
    let arguments = |classifier| Arguments {
        classifier,
        ..arguments(object.field(f), "")
    };
    let classifiers = run.judge.classifiers;
    for name in classifiers.missing_in_bound(object.id, f, given) {
        run.push(row, None, here, arguments(name));
    }
    if object.id == ADDITIONAL_VALUE.id
        && f == AV_VALUE
        && let Some(code) = node.sound_text(AV_CODE)
    {
        for name in classifiers.missing_in_bound_value(code, given) {
            run.push(row, None, here, arguments(name));
        }
    }
}

fn arguments(field: &'static Field, type_name: &'static str) -> Arguments<'static> {
    Arguments {
        field: Some(field),
        type_name,
        ..Arguments::default()
    }
}
