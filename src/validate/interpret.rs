//! The interpreter of the catalogue: walks an object's steps in their order and decides each rule.

use hashbrown::HashSet;

use crate::catalog::{
    self, ADDITIONAL_VALUE, CUSTOMER, CategoryKind, Check, CodeSet, CustomerFacts, Endpoints,
    EntityType, FieldIndex, RiskLevelSource, Rule, Scope, Step, Type, Walk, additional_value,
    customer, rules,
};
use crate::request::{Kind, Marks, Node, Note, NoteDetail, NoteKind, Path, SlotId};

use super::finding::{Arguments, Finding};
use super::view::{View, bad_datatype_value, is_wrong};
use super::{Judge, names, walk};

const ENTITY_TYPE: FieldIndex = customer::customer("entityType");
const SOURCE: FieldIndex = customer::customer("sourceOfRiskLevel");
const CATEGORY: FieldIndex = customer::customer("riskManagementCategory");
const STATUS: FieldIndex = customer::customer("customerStatus");
const SCREENING: FieldIndex = customer::customer("initializeScreeningProcesses");
const AV_CODE: FieldIndex = additional_value("code");

/// The most findings of one customer that are kept. A customer with more comes from a broken
/// program, and its first ten thousand say enough.
const FINDINGS_KEPT: usize = 10_000;

/// The list items that the interpreter is inside of, linked on the stack.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 't> {
    /// The field of the owner that is the list.
    pub list: FieldIndex,
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
    /// The row of its first rule in the list of all rules.
    pub first_row: u16,
    pub frame: Option<&'f Frame<'f, 't>>,
}

impl At<'_, '_> {
    /// The row, in the list of all rules, of the first rule that this step of the object leads to.
    #[expect(
        clippy::indexing_slicing,
        reason = "an object has a row for each of its steps"
    )]
    fn row(&self, step: usize) -> u16 {
        self.first_row + self.node.object().rows[step]
    }
}

/// One customer being validated.
pub(super) struct Run<'j, 't> {
    pub judge: &'j Judge<'j>,
    pub root: Node<'t>,
    pub marks: Marks,
    pub customer: CustomerFacts,
    scope: Scope,
    pub findings: Vec<Finding>,
    pub notes: Vec<Note>,
    /// Bad values that a rule of the field has reported; TYP01 is then silent.
    pub reported: HashSet<SlotId>,
    /// The long list whose items were last looked through, and which of them repeat one before.
    repeated: Option<(SlotId, HashSet<u32>)>,
    /// How many findings there were beyond those that are kept.
    more_findings: u64,
}

impl<'j, 't> Run<'j, 't> {
    pub(super) fn new(
        judge: &'j Judge<'j>,
        root: Node<'t>,
        marks: Marks,
        notes: Vec<Note>,
    ) -> Run<'j, 't> {
        let entity_type = root.slot(ENTITY_TYPE).choice();
        let entity_type = entity_type.and_then(EntityType::from_index);
        let source = match judge.endpoint.evaluates() {
            true => {
                let source = root.slot(SOURCE).choice();
                source.and_then(RiskLevelSource::from_index)
            }
            false => Some(RiskLevelSource::Import),
        };
        let category = root
            .sound_text(CATEGORY)
            .and_then(|code| judge.classifiers.category(code));
        Run {
            judge,
            root,
            marks,
            customer: CustomerFacts {
                endpoint: judge.endpoint,
                multi_organization: judge.multi_organization,
                entity_type,
                source,
                category,
            },
            scope: Scope::of(judge.endpoint, entity_type),
            findings: Vec::new(),
            notes,
            reported: HashSet::new(),
            repeated: None,
            more_findings: 0,
        }
    }

    /// Checks the whole customer.
    pub(super) fn check(&mut self) {
        let root = self.root;
        let at = At {
            node: &root,
            path: &Path::Root,
            first_row: 0,
            frame: None,
        };
        self.steps(at);
        self.note_screening();
        self.note_ignored();
        names::note(&root, &mut self.notes);
        if self.more_findings > 0 {
            self.notes.push(Note {
                kind: NoteKind::MoreFindings,
                path: String::new(),
                about: NoteDetail::Findings(self.more_findings),
            });
        }
    }

    fn steps(&mut self, at: At<'_, 't>) {
        let object = at.node.object();
        for (step, what) in object.steps.iter().enumerate() {
            match what {
                Step::Rule(rule) => self.rule(rule, step, at),
                Step::Object(f) => {
                    if let Some(child) = at.node.child(*f) {
                        self.steps(At {
                            node: &child,
                            path: &Path::Field(at.path, object.field(*f).name),
                            first_row: at.row(step),
                            frame: at.frame,
                        });
                    }
                }
                Step::List(list) => self.list(list.field, step, at),
            }
        }
    }

    fn list(&mut self, list: FieldIndex, step: usize, at: At<'_, 't>) {
        let name = at.node.object().field(list).name;
        for (index, item) in (0u32..).zip(at.node.items(list)) {
            let Some(node) = at.node.item_node(list, item) else {
                continue;
            };
            let frame = Frame {
                list,
                index,
                owner: at.node,
                parent: at.frame,
            };
            self.steps(At {
                node: &node,
                path: &Path::Index(&Path::Field(at.path, name), index),
                first_row: at.row(step),
                frame: Some(&frame),
            });
        }
    }

    /// Decides the rule that is this step of the object.
    fn rule(&mut self, rule: &'static Rule, step: usize, at: At<'_, 't>) {
        if !rule.scope.overlaps(self.scope) {
            return;
        }
        let node = at.node;
        match &rule.check {
            Check::Value {
                fields,
                required_at,
                codes,
            } => {
                for f in *fields {
                    if self.is_absent_or_wrong(node, *f, *required_at, *codes) {
                        self.find(step, at, *f);
                    }
                }
            }
            Check::Blank(f) => {
                if node.slot(*f).kind == Kind::Blank {
                    self.find(step, at, *f);
                }
            }
            Check::Forbidden(fields) => {
                for f in *fields {
                    if node.slot(*f).is_given() {
                        self.find(step, at, *f);
                    }
                }
            }
            Check::NoneOf(fields) => {
                if let Some(first) = fields.first()
                    && fields.iter().all(|f| !node.slot(*f).is_given())
                {
                    self.find(step, at, *first);
                }
            }
            Check::BadDatatypeValue(datatype) => {
                if let Some(f) = bad_datatype_value(node, *datatype) {
                    self.find(step, at, f);
                }
            }
            Check::Repeated(f) => {
                if self.is_repeated(*f, at) {
                    self.find(step, at, *f);
                }
            }
            Check::UnknownItems(f) => self.unknown_items(*f, step, at),
            Check::CrossField(rule) => {
                let classifiers = self.judge.classifiers;
                let [one, other] = (rule.holds)(&self.customer, &View { node, classifiers });
                for f in one.into_iter().chain(other) {
                    self.find(step, at, f);
                }
            }
            Check::Walk(what, _) => self.walk(*what, step, at),
            Check::History(_) => {}
        }
    }

    /// Whether a field has no value where one is required, or one that is not among the codes.
    #[inline]
    fn is_absent_or_wrong(
        &self,
        node: &Node<'_>,
        f: FieldIndex,
        required_at: Endpoints,
        codes: CodeSet,
    ) -> bool {
        let classifiers = self.judge.classifiers;
        match codes {
            _ if !node.slot(f).is_given() => required_at.has(self.judge.endpoint),
            CodeSet::Any => false,
            CodeSet::OfField => is_wrong(node, f, None, classifiers),
            CodeSet::OfFieldOr(other) => is_wrong(node, f, Some(other), classifiers),
        }
    }

    /// Whether an item before this one in the same list has the same text in the field. Long lists are
    /// looked through once, not once for each item.
    fn is_repeated(&mut self, f: FieldIndex, at: At<'_, 't>) -> bool {
        const SHORT_LIST: u32 = 16;
        let (Some(frame), Some(text)) = (at.frame, at.node.sound_text(f)) else {
            return false;
        };
        let (owner, list) = (frame.owner, frame.list);
        let text_of = |item| owner.item_node(list, item)?.sound_text(f);
        if owner.slot(list).item_count() <= SHORT_LIST {
            let before = owner.items(list).take(frame.index as usize);
            return before.filter_map(text_of).any(|other| other == text);
        }
        let id = owner.slot_id(list);
        if !matches!(&self.repeated, Some((of, _)) if *of == id) {
            let mut seen = HashSet::new();
            let repeated = (0u32..)
                .zip(owner.items(list))
                .filter(|(_, item)| text_of(item).is_some_and(|text| !seen.insert(text)))
                .map(|(index, _)| index)
                .collect();
            self.repeated = Some((id, repeated));
        }
        let repeated = self.repeated.as_ref();
        repeated.is_some_and(|(_, repeated)| repeated.contains(&frame.index))
    }

    fn unknown_items(&mut self, f: FieldIndex, step: usize, at: At<'_, 't>) {
        let field = at.node.object().field(f);
        for (index, (id, item)) in (0u32..).zip(at.node.items(f).with_ids()) {
            if item.is_unreadable() {
                self.reported.insert(id);
                let path = Path::Index(&Path::Field(at.path, field.name), index);
                let arguments = Arguments {
                    field: Some(field),
                    value: at.node.slot_text(item).unwrap_or_default(),
                    ..Arguments::default()
                };
                self.push(at.row(step), at.frame, path, arguments);
            }
        }
    }

    fn walk(&mut self, what: Walk, step: usize, at: At<'_, 't>) {
        let due = match what {
            Walk::BadType => self.marks.bad,
            Walk::TooLong => self.marks.long,
            Walk::GivenTwice => self.marks.twice,
            Walk::ControlCharacter => self.marks.control,
            Walk::BoundClassifier => self.judge.classifiers.has_bindings(),
        };
        if due {
            walk::node(self, what, at.row(step), at.node, at.path);
        }
    }

    /// Keeps a finding at a field of the object. TYP01 does not report the value again if it is none of
    /// the field's values.
    fn find(&mut self, step: usize, at: At<'_, 't>, f: FieldIndex) {
        let object = at.node.object();
        let field = object.field(f);
        if matches!(field.ty, Type::Choice(_)) && at.node.slot(f).is_unreadable() {
            self.reported.insert(at.node.slot_id(f));
        }
        let code = (object.id == ADDITIONAL_VALUE.id)
            .then(|| at.node.text(AV_CODE))
            .flatten();
        let arguments = Arguments {
            field: Some(field),
            code: code.unwrap_or_default(),
            ..Arguments::default()
        };
        let path = Path::Field(at.path, field.name);
        self.push(at.row(step), at.frame, path, arguments);
    }

    /// Keeps a finding at a path; adds the entity type and the indexes to the arguments.
    pub(super) fn push(
        &mut self,
        row: u16,
        frame: Option<&Frame<'_, '_>>,
        path: Path<'_>,
        arguments: Arguments<'_>,
    ) {
        if self.findings.len() >= FINDINGS_KEPT {
            self.more_findings += 1;
            return;
        }
        let arguments = Arguments {
            entity: self.customer.entity_type,
            indexes: indexes(frame),
            ..arguments
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "`rows` counts the rules of the catalogue"
        )]
        let rule = &rules()[row as usize];
        let finding = Finding::new(rule, path.to_string(), &arguments);
        self.findings.push(finding);
    }

    /// Notes screening processes that were asked for where there is no screening.
    fn note_screening(&mut self) {
        if !self.judge.endpoint.is_batch() {
            return;
        }
        let field = CUSTOMER.field(SCREENING);
        for (index, item) in (0u32..).zip(self.root.items(SCREENING)) {
            if item.choice().is_some() {
                let path = Path::Index(&Path::Field(&Path::Root, field.name), index);
                self.notes.push(Note {
                    kind: NoteKind::IgnoredField,
                    path: path.to_string(),
                    about: NoteDetail::Text("there is no screening at this endpoint"),
                });
            }
        }
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
            .customer
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

/// The indexes of the items that lead to a place, outermost first.
fn indexes(frame: Option<&Frame<'_, '_>>) -> [u32; 2] {
    match frame {
        None => [0, 0],
        Some(frame) => match frame.parent {
            None => [frame.index, 0],
            Some(parent) => [parent.index, frame.index],
        },
    }
}

/// Whether the type is a list, of objects or of values.
pub(super) fn is_list(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Choices(_))
}
