//! A rule across fields as a schema. Its function is the only place that says when it holds, so it is
//! asked: once for each combination of what the fields that it looks at may be.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::Basis;
use super::object::{ENTITY_TYPE, with_value};
use super::value::{self, ABSENT, reference};
use crate::catalog::{
    CUSTOMER, Category, Classifier, CrossField, CustomerFacts, EntityType, FieldIndex, Fields,
    Object, RiskLevelSource, customer,
};
use crate::classifier::ClassifierSet;

const SOURCE: FieldIndex = customer::customer("sourceOfRiskLevel");
const CATEGORY: FieldIndex = customer::customer("riskManagementCategory");

/// What a field may be, as far as a rule can see. A value that its type cannot take is left out: the
/// type rejects it.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    is_given: bool,
    /// None of the codes of its classifier.
    is_wrong: bool,
    choice: Option<&'static str>,
    category: Option<Category>,
    /// The values, as a schema.
    values: Value,
}

/// Every state of a field. `is_wrong`: a rule asks whether it has an unknown code.
fn states(basis: Basis<'_>, object: &Object, f: FieldIndex, is_wrong: bool) -> Vec<State> {
    let field = object.field(f);
    let absent = State {
        values: reference(ABSENT),
        ..State::default()
    };
    let given = |values| State {
        is_given: true,
        values,
        ..State::default()
    };
    let mut states = vec![absent];
    match (field.classifier, basis.classifiers) {
        (Some(classifier), Some(set)) => {
            let is_category = object.id == CUSTOMER.id && f == CATEGORY;
            match is_category {
                true => states.extend(categories(set)),
                false => states.push(given(value::codes(classifier))),
            }
            let known = json!([reference(ABSENT), value::codes(classifier)]);
            states.extend(is_wrong.then(|| State {
                is_wrong,
                ..given(json!({"not": {"anyOf": known}}))
            }));
        }
        _ if field.ty.values().is_empty() => states.push(given(value::given())),
        _ => states.extend(field.ty.values().iter().map(|choice| State {
            choice: Some(choice),
            ..given(json!({ "enum": [choice] }))
        })),
    }
    states
}

/// A state for each kind of category that there is.
fn categories(set: &ClassifierSet) -> Vec<State> {
    let mut kinds: Vec<(Option<Category>, Vec<&str>)> = Vec::new();
    for code in set.codes(Classifier::RiskManagementCategory) {
        let category = set.category(code);
        match kinds.iter_mut().find(|(kind, _)| *kind == category) {
            Some((_, codes)) => codes.push(code),
            None => kinds.push((category, vec![code])),
        }
    }
    let state = |(category, codes): (_, Vec<_>)| State {
        is_given: true,
        category,
        values: value::any_of_codes(&codes),
        ..State::default()
    };
    kinds.into_iter().map(state).collect()
}

/// A combination of states; a field that is not in it is absent.
type Combination<'s> = Vec<(FieldIndex, &'s State)>;

/// What a rule asked for: the fields, and those that may have an unknown code.
#[derive(Clone, Debug, Default, PartialEq)]
struct Questions {
    fields: Vec<FieldIndex>,
    wrong: Vec<FieldIndex>,
}

fn note(fields: &mut Vec<FieldIndex>, f: FieldIndex) {
    if !fields.contains(&f) {
        fields.push(f);
    }
}

/// The fields of one combination.
struct Asked<'c> {
    combination: &'c [(FieldIndex, &'c State)],
    classifiers: Option<&'c ClassifierSet>,
    questions: &'c RefCell<Questions>,
}

impl Asked<'_> {
    fn state(&self, f: FieldIndex) -> Option<&State> {
        note(&mut self.questions.borrow_mut().fields, f);
        state_in(self.combination, f)
    }
}

fn state_in<'s>(combination: &[(FieldIndex, &'s State)], f: FieldIndex) -> Option<&'s State> {
    let mut there = combination.iter();
    there
        .find(|(other, _)| *other == f)
        .map(|(_, state)| *state)
}

impl Fields for Asked<'_> {
    fn is_given(&self, f: FieldIndex) -> bool {
        self.state(f).is_some_and(|s| s.is_given)
    }

    fn is_wrong(&self, f: FieldIndex) -> bool {
        note(&mut self.questions.borrow_mut().wrong, f);
        self.state(f).is_some_and(|s| s.is_wrong)
    }

    /// Not known: a text that a rule compares with is none of the field's values, which its type says.
    fn text(&self, _: FieldIndex) -> Option<&str> {
        None
    }

    fn choice(&self, f: FieldIndex) -> Option<&'static str> {
        self.state(f)?.choice
    }

    fn has_codes(&self, classifier: Classifier) -> bool {
        self.classifiers
            .is_some_and(|set| set.had_values(classifier))
    }
}

/// A rule that is asked.
struct Asking<'r> {
    basis: Basis<'r>,
    object: &'static Object,
    rule: &'r CrossField,
    questions: RefCell<Questions>,
}

impl Asking<'_> {
    fn finds(&self, combination: &[(FieldIndex, &State)]) -> [Option<FieldIndex>; 2] {
        let state = |f| state_in(combination, f).filter(|_| self.object.id == CUSTOMER.id);
        let choice = |f| state(f).and_then(|state| state.choice);
        let source = match self.basis.endpoint.evaluates() {
            true => choice(SOURCE).and_then(RiskLevelSource::from_name),
            false => Some(RiskLevelSource::Import),
        };
        let facts = CustomerFacts {
            endpoint: self.basis.endpoint,
            multi_organization: self.basis.multi_organization,
            entity_type: choice(ENTITY_TYPE).and_then(EntityType::from_name),
            source,
            category: state(CATEGORY).and_then(|state| state.category),
        };
        let asked = Asked {
            combination,
            classifiers: self.basis.classifiers,
            questions: &self.questions,
        };
        (self.rule.holds)(&facts, &asked)
    }

    fn demand_at(&self, target: FieldIndex, all: &[(FieldIndex, Vec<State>)]) -> Option<Value> {
        let (its, others): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|(f, _)| *f == target);
        let (_, states) = its.first()?;
        self.demand(&others, &Vec::new(), (target, states))
    }

    /// What has to be where the fields of the combination are so, and any of the others is anything:
    /// the rule finds nothing at `target`. None: nothing has to be.
    fn demand(
        &self,
        others: &[(FieldIndex, Vec<State>)],
        combination: &Combination<'_>,
        (target, target_states): (FieldIndex, &[State]),
    ) -> Option<Value> {
        let with = |f, state| {
            let mut with = combination.clone();
            with.push((f, state));
            with
        };
        let Some(((f, states), others)) = others.split_first() else {
            let finds = |state| self.finds(&with(target, state)).contains(&Some(target));
            let sound: Vec<_> = target_states.iter().filter(|s| !finds(*s)).collect();
            let all = sound.len() == target_states.len();
            return (!all).then(|| has(self.object, target, &sound, target_states));
        };
        // The states that demand the same are one condition.
        let mut demands: Vec<(Option<Value>, Vec<&State>)> = Vec::new();
        for state in states {
            let demand = self.demand(others, &with(*f, state), (target, target_states));
            match demands.iter_mut().find(|(same, _)| *same == demand) {
                Some((_, states)) => states.push(state),
                None => demands.push((demand, vec![state])),
            }
        }
        if let [(demand, _)] = demands.as_slice() {
            return demand.clone();
        }
        let mut conditions: Vec<_> = demands
            .into_iter()
            .filter_map(|(demand, of)| {
                Some(json!({"if": has(self.object, *f, &of, states), "then": demand?}))
            })
            .collect();
        match conditions.len() {
            1 => conditions.pop(),
            _ => Some(json!({ "allOf": conditions })),
        }
    }
}

/// An object whose field is in one of these states of all.
fn has(object: &Object, f: FieldIndex, states: &[&State], all: &[State]) -> Value {
    let must_exist = states.iter().all(|state| state.is_given);
    if must_exist && states.len() + 1 == all.len() {
        return with_value(object.field(f), &value::given(), true);
    }
    let (mut any, mut words) = (Vec::new(), Vec::new());
    for state in states {
        match state.values.get("enum").and_then(Value::as_array) {
            Some(values) => words.extend(values.iter().cloned()),
            None => any.push(state.values.clone()),
        }
    }
    if !words.is_empty() {
        any.push(json!({ "enum": words }));
    }
    let values = match (any.pop(), any.is_empty()) {
        (None, _) => false.into(),
        (Some(one), true) => one,
        (Some(last), false) => {
            any.push(last);
            json!({ "anyOf": any })
        }
    };
    with_value(object.field(f), &values, must_exist)
}

/// What a rule across fields demands of its object.
pub(super) fn demands(basis: Basis<'_>, object: &'static Object, rule: &CrossField) -> Vec<Value> {
    // What the facts of the customer depend on is not asked for.
    let fields = match object.id == CUSTOMER.id {
        true if basis.endpoint.evaluates() => vec![ENTITY_TYPE, SOURCE, CATEGORY],
        true => vec![ENTITY_TYPE, CATEGORY],
        false => Vec::new(),
    };
    let asking = Asking {
        basis,
        object,
        rule,
        questions: RefCell::new(Questions {
            fields,
            wrong: Vec::new(),
        }),
    };
    // What a rule asks for depends on the answers before.
    loop {
        let questions = asking.questions.borrow().clone();
        let of = |f: &FieldIndex| (*f, states(basis, object, *f, questions.wrong.contains(f)));
        let all: Vec<_> = questions.fields.iter().map(of).collect();
        let mut targets = Vec::new();
        for_each(&all, &mut Vec::new(), &mut |combination| {
            for f in asking.finds(combination).into_iter().flatten() {
                note(&mut targets, f);
                note(&mut asking.questions.borrow_mut().fields, f);
            }
        });
        if *asking.questions.borrow() == questions {
            let demand = |target| asking.demand_at(target, &all);
            return targets.into_iter().filter_map(demand).collect();
        }
    }
}

fn for_each<'s>(
    fields: &'s [(FieldIndex, Vec<State>)],
    combination: &mut Combination<'s>,
    visit: &mut impl FnMut(&Combination<'s>),
) {
    let Some(((f, states), rest)) = fields.split_first() else {
        return visit(combination);
    };
    for state in states {
        combination.push((*f, state));
        for_each(rest, combination, visit);
        combination.pop();
    }
}
