//! One object of the catalogue as a schema: its fields as properties, and each rule that a schema can
//! say as an element of `allOf`, in the order of the rules.

use serde_json::{Map, Value, json};

use super::value::{self, ABSENT, reference};
use super::{Basis, condition};
use crate::catalog::{
    ADDITIONAL_VALUE, Applies, CUSTOMER, Check, CodeSet, Datatype, Endpoints, EntityType, Field,
    FieldIndex, ListStep, Object, Rule, Step, additional_value, customer, takes,
};

pub(super) const ENTITY_TYPE: FieldIndex = customer::customer("entityType");
const AV_CODE: FieldIndex = additional_value("code");
const AV_DATATYPE: FieldIndex = additional_value("datatype");
const AV_VALUE: FieldIndex = additional_value("value");

/// The schema of one object.
pub(super) fn schema(basis: Basis<'_>, object: &'static Object) -> Value {
    let mut properties = Map::new();
    for field in object.fields {
        for name in names(field) {
            properties.insert(name.into(), property(basis, object, field));
        }
    }
    let mut all_of = Vec::new();
    for step in object.steps {
        if let Step::Rule(rule) = step
            && rule.endpoints.has(basis.endpoint)
        {
            let constraints = constraints(basis, object, rule);
            all_of.extend(constraints.into_iter().map(|c| labelled(rule, c)));
        }
    }
    all_of.extend(given_twice(object));
    all_of.extend(bound(basis, object));
    let mut schema = json!({"title": object.name, "type": "object", "properties": properties});
    if let (false, Some(schema)) = (all_of.is_empty(), schema.as_object_mut()) {
        schema.insert("allOf".into(), all_of.into());
    }
    schema
}

/// The keys that a field may have.
pub(super) fn names(field: &Field) -> impl Iterator<Item = &'static str> {
    std::iter::once(field.name).chain(field.other_name)
}

fn property(basis: Basis<'_>, object: &Object, field: &Field) -> Value {
    let mandatory = match field.mandatory {
        "" => String::new(),
        when => format!("Mandatory: {when}."),
    };
    let note = match field.notes() {
        note if note.is_empty() => note,
        note => format!("Note: {note}."),
    };
    let takes = format!("Takes {}.", takes(field));
    let parts = [takes, mandatory, note];
    let description: Vec<_> = parts.iter().filter(|p| !p.is_empty()).cloned().collect();
    let mut property = match field.ignored_at.has(basis.endpoint) {
        true => json!({}),
        false => value::of_field(field),
    };
    if let Some(property) = property.as_object_mut() {
        property.insert("description".into(), description.join(" ").into());
        let of_field = |f: FieldIndex| object.field(f).name == field.name;
        let prefix = object.steps.iter().find_map(|step| match step {
            Step::List(ListStep { field: f, code, .. }) if of_field(*f) => Some(*code),
            _ => None,
        });
        if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
            property.insert("x-errorCodePrefix".into(), prefix.into());
        }
    }
    property
}

fn labelled(rule: &Rule, constraint: Value) -> Value {
    let mut labelled = json!({"x-errorCode": rule.code, "$comment": rule.text});
    if let (Some(labelled), Value::Object(constraint)) = (labelled.as_object_mut(), constraint) {
        labelled.extend(constraint);
    }
    labelled
}

/// An object whose field has such a value. `must_exist`: a field that is not there is not meant.
pub(super) fn with_value(field: &Field, value: &Value, must_exist: bool) -> Value {
    let properties: Map<_, _> = names(field).map(|n| (n.into(), value.clone())).collect();
    let mut with = json!({ "properties": properties });
    if let (true, Some(with)) = (must_exist, with.as_object_mut()) {
        let mut there = names(field).map(|n| json!([n]));
        match (there.next(), there.next()) {
            (Some(first), Some(other)) => {
                let either = json!([{"required": first}, {"required": other}]);
                with.insert("anyOf".into(), either);
            }
            (first, _) => drop(with.insert("required".into(), first.into())),
        }
    }
    with
}

fn given(field: &Field) -> Value {
    with_value(field, &value::given(), true)
}

/// What the rule demands; nothing where a schema cannot say it.
fn constraints(basis: Basis<'_>, object: &'static Object, rule: &Rule) -> Vec<Value> {
    let fields = |fields: &'static [FieldIndex]| fields.iter().map(|f| object.field(*f));
    let demands = match &rule.check {
        Check::Value {
            fields: of,
            required_at,
            codes,
        } => fields(of)
            .flat_map(|field| value_demands(basis, field, *required_at, *codes))
            .collect(),
        Check::Blank(f) => {
            let not_blank = json!({"not": value::blank()});
            vec![with_value(object.field(*f), &not_blank, false)]
        }
        Check::Forbidden(of) => {
            let absent = |name: &str| (name.to_owned(), reference(ABSENT));
            let absent: Map<_, _> = fields(of).flat_map(names).map(absent).collect();
            vec![json!({ "properties": absent })]
        }
        Check::NoneOf(of) => vec![json!({"anyOf": fields(of).map(given).collect::<Vec<_>>()})],
        Check::BadDatatypeValue(datatype) => vec![datatype_value(*datatype)],
        Check::CrossField(rule) => condition::demands(basis, object, rule),
        // The types of the properties say the second and the third.
        Check::Repeated(_) | Check::UnknownItems(_) | Check::Walk(..) | Check::History(_) => {
            Vec::new()
        }
    };
    match rule.applies {
        Applies::Both => demands,
        Applies::Individual => only_for(EntityType::Individual, demands),
        Applies::Organization => only_for(EntityType::Organization, demands),
    }
}

fn only_for(entity: EntityType, demands: Vec<Value>) -> Vec<Value> {
    let is_one = json!({"const": entity.name()});
    let condition = with_value(CUSTOMER.field(ENTITY_TYPE), &is_one, true);
    let only = |demand| json!({"if": condition, "then": demand});
    demands.into_iter().map(only).collect()
}

fn value_demands(
    basis: Basis<'_>,
    field: &Field,
    required_at: Endpoints,
    codes: CodeSet,
) -> Vec<Value> {
    let mut demands = Vec::new();
    if required_at.has(basis.endpoint) {
        demands.push(given(field));
    }
    if let (Some(classifier), Some(_)) = (field.classifier, basis.classifiers) {
        let mut any = vec![reference(ABSENT), value::codes(classifier)];
        match codes {
            CodeSet::Any => return demands,
            CodeSet::OfField => {}
            CodeSet::OfFieldOr(other) => any.push(value::codes(other)),
        }
        demands.push(with_value(field, &json!({ "anyOf": any }), false));
    }
    demands
}

fn datatype_value(datatype: Datatype) -> Value {
    let mut forms = vec![reference(ABSENT)];
    match datatype {
        Datatype::Integer => forms.extend([json!({"type": "integer"}), value::plain_integer()]),
        Datatype::Decimal => forms.extend([json!({"type": "number"}), value::decimal()]),
        Datatype::Date => forms.push(value::day()),
        Datatype::Timestamp => forms.push(value::timestamp()),
        Datatype::Boolean => forms.extend([json!({"type": "boolean"}), value::boolean()]),
        Datatype::String => forms.push(true.into()),
    }
    let is_it = json!({"const": datatype.name()});
    json!({
        "if": with_value(ADDITIONAL_VALUE.field(AV_DATATYPE), &is_it, true),
        "then": with_value(ADDITIONAL_VALUE.field(AV_VALUE), &json!({ "anyOf": forms }), false)
    })
}

/// Both spellings of a field are the same field twice.
fn given_twice(object: &'static Object) -> Vec<Value> {
    let spelled_twice = object.fields.iter().filter(|f| f.other_name.is_some());
    spelled_twice
        .map(|field| {
            let both: Vec<_> = names(field).collect();
            json!({"x-errorCode": "TYP03", "not": {"required": both}})
        })
        .collect()
}

/// The codes of the added classifiers that are bound to a field of the object, or to its additional
/// values.
fn bound(basis: Basis<'_>, object: &'static Object) -> Vec<Value> {
    let Some(set) = basis.classifiers else {
        return Vec::new();
    };
    let one_of = |codes: &[&str]| json!({"anyOf": [reference(ABSENT), value::any_of_codes(codes)]});
    let mut all = Vec::new();
    for (f, field) in (0u8..).map(FieldIndex).zip(object.fields) {
        for codes in set.codes_bound_to(object.id, f) {
            all.push(with_value(field, &one_of(&codes), false));
        }
    }
    if object.id == ADDITIONAL_VALUE.id {
        for (code, codes) in set.codes_bound_to_values() {
            let is_it = value::any_of_codes(&[code]);
            all.push(json!({
                "if": with_value(object.field(AV_CODE), &is_it, true),
                "then": with_value(object.field(AV_VALUE), &one_of(&codes), false)
            }));
        }
    }
    let label = |mut constraint: Value| {
        if let Some(constraint) = constraint.as_object_mut() {
            constraint.insert("x-errorCode".into(), "CLS01".into());
        }
        constraint
    };
    all.into_iter().map(label).collect()
}
