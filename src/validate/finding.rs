//! One rule that holds for a customer, with the texts that answer it.

use crate::catalog::{EntityType, RuleRow, expand};

/// A rule that holds, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static RuleRow,
    /// The code as it is answered.
    pub code: String,
    /// The description as it is answered.
    pub description: String,
    /// The path of the field in the customer: `listAddress[0].country`.
    pub path: String,
}

impl Finding {
    /// A finding of this rule; `value` fills in the placeholders of its description.
    pub fn new(
        rule: &'static RuleRow,
        mut value: impl FnMut(&str, &mut String) -> bool,
        entity: Option<EntityType>,
        path: String,
    ) -> Finding {
        // Without a valid entityType the rules of related entities read as for a person.
        let entity = entity.unwrap_or(EntityType::Individual);
        let mut code = String::with_capacity(rule.code.len());
        expand(&rule.code, &mut code, |name, out| {
            let known = name == "6|7";
            if known {
                out.push(match entity {
                    EntityType::Individual => '6',
                    EntityType::Organization => '7',
                });
            }
            known
        });
        let mut description = String::with_capacity(rule.text.len() + 16);
        expand(&rule.text, &mut description, |name, out| {
            if name == "INDIVIDUAL|ORGANIZATION" {
                out.push_str(entity.name());
                return true;
            }
            value(name, out)
        });
        Finding {
            rule,
            code,
            description,
            path,
        }
    }

    /// A finding of a rule that needs the history: its texts have no placeholders.
    pub fn of_history(rule: &'static RuleRow, field: &str) -> Finding {
        Finding::new(rule, |_, _| false, None, field.to_owned())
    }
}
