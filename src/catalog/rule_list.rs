//! The rules as users see them: the tables of the objects, walked in the order in which they are
//! looked for, each rule with the prefixes of its list.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::{CUSTOMER, Check, Endpoints, HistoryRule, Object, Origin, Rule, Step, Walk, expand};

/// One rule of the contract. The key is its name for ever; codes repeat.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its number in the order in which rules are looked for, from 1. The rules of an object, and of
    /// the objects in it, have numbers one after the other.
    pub no: u16,
    /// The unique key: that of [`Rule::key`] behind those of the lists that lead to the object.
    pub key: String,
    /// With `{6|7}` where it follows the customer's entityType.
    pub code: String,
    /// The endpoints that check it.
    pub endpoints: Endpoints,
    /// The condition in words.
    pub when: String,
    /// The description, with its placeholders.
    pub text: String,
    /// Where the code and its text come from.
    pub origin: Origin,
    /// The rule as its object has it, without the prefixes.
    pub rule: &'static Rule,
    /// The object that it checks.
    pub object: &'static Object,
}

struct List {
    rows: Vec<RuleRow>,
    hash: String,
}

static LIST: LazyLock<List> = LazyLock::new(|| {
    let mut rows = Vec::new();
    flatten(&CUSTOMER, &mut rows, &Prefix::default());
    let texts: Vec<_> = rows.iter().map(RuleRow::texts).collect();
    let hash = hash_of(&texts);
    List { rows, hash }
});

impl RuleRow {
    /// What its hash is made of.
    fn texts(&self) -> [String; 6] {
        [
            self.key.clone(),
            self.code.clone(),
            self.endpoints.to_string(),
            self.when.clone(),
            self.text.clone(),
            self.origin.name().to_owned(),
        ]
    }
}

/// The hash of rules in their order, each by its key, code, endpoints, condition, text and origin.
pub fn hash_of(rules: &[[String; 6]]) -> String {
    let mut hasher = Sha256::new();
    for part in rules.iter().flatten() {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    crate::hex(&hasher.finalize())
}

#[derive(Default)]
struct Prefix {
    key: String,
    code: String,
    text: String,
    when: String,
}

fn flatten(object: &'static Object, rows: &mut Vec<RuleRow>, prefix: &Prefix) {
    for step in object.steps {
        match step {
            Step::Rule(rule) => {
                let related = !prefix.key.is_empty();
                let origin = rule.related_origin.filter(|_| related);
                let text = rule.related_text.filter(|_| related);
                let no = rows.len() as u16 + 1;
                rows.push(RuleRow {
                    no,
                    key: format!("{}{}", prefix.key, rule.key),
                    code: format!("{}{}", prefix.code, rule.code),
                    endpoints: rule.endpoints,
                    when: format!("{}{}", prefix.when, condition(rule, object)),
                    text: format!("{}{}", prefix.text, text.unwrap_or(rule.text)),
                    origin: origin.unwrap_or(rule.origin),
                    rule,
                    object,
                });
            }
            Step::Object(f) => {
                if let super::Type::Object(inner) = object.field(*f).ty {
                    flatten(inner, rows, prefix);
                }
            }
            Step::List(list) => {
                if let super::Type::List(inner) = object.field(list.field).ty {
                    let when = if list.key.is_empty() || !prefix.when.is_empty() {
                        prefix.when.clone()
                    } else {
                        format!("{}: ", object.field(list.field).name)
                    };
                    let inside = Prefix {
                        key: format!("{}{}", prefix.key, list.key),
                        code: format!("{}{}", prefix.code, list.code),
                        text: format!("{}{}", prefix.text, list.text),
                        when,
                    };
                    flatten(inner, rows, &inside);
                }
            }
        }
    }
}

/// The condition of a rule, with the names of the fields that it is about.
fn condition(rule: &Rule, object: &Object) -> String {
    let mut condition = String::new();
    expand(rule.when, &mut condition, |name, out| {
        let Check::Forbidden(fields) = &rule.check else {
            return false;
        };
        let labels: Vec<String> = fields.iter().map(|f| object.field(*f).label()).collect();
        out.push_str(&labels.join(", "));
        name == "fields"
    });
    condition
}

/// Every rule, in the order in which they are looked for.
pub fn rules() -> &'static [RuleRow] {
    &LIST.rows
}

/// The rules that need the history, in the order in which they are looked for.
pub fn history_rules() -> impl Iterator<Item = (&'static RuleRow, &'static HistoryRule)> {
    rules().iter().filter_map(|row| match &row.rule.check {
        Check::History(rule) => Some((row, rule)),
        _ => None,
    })
}

/// The rule that looks for this in every value; None only where the catalogue has none.
pub fn walk_rule(what: Walk) -> Option<&'static RuleRow> {
    let is_it = |row: &&RuleRow| matches!(row.rule.check, Check::Walk(w, _) if w == what);
    rules().iter().find(is_it)
}

/// A hash over the whole catalogue of rules: what the history names as the rules that judged.
pub fn rules_hash() -> &'static str {
    &LIST.hash
}

#[cfg(test)]
mod tests {
    use super::super::{ListStep, Type};
    use super::*;

    /// The rules that the steps of an object lead to, from this row on. Returns the row after them.
    fn assert_numbered(object: &'static Object, first_row: u16) -> u16 {
        for (step, row) in object.steps.iter().zip(object.rows) {
            let row = first_row + row;
            match step {
                Step::Rule(rule) => assert!(std::ptr::eq(rules()[row as usize].rule, rule)),
                Step::Object(f) | Step::List(ListStep { field: f, .. }) => {
                    let (Type::Object(inner) | Type::List(inner)) = object.field(*f).ty else {
                        panic!("{f:?} holds no object");
                    };
                    assert_numbered(inner, row);
                }
            }
        }
        first_row + object.rows[object.steps.len()]
    }

    #[test]
    fn the_steps_count_the_rows_as_the_list_has_them() {
        assert_eq!(assert_numbered(&CUSTOMER, 0) as usize, rules().len());
    }
}
