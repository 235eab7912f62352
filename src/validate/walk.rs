//! The rules that look at every value of a customer: TYP01 to TYP04 and CLS01, in the order of the
//! field tables, the objects and items of a field walked where it stands.

use crate::catalog::{F, Field, Rule, Type, Walk, additional_value};
use crate::request::{Kind, Node, Path, Slot};

use super::interpret::{Run, is_list};

const AV_CODE: F = additional_value("code");
const AV_VALUE: F = additional_value("value");

/// Walks one object.
pub(super) fn node<'t>(
    run: &mut Run<'_, 't>,
    what: Walk,
    rule: &'static Rule,
    node: &Node<'t>,
    path: &Path<'_>,
) {
    for (f, field, slot) in node.fields() {
        let here = Path::Field(path, field.name);
        // What an endpoint ignores cannot be wrong, but it can be ambiguous.
        if what == Walk::GivenTwice || !field.ignored_at.has(run.judge.endpoint) {
            let holds = match what {
                Walk::BadType => is_bad(run, slot),
                Walk::TooLong => slot.long,
                Walk::GivenTwice => slot.twice,
                Walk::ControlCharacter => slot.control,
                Walk::BoundClassifier => {
                    bound(run, rule, node, f, here);
                    false
                }
            };
            if holds {
                push(run, rule, here, field, field.ty.error_name(), None);
            }
        }
        if let Some(child) = node.child(f) {
            self::node(run, what, rule, &child, &here);
        } else if is_list(&field.ty) {
            for (index, item) in node.items(f).enumerate() {
                let here = Path::Index(&here, index as u32);
                match node.item_node(f, item) {
                    Some(child) => self::node(run, what, rule, &child, &here),
                    None if what == Walk::BadType && is_bad(run, item) => {
                        let ty = match field.ty {
                            Type::Choices(_) => "ENUM",
                            _ => "OBJECT",
                        };
                        push(run, rule, here, field, ty, None);
                    }
                    None => {}
                }
            }
        }
    }
}

/// Not what the type takes, and no rule of the field has spoken of it.
fn is_bad(run: &Run<'_, '_>, slot: &Slot) -> bool {
    matches!(slot.kind, Kind::Bad | Kind::NoChoice)
        && !run.spoken.contains(&std::ptr::from_ref(slot))
}

/// The added classifiers that are bound to the field, or to the additional value with this code,
/// and do not hold what is given.
fn bound<'t>(run: &mut Run<'_, 't>, rule: &'static Rule, node: &Node<'t>, f: F, here: Path<'_>) {
    let Some(given) = node.sound_text(f) else {
        return;
    };
    let object = node.object();
    let classifiers = run.judge.classifiers;
    for name in classifiers.missing_in_bound(object.id, f, given) {
        push(run, rule, here, object.field(f), "", Some(name));
    }
    if object.name == "AdditionalValue"
        && f == AV_VALUE
        && let Some(code) = node.sound_text(AV_CODE)
    {
        for name in classifiers.missing_in_bound_value(code, given) {
            push(run, rule, here, object.field(f), "", Some(name));
        }
    }
}

fn push(
    run: &mut Run<'_, '_>,
    rule: &'static Rule,
    path: Path<'_>,
    field: &Field,
    ty: &str,
    classifier: Option<&str>,
) {
    run.push(rule, None, path, |name, out| {
        match name {
            "path" => out.push_str(&path.to_string()),
            "max_chars" => out.push_str(&field.max_chars.unwrap_or_default().to_string()),
            "classifier" => out.push_str(classifier.unwrap_or_default()),
            _ if name.starts_with("BOOLEAN|") => out.push_str(ty),
            _ => return false,
        }
        true
    });
}
