//! What the history keeps of a customer beside its payload, taken once while the tree is there.

use crate::catalog::{
    Action, CategoryKind, CustomerFacts, EntityType, FieldIndex, RiskLevelSource, customer,
};
use crate::request::{Node, value};

/// The texts of the summaries of a whole chunk, one behind the other.
#[derive(Debug, Default)]
pub struct TextPool(String);

/// Refers to a text in a [`TextPool`], or to none.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextRef {
    start: u32,
    /// One more than the length; 0 when absent.
    len: u32,
}

impl TextPool {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn push(&mut self, text: Option<&str>) -> TextRef {
        self.push_all(text.as_slice())
    }

    /// Several texts as one, with a blank between them; absent when there are none.
    fn push_all(&mut self, texts: &[&str]) -> TextRef {
        if texts.is_empty() {
            return TextRef::default();
        }
        let start = self.0.len();
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                self.0.push(' ');
            }
            self.0.push_str(text);
        }
        self.ref_from(start)
    }

    fn push_moment(&mut self, moment: Option<value::Moment>) -> TextRef {
        let Some(moment) = moment else {
            return TextRef::default();
        };
        let start = self.0.len();
        moment.write_to(&mut self.0);
        self.ref_from(start)
    }

    fn ref_from(&self, start: usize) -> TextRef {
        TextRef {
            start: start as u32,
            len: (self.0.len() - start) as u32 + 1,
        }
    }

    /// The text that this refers to.
    pub fn get(&self, text: TextRef) -> Option<&str> {
        let len = text.len.checked_sub(1)?;
        self.0.get(text.start as usize..(text.start + len) as usize)
    }
}

/// One customer's columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// The communicationNumber.
    pub communication_number: TextRef,
    /// The customerExtId.
    pub customer_ext_id: TextRef,
    /// The businessUnit.
    pub business_unit: TextRef,
    /// Who asked.
    pub requester: TextRef,
    /// First and last name, or the title.
    pub name: TextRef,
    /// The code of the riskManagementCategory.
    pub category: TextRef,
    /// Citizenship of a person, registration of a company.
    pub country: TextRef,
    /// The day, or the moment in UTC.
    pub application_date: TextRef,
    /// What the request asks for.
    pub action: Action,
    /// Where the risk level comes from.
    pub source: RiskLevelSource,
    /// INDIVIDUAL or ORGANIZATION, if it is one of them.
    pub entity_type: Option<&'static str>,
    /// The riskLevel, if it is one.
    pub risk_level: Option<&'static str>,
    /// The customerStatus, if it is one.
    pub customer_status: Option<&'static str>,
    /// What the category makes of the customer.
    pub kind: Option<CategoryKind>,
    /// The screening processes asked for, a bit each in the order of the catalogue.
    pub screening: u8,
}

const COMMUNICATION_NUMBER: FieldIndex = customer::customer("communicationNumber");
const CUSTOMER_EXT_ID: FieldIndex = customer::customer("customerExtId");
const BUSINESS_UNIT: FieldIndex = customer::customer("businessUnit");
const REQUESTER: FieldIndex = customer::customer("requester");
const FIRST_NAME: FieldIndex = customer::customer("firstName");
const LAST_NAME: FieldIndex = customer::customer("lastName");
const TITLE: FieldIndex = customer::customer("title");
const CITIZENSHIP_COUNTRY: FieldIndex = customer::customer("citizenshipCountry");
const REGISTRATION_COUNTRY: FieldIndex = customer::customer("registrationCountry");
const CATEGORY: FieldIndex = customer::customer("riskManagementCategory");
const APPLICATION_DATE: FieldIndex = customer::customer("applicationDate");
const ACTION: FieldIndex = customer::customer("action");
const RISK_LEVEL: FieldIndex = customer::customer("riskLevel");
const CUSTOMER_STATUS: FieldIndex = customer::customer("customerStatus");
const SCREENING: FieldIndex = customer::customer("initializeScreeningProcesses");

impl Summary {
    /// Whether its risk level is to be evaluated.
    pub fn is_evaluated(&self) -> bool {
        self.source == RiskLevelSource::Evaluate
    }

    pub(super) fn of(root: &Node<'_>, texts: &mut TextPool, customer: &CustomerFacts) -> Summary {
        let kind = customer.category.map(|c| c.kind);
        let source = customer.source.unwrap_or_default();
        let risk_level = match source {
            RiskLevelSource::Import => Some(root.choice(RISK_LEVEL).unwrap_or("NONE")),
            RiskLevelSource::Evaluate => None,
        };
        let customer_status = match kind {
            Some(CategoryKind::Lead) => Some("PENDING"),
            _ => root.choice(CUSTOMER_STATUS),
        };
        let name = match customer.entity_type {
            Some(EntityType::Organization) => texts.push(root.sound_text(TITLE)),
            _ => match (root.sound_text(FIRST_NAME), root.sound_text(LAST_NAME)) {
                (Some(first), Some(last)) => texts.push_all(&[first, last]),
                (one, other) => texts.push(one.or(other)),
            },
        };
        let application_date = match root.sound_text(APPLICATION_DATE) {
            // A day is kept as it is; of a date-time the history keeps the moment in UTC.
            Some(text) if text.len() == 10 => texts.push(Some(text)),
            Some(text) => texts.push_moment(value::moment(text)),
            None => TextRef::default(),
        };
        let screening = root
            .items(SCREENING)
            .filter_map(|item| item.choice())
            .fold(0u8, |bits, process| bits | 1 << process);
        Summary {
            communication_number: texts.push(root.sound_text(COMMUNICATION_NUMBER)),
            customer_ext_id: texts.push(root.sound_text(CUSTOMER_EXT_ID)),
            business_unit: texts.push(root.sound_text(BUSINESS_UNIT)),
            requester: texts.push(root.sound_text(REQUESTER)),
            name,
            category: texts.push(root.sound_text(CATEGORY)),
            country: texts.push(root.sound_text(match customer.entity_type {
                Some(EntityType::Organization) => REGISTRATION_COUNTRY,
                _ => CITIZENSHIP_COUNTRY,
            })),
            application_date,
            action: root
                .slot(ACTION)
                .choice()
                .and_then(Action::from_index)
                .unwrap_or_default(),
            source,
            entity_type: customer.entity_type.map(EntityType::name),
            risk_level,
            customer_status,
            kind,
            screening,
        }
    }

    /// The screening processes asked for.
    pub fn screening_processes(&self) -> impl Iterator<Item = &'static str> {
        let values = crate::catalog::CUSTOMER.field(SCREENING).ty.values();
        let bits = self.screening;
        values
            .iter()
            .enumerate()
            .filter(move |(i, _)| bits & (1 << i) != 0)
            .map(|(_, name)| *name)
    }
}
