//! The interpreter of the catalogue: walks an object's steps in their order and decides each rule.

use std::fmt::Write;

use hashbrown::HashSet;

use crate::catalog::{
    self, Across, Applies, CUSTOMER, CategoryKind, Check, EntityType, F, Place, RiskLevelSource,
    Rule, Step, Type, Walk, customer, rule,
};
use crate::classifier::Category;
use crate::request::{Kind, Node, Note, NoteDetail, NoteKind, Path, Slot};

use super::finding::Finding;
use super::{Judge, walk};

const ENTITY_TYPE: F = customer::customer("entityType");
const SOURCE: F = customer::customer("sourceOfRiskLevel");
const CATEGORY: F = customer::customer("riskManagementCategory");
const STATUS: F = customer::customer("customerStatus");
const SCREENING: F = customer::customer("initializeScreeningProcesses");

/// The most findings of one customer that are kept. A customer with more was made by a machine gone
/// wrong, and its first ten thousand tell enough.
const FINDINGS_KEPT: usize = 10_000;

/// What the customer is as a whole; many rules hang on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub entity: Option<EntityType>,
    /// None where it is neither IMPORT nor EVALUATE, which is an error of its own.
    pub source: Option<RiskLevelSource>,
    pub category: Option<Category>,
}

/// The list items that the interpreter is inside of, linked on the stack.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 't> {
    pub place: &'static Place,
    pub index: u32,
    /// The object that holds the list.
    pub owner: &'f Node<'t>,
    pub parent: Option<&'f Frame<'f, 't>>,
}

/// An object that is being checked, and where.
#[derive(Clone, Copy)]
pub(super) struct At<'f, 't> {
    pub node: &'f Node<'t>,
    pub path: &'f Path<'f>,
    pub frame: Option<&'f Frame<'f, 't>>,
}

/// One customer being judged.
pub(super) struct Run<'j, 't> {
    pub judge: &'j Judge<'j>,
    pub root: Node<'t>,
    pub marks: crate::request::Marks,
    pub context: Context,
    pub findings: Vec<Finding>,
    pub notes: Vec<Note>,
    /// Bad values that a rule of the field has spoken of; TYP01 is then silent.
    pub spoken: HashSet<*const Slot>,
    /// In the long list of additional values that is being walked: which items repeat a code.
    pub repeated: Option<(*const Slot, HashSet<u32>)>,
    /// How many findings there were beyond those that are kept.
    more_findings: u64,
}

impl<'j, 't> Run<'j, 't> {
    pub fn new(
        judge: &'j Judge<'j>,
        root: Node<'t>,
        marks: crate::request::Marks,
        notes: Vec<Note>,
    ) -> Run<'j, 't> {
        let entity = root.choice(ENTITY_TYPE).and_then(EntityType::from_name);
        let source = match judge.endpoint.evaluates() {
            true => root.choice(SOURCE).and_then(RiskLevelSource::from_name),
            false => Some(RiskLevelSource::Import),
        };
        let category = root
            .sound_text(CATEGORY)
            .and_then(|code| judge.classifiers.category(code));
        Run {
            judge,
            root,
            marks,
            context: Context {
                entity,
                source,
                category,
            },
            findings: Vec::new(),
            notes,
            spoken: HashSet::new(),
            repeated: None,
            more_findings: 0,
        }
    }

    /// Checks the whole customer.
    pub fn customer(&mut self) {
        let root = self.root;
        self.steps(At {
            node: &root,
            path: &Path::Root,
            frame: None,
        });
        self.note_ignored();
        if self.more_findings > 0 {
            self.notes.push(Note {
                kind: NoteKind::MoreFindings,
                path: String::new(),
                about: NoteDetail::Findings(self.more_findings),
            });
        }
    }

    fn steps(&mut self, at: At<'_, 't>) {
        for step in at.node.object().steps {
            match step {
                Step::Rule(rule) => self.rule(rule, at),
                Step::Object(f) => {
                    if let Some(child) = at.node.child(*f) {
                        let name = at.node.object().field(*f).name;
                        self.steps(At {
                            node: &child,
                            path: &Path::Field(at.path, name),
                            frame: at.frame,
                        });
                    }
                }
                Step::List(place) => self.list(place, at),
            }
        }
    }

    fn list(&mut self, place: &'static Place, at: At<'_, 't>) {
        let name = at.node.object().field(place.field).name;
        for (index, item) in at.node.items(place.field).enumerate() {
            let Some(node) = at.node.item_node(place.field, item) else {
                continue;
            };
            let index = index as u32;
            let frame = Frame {
                place,
                index,
                owner: at.node,
                parent: at.frame,
            };
            self.steps(At {
                node: &node,
                path: &Path::Index(&Path::Field(at.path, name), index),
                frame: Some(&frame),
            });
        }
    }

    fn rule(&mut self, rule: &'static Rule, at: At<'_, 't>) {
        let applies = match rule.applies {
            Applies::Both => true,
            Applies::Individual => self.context.entity == Some(EntityType::Individual),
            Applies::Organization => self.context.entity == Some(EntityType::Organization),
        };
        if !applies || !rule.endpoints.has(self.judge.endpoint) {
            return;
        }
        let node = at.node;
        match &rule.check {
            Check::Absent(f) => {
                if !node.slot(*f).is_given() {
                    self.find(rule, at, *f);
                }
            }
            Check::AbsentAt(f, endpoints) => {
                if endpoints.has(self.judge.endpoint) && !node.slot(*f).is_given() {
                    self.find(rule, at, *f);
                }
            }
            Check::Blank(f) => {
                if node.slot(*f).kind == Kind::Blank {
                    self.find(rule, at, *f);
                }
            }
            Check::Unknown(fields) => {
                for f in *fields {
                    if self.unknown(node, *f) {
                        self.find(rule, at, *f);
                    }
                }
            }
            Check::AbsentOrUnknown(f) => {
                if !node.slot(*f).is_given() || self.unknown(node, *f) {
                    self.find(rule, at, *f);
                }
            }
            Check::UnknownOrAbsentAt(f, endpoints) => {
                let absent = endpoints.has(self.judge.endpoint) && !node.slot(*f).is_given();
                if absent || self.unknown(node, *f) {
                    self.find(rule, at, *f);
                }
            }
            Check::AbsentOrInNeither(f, one, other) => {
                let in_neither = node.sound_text(*f).is_some_and(|code| {
                    let classifiers = self.judge.classifiers;
                    !classifiers.holds(*one, code) && !classifiers.holds(*other, code)
                });
                if in_neither || !node.slot(*f).is_given() {
                    self.find(rule, at, *f);
                }
            }
            Check::NoChoice(f) => {
                if self.bad_choice(node.slot(*f)) || !node.slot(*f).is_given() {
                    self.find(rule, at, *f);
                }
            }
            Check::BadChoice(f) => {
                if self.bad_choice(node.slot(*f)) {
                    self.find(rule, at, *f);
                }
            }
            Check::Forbidden(fields) => {
                for f in *fields {
                    if node.slot(*f).is_given() {
                        self.find(rule, at, *f);
                    }
                }
            }
            Check::NoneOf(fields) => {
                if fields.iter().all(|f| !node.slot(*f).is_given()) {
                    self.find(rule, at, fields[0]);
                }
            }
            Check::BadDatatypeValue(datatype) => {
                if let Some(f) = super::across::bad_datatype_value(node, *datatype) {
                    self.find(rule, at, f);
                }
            }
            Check::Across(across) => self.across(*across, rule, at),
            Check::Walk(what) => self.walk(*what, rule, at),
            Check::History => {}
        }
    }

    /// Given as sound text, and not in the field's classifier.
    fn unknown(&self, node: &Node<'_>, f: F) -> bool {
        let Some(classifier) = node.object().field(f).classifier else {
            return false;
        };
        node.sound_text(f)
            .is_some_and(|code| !self.judge.classifiers.holds(classifier, code))
    }

    /// Given, and not one of the field's values. The rule that asks is the one that speaks of it.
    pub fn bad_choice(&mut self, slot: &Slot) -> bool {
        let bad = matches!(slot.kind, Kind::NoChoice | Kind::Bad);
        if bad {
            self.spoken.insert(slot);
        }
        bad
    }

    fn across(&mut self, across: Across, rule: &'static Rule, at: At<'_, 't>) {
        if across == Across::UnknownScreening {
            return self.unknown_screening(rule, at);
        }
        for f in super::across::holds(self, across, at).into_iter().flatten() {
            self.find(rule, at, f);
        }
    }

    /// Each item of the list that is no screening process; one that is, where the endpoint has no
    /// screening, is told as ignored.
    fn unknown_screening(&mut self, rule: &'static Rule, at: At<'_, 't>) {
        let field = at.node.object().field(SCREENING);
        for (index, item) in at.node.items(SCREENING).enumerate() {
            let path = Path::Index(&Path::Field(at.path, field.name), index as u32);
            if self.bad_choice(item) {
                let value = at.node.slot_text(item).unwrap_or_default();
                self.push(rule, at.frame, path, |name, out| {
                    let known = name == "value";
                    if known {
                        out.push_str(value);
                    }
                    known
                });
            } else if item.is_given() && self.judge.endpoint.is_batch() {
                self.notes.push(Note {
                    kind: NoteKind::IgnoredField,
                    path: path.to_string(),
                    about: NoteDetail::Text("there is no screening at this endpoint"),
                });
            }
        }
    }

    fn walk(&mut self, what: Walk, rule: &'static Rule, at: At<'_, 't>) {
        let due = match what {
            Walk::BadType => self.marks.bad,
            Walk::TooLong => self.marks.long,
            Walk::GivenTwice => self.marks.twice,
            Walk::ControlCharacter => self.marks.control,
            Walk::BoundClassifier => self.judge.classifiers.has_bindings(),
        };
        if due {
            walk::node(self, what, rule, at.node, at.path);
        }
    }

    /// Keeps a finding at a field of the object.
    fn find(&mut self, rule: &'static Rule, at: At<'_, 't>, f: F) {
        let field = at.node.object().field(f);
        let path = Path::Field(at.path, field.name);
        let code = (at.node.object().name == "AdditionalValue")
            .then(|| at.node.text(crate::catalog::additional_value("code")))
            .flatten()
            .unwrap_or_default();
        self.push(rule, at.frame, path, |name, out| {
            match name {
                "code" => out.push_str(code),
                // {Field}, {FirstName|LastName|Title}: the field that the finding is about.
                "Field" => out.push_str(&field.label()),
                _ if name.split('|').any(|n| n == field.label()) => out.push_str(&field.label()),
                _ => return false,
            }
            true
        });
    }

    /// Keeps a finding at a path; `value` fills in what the text has besides indexes.
    pub fn push(
        &mut self,
        rule_row: &'static Rule,
        frame: Option<&Frame<'_, '_>>,
        path: Path<'_>,
        mut value: impl FnMut(&str, &mut String) -> bool,
    ) {
        if self.findings.len() >= FINDINGS_KEPT {
            self.more_findings += 1;
            return;
        }
        let mut key = String::new();
        let mut indexes = [0; 2];
        prefix(frame, &mut key, &mut indexes);
        key.push_str(rule_row.key);
        let row = rule(&key);
        let finding = Finding::new(
            row,
            |name, out| match name {
                "i" => write!(out, "{}", indexes[0]).is_ok(),
                "j" => write!(out, "{}", indexes[1]).is_ok(),
                _ => value(name, out),
            },
            self.context.entity,
            path.to_string(),
        );
        self.findings.push(finding);
    }

    /// Notes fields that the endpoint takes and does nothing with, unless they say what holds there
    /// anyway.
    fn note_ignored(&mut self) {
        if self.marks.ignored {
            for f in catalog::ignored_fields() {
                let (field, slot) = (CUSTOMER.field(*f), self.root.slot(*f));
                let held = field.holds_anyway;
                let says_more = slot.is_given() && (held.is_none() || self.root.choice(*f) != held);
                if says_more && field.ignored_at.has(self.judge.endpoint) {
                    self.notes.push(Note {
                        kind: NoteKind::IgnoredField,
                        path: field.name.into(),
                        about: NoteDetail::Text(
                            "the source of the risk level is always IMPORT at this endpoint",
                        ),
                    });
                }
            }
        }
        let lead = self
            .context
            .category
            .is_some_and(|c| c.kind == CategoryKind::Lead);
        let status = CUSTOMER.field(STATUS);
        if lead && self.root.choice(STATUS).is_some_and(|s| s != "PENDING") {
            self.notes.push(Note {
                kind: NoteKind::IgnoredField,
                path: status.name.into(),
                about: NoteDetail::Text("the status of a lead stays PENDING"),
            });
        }
    }
}

/// The key's prefix and the indexes of the lists that lead to a place, outermost first. Returns the
/// depth of the frame.
fn prefix(frame: Option<&Frame<'_, '_>>, key: &mut String, indexes: &mut [u32; 2]) -> usize {
    let Some(frame) = frame else { return 0 };
    let depth = prefix(frame.parent, key, indexes);
    key.push_str(frame.place.key);
    indexes[depth] = frame.index;
    depth + 1
}

/// Whether the type is a list, of objects or of values.
pub(super) fn is_list(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Choices(_))
}
