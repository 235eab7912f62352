//! Valid customers: people and companies, made of names, places and the institution's own codes.

use serde_json::{Value, json};

use crate::catalog::Classifier;
use crate::classifier::ClassifierFile;

use super::{Customer, Dice, ValidCodes};

const FIRST_NAMES: &[&str] = &[
    "Ona", "Jonas", "Rūta", "Tomas", "Eglė", "Mantas", "Ieva", "Lukas", "Živilė", "Andrius",
    "Aistė", "Darius", "Marija", "Piotr", "Anna", "Jānis", "Liis", "Olena", "Søren", "María",
];
const LAST_NAMES: &[&str] = &[
    "Petraitė",
    "Kazlauskas",
    "Jankauskienė",
    "Stankevičius",
    "Žukauskaitė",
    "Butkus",
    "Paulauskas",
    "Urbonaitė",
    "Kowalski",
    "Nowak",
    "Bērziņš",
    "Tamm",
    "Shevchenko",
    "Jensen",
    "García",
    "O'Neill",
];
const TRADES: &[&str] = &[
    "Statyba",
    "Prekyba",
    "Transportas",
    "Miškas",
    "Baldai",
    "Energija",
    "Maistas",
    "Technologijos",
    "Konsultacijos",
    "Laivai",
];
const CITIES: &[(&str, &str)] = &[
    ("Vilnius", "Gedimino pr."),
    ("Kaunas", "Laisvės al."),
    ("Klaipėda", "Tiltų g."),
    ("Šiauliai", "Vilniaus g."),
    ("Panevėžys", "Respublikos g."),
    ("Alytus", "Pulko g."),
];
/// As in a real office, most are low.
const RISK: &[&str] = &[
    "NONE", "LOW", "LOW", "LOW", "LOW", "LOW", "MEDIUM", "MEDIUM", "HIGH", "EXTREME",
];

/// The regular risk management categories by the type of customer that they are for.
pub(super) struct Categories {
    individual: Vec<String>,
    organization: Vec<String>,
}

impl Categories {
    pub(super) fn of(files: &[ClassifierFile]) -> Categories {
        let of = |wanted: &str| {
            let file = files
                .iter()
                .find(|f| f.name == Classifier::RiskManagementCategory.name());
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            file.into_iter()
                .flat_map(|f| &f.values)
                .filter(|v| {
                    let kind = v.attributes.get("kind").map(text);
                    let entity = v.attributes.get("entity_type").map(text);
                    !v.retired
                        && kind.is_none_or(|k| k == "regular")
                        && entity.is_none_or(|e| e == wanted)
                })
                .map(|v| v.code.clone())
                .collect()
        };
        Categories {
            individual: of("INDIVIDUAL"),
            organization: of("ORGANIZATION"),
        }
    }
}

/// One sound customer; `id` is in everything that must be unique.
pub(super) fn customer(
    dice: &mut Dice,
    codes: &ValidCodes,
    categories: &Categories,
    id: &str,
) -> Customer {
    let mut c = Customer::new();
    let mut put = |field: &str, value: Value| {
        c.insert(field.to_owned(), value);
    };
    put("communicationNumber", format!("DEMO-{id}").into());
    put("requester", format!("Branch {}", dice.below(9) + 1).into());
    put("customerExtId", format!("D-{id}").into());
    if let Some(unit) = codes.any(dice, Classifier::BusinessUnit) {
        put("businessUnit", unit);
    }
    put("applicationDate", day(dice, 2019, 7));
    put("riskLevel", any(dice, RISK));
    put("customerStatus", "ACTIVE".into());
    if dice.percent(70.0) {
        person(dice, codes, categories, &mut put);
    } else {
        company(dice, codes, categories, &mut put);
    }
    profile(dice, codes, &mut put);
    c
}

fn any(dice: &mut Dice, from: &[&str]) -> Value {
    dice.pick(from)
        .map_or(Value::Null, |text| Value::from(*text))
}

fn day(dice: &mut Dice, first_year: usize, years: usize) -> Value {
    let year = first_year + dice.below(years);
    format!(
        "{year:04}-{:02}-{:02}",
        dice.below(12) + 1,
        dice.below(28) + 1
    )
    .into()
}

/// Lithuania in most cases, else any country.
fn country(dice: &mut Dice, codes: &ValidCodes) -> Value {
    let home = codes
        .codes(Classifier::Country)
        .iter()
        .any(|code| code == "LT");
    if home && dice.percent(85.0) {
        return "LT".into();
    }
    codes.any(dice, Classifier::Country).unwrap_or_default()
}

fn person(
    dice: &mut Dice,
    codes: &ValidCodes,
    categories: &Categories,
    put: &mut impl FnMut(&str, Value),
) {
    put("entityType", "INDIVIDUAL".into());
    let category = dice.pick(&categories.individual).cloned();
    put("riskManagementCategory", category.into());
    put("firstName", any(dice, FIRST_NAMES));
    put("lastName", any(dice, LAST_NAMES));
    put("citizenshipCountry", country(dice, codes));
    put("birthDate", day(dice, 1945, 60));
    put(
        "nationalCode",
        format!("3{:010}", dice.below(9_999_999_999)).into(),
    );
    put("isLegalResident", true.into());
    put("isPEP", dice.percent(2.0).into());
    put(
        "fieldOfActivity",
        json!({"employment": {"isEmployee": true, "employerTitle": format!("UAB {}", text(dice, TRADES))}}),
    );
    if dice.percent(60.0) {
        put(
            "listBusinessEntityDocument",
            json!([{
                "entityType": "INDIVIDUAL",
                "identityDocumentType": any(dice, &["PASSPORT", "IDENTITYCARD"]),
                "documentNumber": format!("{:08}", dice.below(99_999_999)),
                "documentIssueDate": day(dice, 2018, 7),
                "documentIssueCountry": country(dice, codes),
                "documentIssueAuthority": "Migracijos departamentas",
            }]),
        );
    }
}

fn text(dice: &mut Dice, from: &[&'static str]) -> &'static str {
    dice.pick(from).copied().unwrap_or_default()
}

fn company(
    dice: &mut Dice,
    codes: &ValidCodes,
    categories: &Categories,
    put: &mut impl FnMut(&str, Value),
) {
    put("entityType", "ORGANIZATION".into());
    let category = dice.pick(&categories.organization).cloned();
    put("riskManagementCategory", category.into());
    put(
        "title",
        format!("UAB {} {}", text(dice, LAST_NAMES), text(dice, TRADES)).into(),
    );
    put("registrationCountry", country(dice, codes));
    put(
        "legalForm",
        codes.any(dice, Classifier::LegalForm).unwrap_or_default(),
    );
    put("establishmentDate", day(dice, 1992, 30));
    put("numberOfEmployees", dice.below(500).into());
    put("companyAssetValue", (dice.below(90_000) * 100).into());
    if let Some(relation) = codes.any(dice, Classifier::RelationType)
        && dice.percent(50.0)
    {
        put(
            "listRelatedEntity",
            json!([{
                "entityType": "INDIVIDUAL",
                "relationType": relation,
                "firstName": any(dice, FIRST_NAMES),
                "lastName": any(dice, LAST_NAMES),
                "country": country(dice, codes),
                "share": dice.below(100) + 1,
            }]),
        );
    }
}

/// The fields that people and companies have in common.
fn profile(dice: &mut Dice, codes: &ValidCodes, put: &mut impl FnMut(&str, Value)) {
    put("listAddress", json!([address(dice, codes)]));
    put(
        "listContact",
        json!([{
            "contactType": "MOBILEPHONE",
            "contactDetails": format!("+3706{:07}", dice.below(9_999_999)),
            "useForCommunication": true,
        }]),
    );
    let mut coded = |list: &str, field: &str, classifier, percent| {
        if dice.percent(percent)
            && let Some(code) = codes.any(dice, classifier)
        {
            put(list, json!([{ field: code }]));
        }
    };
    coded(
        "listOrderedService",
        "serviceType",
        Classifier::ServiceType,
        80.0,
    );
    coded(
        "listIncomeSource",
        "incomeSourceType",
        Classifier::IncomeSourceType,
        70.0,
    );
    coded(
        "listAppealReason",
        "appealReasonType",
        Classifier::AppealReasonType,
        40.0,
    );
    coded(
        "listActivity",
        "activityType",
        Classifier::ActivityType,
        40.0,
    );
    if let Some(turnover) = turnover(dice, codes) {
        put("listDeclaredTurnover", json!([turnover]));
    }
}

fn address(dice: &mut Dice, codes: &ValidCodes) -> Value {
    let (city, street) = *dice.pick(CITIES).unwrap_or(&("Vilnius", "Gedimino pr."));
    let mut address = json!({
        "country": country(dice, codes),
        "city": city,
        "streetAddress": format!("{street} {}", dice.below(120) + 1),
        "zipCode": format!("LT-{:05}", dice.below(99_999)),
        "useForCorrespondence": true,
    });
    if let Some(kind) = codes.any(dice, Classifier::AddressType)
        && let Some(address) = address.as_object_mut()
    {
        address.insert("addressType".into(), kind);
    }
    address
}

/// Most declare what they turn over.
fn turnover(dice: &mut Dice, codes: &ValidCodes) -> Option<Value> {
    let kind = codes.any(dice, Classifier::TurnoverType)?;
    if !dice.percent(60.0) {
        return None;
    }
    let from = dice.below(50) * 100;
    Some(json!({
        "turnoverType": kind,
        "turnoverRange": any(dice, &["SINGLE", "DAILY", "MONTHLY", "ANNUAL"]),
        "from": from,
        "to": from + 5000,
    }))
}
