//! The rules as users see them: the tables of the objects, walked in the order in which they are
//! looked for, each rule with the prefixes of its place.

use std::sync::LazyLock;

use hashbrown::HashMap;
use sha2::{Digest, Sha256};

use super::{CUSTOMER, Endpoints, Object, Origin, Rule, Step};

/// One rule of the contract. The key is its name for ever; codes repeat.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its place in the order in which rules are looked for, from 1.
    pub no: u16,
    pub key: String,
    /// With `{6|7}` where it follows the customer's entityType.
    pub code: String,
    pub endpoints: Endpoints,
    /// The condition in words.
    pub when: String,
    /// The description, with its placeholders.
    pub text: String,
    pub origin: Origin,
    /// The rule as its object has it, without the prefixes.
    pub rule: &'static Rule,
    pub object: &'static Object,
}

struct List {
    rows: Vec<RuleRow>,
    by_key: HashMap<String, u16>,
    hash: String,
}

static LIST: LazyLock<List> = LazyLock::new(|| {
    let mut rows = Vec::new();
    flatten(&CUSTOMER, &mut rows, &Prefix::default());
    let by_key = rows.iter().map(|r| (r.key.clone(), r.no)).collect();
    let texts: Vec<_> = rows.iter().map(RuleRow::texts).collect();
    let hash = hash_of(&texts);
    List { rows, by_key, hash }
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
                    when: format!("{}{}", prefix.when, rule.when),
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
            Step::List(place) => {
                if let super::Type::List(inner) = object.field(place.field).ty {
                    let when = if place.key.is_empty() || !prefix.when.is_empty() {
                        prefix.when.clone()
                    } else {
                        format!("{}: ", object.field(place.field).name)
                    };
                    let inside = Prefix {
                        key: format!("{}{}", prefix.key, place.key),
                        code: format!("{}{}", prefix.code, place.code),
                        text: format!("{}{}", prefix.text, place.text),
                        when,
                    };
                    flatten(inner, rows, &inside);
                }
            }
        }
    }
}

/// Every rule, in the order in which they are looked for.
pub fn rules() -> &'static [RuleRow] {
    &LIST.rows
}

/// The rule with this key.
///
/// # Panics
/// When there is none: keys come from the catalogue itself.
pub fn rule(key: &str) -> &'static RuleRow {
    match LIST.by_key.get(key) {
        Some(no) => &LIST.rows[*no as usize - 1],
        None => panic!("the catalogue has no rule {key}"),
    }
}

/// A hash over the whole catalogue of rules: what the history names as the rules that judged.
pub fn rules_hash() -> &'static str {
    &LIST.hash
}
