//! What the history keeps of a customer beside its payload, taken once while the tree is there.

use crate::catalog::{Action, CategoryKind, EntityType, FieldIndex, RiskLevelSource, customer};
use crate::request::{Node, value};

use super::interpret::Context;

/// The texts of the summaries of a whole chunk, one behind the other.
#[derive(Debug, Default)]
pub struct Facts(String);

/// Where a text stands in [`Facts`]; absent when it is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    start: u32,
    /// One more than the length; 0 when absent.
    len: u32,
}

impl Facts {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn keep(&mut self, text: Option<&str>) -> Span {
        self.keep_all(text.as_slice())
    }

    /// Several texts as one, with a blank between them; absent when there are none.
    fn keep_all(&mut self, texts: &[&str]) -> Span {
        if texts.is_empty() {
            return Span::default();
        }
        let start = self.0.len();
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                self.0.push(' ');
            }
            self.0.push_str(text);
        }
        self.span_from(start)
    }

    fn keep_moment(&mut self, moment: Option<value::Moment>) -> Span {
        let Some(moment) = moment else {
            return Span::default();
        };
        let start = self.0.len();
        moment.write_to(&mut self.0);
        self.span_from(start)
    }

    fn span_from(&self, start: usize) -> Span {
        Span {
            start: start as u32,
            len: (self.0.len() - start) as u32 + 1,
        }
    }

    /// The text of a span.
    pub fn get(&self, span: Span) -> Option<&str> {
        let len = span.len.checked_sub(1)?;
        Some(&self.0[span.start as usize..(span.start + len) as usize])
    }
}

/// One customer's columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    pub communication_number: Span,
    pub customer_ext_id: Span,
    pub business_unit: Span,
    pub requester: Span,
    /// First and last name, or the title.
    pub name: Span,
    pub category: Span,
    /// Citizenship of a person, registration of a company.
    pub country: Span,
    /// The day, or the moment in UTC.
    pub application_date: Span,
    pub action: Action,
    pub source: RiskLevelSource,
    pub entity_type: Option<&'static str>,
    pub risk_level: Option<&'static str>,
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

    pub(super) fn of(root: &Node<'_>, facts: &mut Facts, context: &Context) -> Summary {
        let kind = context.category.map(|c| c.kind);
        let source = context.source.unwrap_or_default();
        let risk_level = match source {
            RiskLevelSource::Import => Some(root.choice(RISK_LEVEL).unwrap_or("NONE")),
            RiskLevelSource::Evaluate => None,
        };
        let customer_status = match kind {
            Some(CategoryKind::Lead) => Some("PENDING"),
            _ => root.choice(CUSTOMER_STATUS),
        };
        let name = match context.entity {
            Some(EntityType::Organization) => facts.keep(root.sound_text(TITLE)),
            _ => match (root.sound_text(FIRST_NAME), root.sound_text(LAST_NAME)) {
                (Some(first), Some(last)) => facts.keep_all(&[first, last]),
                (one, other) => facts.keep(one.or(other)),
            },
        };
        let application_date = match root.sound_text(APPLICATION_DATE) {
            // A day is kept as it is; of a date-time the history keeps the moment in UTC.
            Some(text) if text.len() == 10 => facts.keep(Some(text)),
            Some(text) => facts.keep_moment(value::moment(text)),
            None => Span::default(),
        };
        let screening = root
            .items(SCREENING)
            .filter_map(|item| item.choice())
            .fold(0u8, |bits, process| bits | 1 << process);
        Summary {
            communication_number: facts.keep(root.sound_text(COMMUNICATION_NUMBER)),
            customer_ext_id: facts.keep(root.sound_text(CUSTOMER_EXT_ID)),
            business_unit: facts.keep(root.sound_text(BUSINESS_UNIT)),
            requester: facts.keep(root.sound_text(REQUESTER)),
            name,
            category: facts.keep(root.sound_text(CATEGORY)),
            country: facts.keep(root.sound_text(match context.entity {
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
            entity_type: context.entity.map(EntityType::name),
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
