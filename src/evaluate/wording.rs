//! What can be wrong with a matrix, and what to do about it.

/// A message and its remedy; `{}` in them is what they are about.
pub(super) type Wording = (&'static str, &'static str);

macro_rules! wordings {
    ($($name:ident: $message:literal => $remedy:literal;)+) => {
        $(pub(super) const $name: Wording = ($message, $remedy);)+
    };
}

wordings! {
    FORMAT: "the format is not known" => "write format = 1, the only one so far";
    BLANK: "{} is blank" => "write what the matrix is called, and who answers for it";
    DAY: "valid_from is not a day" => "write the first day: valid_from = 2026-12-01";
    FACTORS: "there are more than {} factors" => "put fields that say the same into one factor";
    GROUPS: "there are not 1 to {} groups" => "write customer, country, product, channel, or what you weigh";
    EMPTY_GROUP: "the group {} has no factor" => "add a factor, or remove the group: it would always be without data";
    TWICE: "{} is there twice" => "a name stands once: results refer to it";
    SCORE: "from of {} is not a score" => "write a number from 0.0 to 100.0 with one decimal, as scores have";
    LEVELS: "{} does not follow" => "begin from 0.0, and let each level be higher and begin higher than the one before";
    NO_LEVEL: "there is no level" => "add [[levels]] with level and from";

    TAKES: "it is not clear what the factor takes" => "write one of field, flag and additional_value";
    POINTS: "it is not clear how the factor gets its points" => "write attribute with points = { low = 0, high = 80 }, is or flag with points = 50, values, or bands";
    USELESS: "{} does nothing in this factor" => "remove {}, or see docs/RISK.md for what it goes with";
    PICK: "pick does not go with this factor" => "any and all go with is, count with bands, max, min and sum with what has numbers or points";
    BOOLEAN: "is asks for a Boolean field" => "a factor takes others by attribute, values or bands, a floor by the points of a factor";
    BANDS: "the bands do not follow each other" => "let below rise from band to band, and leave it out in the last alone";
    NUMBER: "a field of this factor is no number" => "bands go with numbers, with dates and age, and with pick = \"count\"";
    UNTIL: "until is not a Date of the customer" => "write until = \"Customer.applicationDate\": the day of the request, never that of the clock";
    UNIT: "factor does not have {} = 1" => "give the unit of the bands the factor 1";
    CLASSIFIER: "the fields are not of one classifier" => "take fields of one classifier (docs/FIELDS.md), or write values = { CODE = 20 }";
    FLOOR: "it is not clear when the floor holds" => "write flag; or field and is; or factor and points_from";

    PATH: "{} is no path of a customer" => "write it from Customer on, as docs/FIELDS.md has it: Customer.listAddress[].country";
    NO_VALUE: "{} leads to no value" => "a list is written with [], and a path ends with a single value or a list";
    NO_ITEMS: "where does nothing here" => "conditions are about the items of a list or related entities: use unless for the customer";
    COMPARED: "{} cannot be compared with that" => "true or false goes with a Boolean, texts with a String or Enum, { from, below } with a number";
}
