//! One rule that holds for a customer, with the texts that answer it.

use std::fmt::Write;

use crate::catalog::{EntityType, Field, RuleRow, expand};

/// A rule that holds, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that holds.
    pub rule: &'static RuleRow,
    /// The code as it is answered.
    pub code: String,
    /// The description as it is answered.
    pub description: String,
    /// The path of the field in the customer: `listAddress[0].country`.
    pub path: String,
}

/// What fills the placeholders of a rule's code and description; what a rule does not mention is left
/// at its default.
#[derive(Clone, Copy, Default)]
pub(super) struct Arguments<'a> {
    /// The customer's; without a valid one the rules of related entities read as for a person.
    pub entity: Option<EntityType>,
    /// The indexes of the list items that lead to the finding, outermost first.
    pub indexes: [u32; 2],
    pub field: Option<&'static Field>,
    /// What TYP01 calls the type that the value should have.
    pub type_name: &'static str,
    /// The code of the additional value.
    pub code: &'a str,
    pub value: &'a str,
    pub classifier: &'a str,
}

impl Arguments<'_> {
    /// Appends what a placeholder stands for; false where it is not known. One that lists
    /// alternatives, as `{6|7}` does, stands for the one of them that is true of the customer.
    fn write(&self, name: &str, path: &str, out: &mut String) -> bool {
        let label = || self.field.map(Field::label).unwrap_or_default();
        match name {
            "i" => return write!(out, "{}", self.indexes[0]).is_ok(),
            "j" => return write!(out, "{}", self.indexes[1]).is_ok(),
            "max_chars" => {
                let max = self.field.and_then(|field| field.max_chars);
                return write!(out, "{}", max.unwrap_or_default()).is_ok();
            }
            "Field" => out.push_str(&label()),
            "path" => out.push_str(path),
            "code" => out.push_str(self.code),
            "value" => out.push_str(self.value),
            "classifier" => out.push_str(self.classifier),
            alternatives => {
                let entity = self.entity.unwrap_or(EntityType::Individual);
                let digit = match entity {
                    EntityType::Individual => "6",
                    EntityType::Organization => "7",
                };
                let label = label();
                let true_ones = [digit, entity.name(), &label, self.type_name];
                let mut alternatives = alternatives.split('|');
                let Some(word) = alternatives.find(|word| true_ones.contains(word)) else {
                    return false;
                };
                out.push_str(word);
            }
        }
        true
    }
}

impl Finding {
    /// A finding of this rule at this path.
    pub(super) fn new(rule: &'static RuleRow, path: String, arguments: &Arguments<'_>) -> Finding {
        let text = |template: &str| {
            let mut text = String::with_capacity(template.len() + 16);
            expand(template, &mut text, |name, out| {
                arguments.write(name, &path, out)
            });
            text
        };
        Finding {
            rule,
            code: text(&rule.code),
            description: text(&rule.text),
            path,
        }
    }

    /// A finding of a rule that needs the history, at this field of the customer.
    pub fn of_history(rule: &'static RuleRow, field: &str) -> Finding {
        Finding::new(rule, field.to_owned(), &Arguments::default())
    }
}
