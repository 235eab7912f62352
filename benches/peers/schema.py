#!/usr/bin/env python3
"""Writes kycdrop's contract as a JSON Schema, for the programs that benches/peers/run measures.

    benches/peers/schema.py KYCDROP [HOME] > benches/peers/customer.schema.json

Fields, lengths, values and codes come from the program itself (`kycdrop fields`, `kycdrop
classifiers show`), so that the schema cannot drift away from what kycdrop judges. It is the contract
of batch-customers, with the classifiers of HOME, or the shipped ones.

What JSON Schema cannot say is left out. That is little, and all of it is less work for the rivals:
- the same key twice in one object (TYP03): their parsers have dropped the first by then
- the same code twice in listAdditionalValues (AV05): uniqueItems compares whole items
- exponents in a whole number that is given as text, such as "1e3"
- text of nothing but white space where a list, an object, or one of several values may be left out;
  empty text is taken
- white space that is not the same in every engine for patterns
"""

import datetime
import json
import subprocess
import sys

CONTROL = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f"
TEXT = rf"^[^{CONTROL}]*$"
TEXT_THAT_SAYS_SOMETHING = rf"^\s*[^\s{CONTROL}][^{CONTROL}]*$"

# A day that the calendar has, and a time with an offset after it. A pattern, because the formats
# `date` and `date-time` of JSON Schema want seconds and a colon in the offset; kycdrop does not.
DAY = (
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
HOUR = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
OFFSET = "(?:(?:0[0-9]|1[0-7]):?[0-5][0-9]|18:?00)"
MOMENT = rf"{DAY}(?:T{HOUR}(?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-]{OFFSET}))?"
TIMESTAMP = rf"{DAY} {HOUR}:[0-5][0-9]\.[0-9]{{3}}(?:Z|[+-]{OFFSET.replace(':?', '')})"
BOOLEAN = "(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])"
WHOLE = r"[+-]?(?:[0-9]+(?:\.0*)?|\.0+)"
DECIMAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"

LEFT_OUT = [None, ""]


def ask(*arguments):
    """What kycdrop answers, read as JSON."""
    said = subprocess.run([KYCDROP, *HOME, *arguments, "--format", "json"], check=True, capture_output=True)
    return json.loads(said.stdout)


def rows(classifier):
    """The values of a classifier that may be given today."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    values = ask("classifiers", "show", classifier)
    return [value for value in values if value["retired"] is None or value["retired"] > today]


def codes(classifier):
    if classifier not in KNOWN:
        KNOWN[classifier] = [value["code"] for value in rows(classifier)]
        # A region of activity may be a country as well.
        if classifier == "region":
            KNOWN[classifier] += codes("country")
    return KNOWN[classifier]


def categories(entity_type):
    """What riskManagementCategory may be for this entityType. A batch is an import, so neither leads
    nor simplified categories are taken."""
    found = []
    for value in rows("riskManagementCategory"):
        attributes = json.loads(value["attributes"] or "{}")
        if attributes.get("kind", "regular") == "regular" and attributes.get("entity_type") in (None, entity_type):
            found.append(value["code"])
    return found


def spaced(pattern, must):
    """A text that is this, with white space around it or, where it may be left out, alone."""
    return rf"^\s*{pattern}\s*$" if must else rf"^\s*(?:{pattern}\s*)?$"


def one_of(values, must):
    return {"enum": list(values) + ([] if must else LEFT_OUT)}


def scalar(kinds, pattern, must):
    return {"type": kinds + ([] if must else ["null"]), "pattern": pattern}


def rule(field, must):
    """What the value of a field may be, whatever the rest of the customer is."""
    kind, values = field["type"], field["values"]
    if field["field"] == "sourceOfRiskLevel":
        # A batch may give it, and it is ignored.
        return {}
    if kind == "Enum":
        return one_of(values.split(", "), must)
    if kind == "String[]":
        return {"type": ["array", "null"], "items": one_of(values.split(", "), True)}
    # While businessUnit has no values, it is any text.
    if field["classifier"] and codes(field["classifier"]):
        return one_of(codes(field["classifier"]), must)
    if kind in ("String", "any scalar"):
        return text(field, must)
    if kind == "Boolean":
        return scalar(["boolean", "string"], spaced(BOOLEAN, must), must)
    if kind in ("Integer", "BigInteger"):
        return scalar(["integer", "string"], spaced(WHOLE, must), must)
    if kind == "Decimal":
        return scalar(["number", "string"], spaced(DECIMAL, must), must)
    if kind == "Date":
        return scalar(["string"], spaced(MOMENT, must), must)
    if kind.endswith("[]"):
        return {"type": ["array", "null"], "items": {"$ref": f"#/$defs/{kind[:-2]}"}}
    return {"$ref": f"#/$defs/{kind}"}


def text(field, must):
    found = scalar(["string", "number", "boolean"], TEXT_THAT_SAYS_SOMETHING if must else TEXT, must)
    if field["max_chars"]:
        found["maxLength"] = field["max_chars"]
    return found


def given(field):
    """That a field which may otherwise be left out is there and says something."""
    if field["type"] == "String" and not field["classifier"]:
        return {"type": ["string", "number", "boolean"], "pattern": r"\S"}
    return {"not": {"enum": LEFT_OUT}}


def when(key, value, then, otherwise=None):
    found = {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": then}
    if otherwise:
        found["else"] = otherwise
    return found


def of_entity_type(fields, entity_type):
    """What the fields must be in a customer, or a related entity, of this entityType."""
    must = [field for field in fields if (field["mandatory"] or "").split(" ")[0] == entity_type]
    must_not = [field["field"] for field in fields if f"{entity_type}: forbidden" in (field["note"] or "")]
    found = {field["field"]: given(field) for field in must}
    found |= {name: {"enum": LEFT_OUT} for name in must_not}
    if fields[0]["object"] == "Customer":
        found["riskManagementCategory"] = one_of(categories(entity_type), True)
    return when("entityType", entity_type, {"required": [field["field"] for field in must], "properties": found})


def across(name, fields):
    """The rules across the fields of an object."""
    if name == "Customer":
        closed = {"required": ["closingDate"], "properties": {"closingDate": {"not": {"enum": LEFT_OUT}}}}
        open_still = {"properties": {"closingDate": {"enum": LEFT_OUT}}}
        closing = when("customerStatus", "CLOSED", closed, open_still)
        return [of_entity_type(fields, "INDIVIDUAL"), of_entity_type(fields, "ORGANIZATION"), closing]
    if name == "RelatedEntity":
        return [of_entity_type(fields, "INDIVIDUAL"), of_entity_type(fields, "ORGANIZATION")]
    if name == "AdditionalValue":
        kinds = {"INTEGER": r"[+-]?[0-9]+", "DECIMAL": DECIMAL, "DATE": DAY, "TIMESTAMP": TIMESTAMP, "BOOLEAN": BOOLEAN}
        # A pattern looks at texts alone. A number is no date and no boolean, and a boolean is nothing
        # but a boolean.
        takes = {"INTEGER": ["string", "integer"], "DECIMAL": ["string", "number"], "BOOLEAN": ["string", "boolean"]}
        values = {kind: scalar(takes.get(kind, ["string"]), spaced(pattern, True), True) for kind, pattern in kinds.items()}
        return [when("datatype", kind, {"properties": {"value": value}}) for kind, value in values.items()]
    return []


def definition(name, fields):
    # An item of a list is there or it is not; an object of its own may be null.
    alone = name in {field["type"] for field in CATALOGUE}
    found = {"type": ["object", "null"] if alone else "object"}
    must = [field["field"] for field in fields if (field["mandatory"] or "").split(" ")[0] == "always"]
    if name == "Customer":
        # Every customer of a batch is imported.
        must.append("customerStatus")
    if must:
        found["required"] = must
    properties = {}
    for field in fields:
        found_rule = rule(field, field["field"] in must)
        properties[field["field"]] = found_rule
        if "also spelled " in (field["note"] or ""):
            other = field["note"].split("also spelled ")[1].split(";")[0]
            properties[other] = found_rule
    if name == "Address":
        # Unlike every other field, one that is given but blank is wrong: ADR01.
        properties["addressType"] = {"enum": codes("addressType") + [None]}
    found["properties"] = properties
    if name == "DeclaredTurnover":
        sides = [field for field in fields if field["mandatory"] == "from or to"]
        found["anyOf"] = [{"required": [side["field"]], "properties": {side["field"]: given(side)}} for side in sides]
    rules = across(name, fields)
    if rules:
        found["allOf"] = rules
    return found


def page(value, indent=0):
    """JSON with what belongs together on one line."""
    line = json.dumps(value)
    holds_objects = isinstance(value, list) and any(isinstance(item, dict) for item in value)
    if not (isinstance(value, dict) or holds_objects) or len(line) + indent <= 110:
        return line
    inner = "\n" + " " * (indent + 1)
    if isinstance(value, list):
        return "[" + inner + f",{inner}".join(page(item, indent + 1) for item in value) + "]"
    parts = [f"{json.dumps(key)}: {page(item, indent + 1)}" for key, item in value.items()]
    return "{" + inner + f",{inner}".join(parts) + "}"


if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
KYCDROP = sys.argv[1]
HOME = ["--home", sys.argv[2]] if len(sys.argv) == 3 else []
KNOWN = {}
CATALOGUE = ask("fields")
OBJECTS = {}
for each in CATALOGUE:
    OBJECTS.setdefault(each["object"], []).append(each)

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A customer of batch-customers",
    "$comment": "Generated by benches/peers/schema.py from kycdrop's own catalogue. Do not edit.",
    **definition("Customer", OBJECTS.pop("Customer")),
    "$defs": {name: definition(name, fields) for name, fields in OBJECTS.items()},
}
print(page(SCHEMA))
