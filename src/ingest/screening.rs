//! The screening of a request, by the thread that validated it, and the lists that it is compared with.

use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::catalog::{
    CUSTOMER, EntityType, FieldIndex, RELATED_ENTITY, ScreeningProcess, customer::customer,
    related_entity,
};
use crate::evaluate::{Outcome, Screened};
use crate::history::{Screening, ScreeningHit};
use crate::lists::Missing;
use crate::request::Node;
use crate::screening::{Entity, Index, Options, Query, Screener, Subject};

use super::lists::ReadList;

/// A list in use.
pub struct UsedList {
    /// Its row in the history.
    pub id: i64,
    /// The name of its description without `.toml`.
    pub name: String,
    /// The day that it is from.
    pub date: NaiveDate,
    /// The score from which on an entry is a hit.
    pub threshold: f32,
    /// Its entries.
    pub index: Index,
}

/// The lists of a process.
pub struct OfProcess {
    /// What they are for.
    pub process: ScreeningProcess,
    /// Those in use.
    pub lists: Vec<Arc<UsedList>>,
    /// Why "no match" cannot be said, although some lists may be in use.
    pub missing: Option<String>,
}

/// A list, and what its names are looked for with.
type ListScreener<'l> = (&'l UsedList, Screener<'l>);

/// The lists of every process.
#[derive(Default)]
pub struct UsedLists {
    /// By process.
    pub of_process: Vec<OfProcess>,
    /// As they were read.
    pub(super) read: Vec<ReadList>,
}

/// So many hits of one subject and list are kept.
const BEST: usize = 10;

const PROCESSES: FieldIndex = customer("initializeScreeningProcesses");
const BUSINESS_UNIT: FieldIndex = customer("businessUnit");
const EXT_ID: FieldIndex = customer("customerExtId");
const RELATED: FieldIndex = customer("listRelatedEntity");

/// Whose screening it is: a pair that was dismissed for one customer is not for another.
struct Whose<'w> {
    process: ScreeningProcess,
    business_unit: Option<&'w str>,
    customer_ext_id: &'w str,
    /// That of the subject's events.
    ext_id: &'w str,
}

/// Whom a name is compared for.
struct Whom {
    subject: Subject,
    /// The name as it is written, and other names of the same.
    names: Vec<String>,
    birth_date: Option<String>,
    countries: Vec<String>,
}

impl UsedLists {
    /// The processes that have a list in use.
    pub(super) fn processes(&self) -> Vec<ScreeningProcess> {
        let usable = self.of_process.iter().filter(|of| !of.lists.is_empty());
        usable.map(|of| of.process).collect()
    }

    /// The processes in which "no match" cannot be said, each with why.
    pub(super) fn missing(&self) -> Vec<(ScreeningProcess, String)> {
        let missing = |of: &OfProcess| Some((of.process, of.missing.clone()?));
        self.of_process.iter().filter_map(missing).collect()
    }

    /// Every list that some process can be screened with, once.
    pub(super) fn all(&self) -> Vec<Arc<UsedList>> {
        let lists = self.of_process.iter().flat_map(|of| &of.lists);
        let mut all: Vec<Arc<UsedList>> = lists.cloned().collect();
        all.sort_by_key(|list| list.id);
        all.dedup_by_key(|list| list.id);
        all
    }

    /// The rows of these lists, which have their versions, as JSON.
    pub(super) fn versions(&self) -> String {
        let ids: Vec<i64> = self.all().iter().map(|list| list.id).collect();
        json!(ids).to_string()
    }

    /// Screens the customer and each related entity for every process that the request asks for.
    pub(super) fn screen(&self, root: &Node<'_>, lead: bool) -> Vec<Screening> {
        self.screen_for(&asked(root), root, lead)
    }

    /// Screens the customer and each related entity for these processes.
    pub(super) fn screen_for(
        &self,
        processes: &[ScreeningProcess],
        root: &Node<'_>,
        lead: bool,
    ) -> Vec<Screening> {
        if processes.is_empty() {
            return Vec::new();
        }
        let subjects = subjects(root, lead);
        let mut all = Vec::new();
        for &process in processes {
            let of = self.of_process.iter().find(|of| of.process == process);
            let lists = of.map(|of| of.lists.as_slice()).unwrap_or_default();
            let no_list = || Some(Missing::NoList.to_string());
            let missing = of.map_or_else(no_list, |of| of.missing.clone());
            let screeners = lists.iter().map(|list| (&**list, list.index.screener()));
            let mut screeners: Vec<ListScreener<'_>> = screeners.collect();
            for subject in &subjects {
                let whose = Whose {
                    process,
                    business_unit: root.sound_text(BUSINESS_UNIT),
                    customer_ext_id: root.sound_text(EXT_ID).unwrap_or_default(),
                    ext_id: &subject.ext_id,
                };
                // A hit is a hit, even where another list is missing.
                let hits = subject.whom.compare(&whose, &mut screeners);
                let found = match (&missing, hits.is_empty()) {
                    (Some(why), true) => Err(why.clone()),
                    _ => Ok(hits),
                };
                all.push(Screening {
                    process,
                    related: subject.related,
                    kind: subject.kind,
                    ext_id: subject.ext_id.clone(),
                    name: subject.whom.names.first().cloned().unwrap_or_default(),
                    subject: subject.members.clone(),
                    lists: lists.iter().map(|list| list.id).collect(),
                    found,
                });
            }
        }
        all
    }
}

/// The processes that a request asks for, each once.
fn asked(customer: &Node<'_>) -> Vec<ScreeningProcess> {
    let names = CUSTOMER.field(PROCESSES).ty.values();
    let asked = customer.items(PROCESSES).filter_map(|item| item.choice());
    let asked = asked.filter_map(|i| ScreeningProcess::from_name(names.get(i)?));
    let mut asked: Vec<ScreeningProcess> = asked.collect();
    asked.sort_unstable();
    asked.dedup();
    asked
}

/// What screening found where none is done: a process that is asked for could not be done.
pub fn unscreened(customer: &Node<'_>) -> Vec<Screened> {
    let unscreened = |process| Screened {
        related: None,
        process,
        outcome: Outcome::Unscreened,
    };
    asked(customer).into_iter().map(unscreened).collect()
}

/// The customer or a related entity.
struct One {
    /// The position of a related entity in its list, from 0.
    related: Option<u32>,
    /// Whom its events are about.
    kind: &'static str,
    ext_id: String,
    whom: Whom,
    /// The members of its events that say who it is.
    members: Map<String, Value>,
}

/// The customer, then each related entity.
fn subjects(root: &Node<'_>, lead: bool) -> Vec<One> {
    let customer_ext_id = root.sound_text(EXT_ID).unwrap_or_default();
    let mut all = vec![One {
        related: None,
        kind: if lead { "lead" } else { "customer" },
        ext_id: customer_ext_id.to_owned(),
        whom: whom(root),
        members: Map::from_iter([("externalId".to_owned(), json!(customer_ext_id))]),
    }];
    for (i, item) in root.items(RELATED).enumerate() {
        let Some(node) = root.item_node(RELATED, item) else {
            continue;
        };
        let own = node.sound_text(const { related_entity("extId") });
        all.push(One {
            related: Some(i as u32),
            kind: "related_entity",
            ext_id: own.unwrap_or(customer_ext_id).to_owned(),
            whom: whom(&node),
            members: related_members(&node, customer_ext_id),
        });
    }
    all
}

/// The best score, from `least` on, that a customer or one of its related entities has in a list, in
/// thousandths; 0: none.
pub fn best_score(root: &Node<'_>, list: &mut Screener<'_>, least: f32) -> u16 {
    let options = Options {
        threshold: least,
        best: 1,
    };
    let mut best = 0;
    every_name(root, |query| {
        let hits = list.screen(query, &options);
        best = hits.first().map_or(best, |hit| hit.score.max(best));
        false
    });
    best
}

/// Whether a customer or one of its related entities has a hit, from this score on, that is one of those asked
/// for by their places in the list.
pub(super) fn meets(
    root: &Node<'_>,
    list: &mut Screener<'_>,
    threshold: f32,
    asked: impl Fn(usize) -> bool,
) -> bool {
    let options = Options {
        threshold,
        best: BEST,
    };
    every_name(root, |query| {
        let hits = list.screen(query, &options);
        hits.iter().any(|hit| asked(hit.entity))
    })
}

/// Looks for every name of a customer and its related entities until `found` says so. Returns whether it did.
fn every_name(root: &Node<'_>, mut found: impl FnMut(&Query<'_>) -> bool) -> bool {
    let nodes = root
        .items(RELATED)
        .filter_map(|item| root.item_node(RELATED, item));
    let mut everybody = std::iter::once(whom(root)).chain(nodes.map(|node| whom(&node)));
    everybody.any(|whom| {
        let countries: Vec<&str> = whom.countries.iter().map(String::as_str).collect();
        let mut names = whom.names.iter();
        names.any(|name| found(&whom.query(name, &countries)))
    })
}

/// A field that customers and related entities have.
macro_rules! of_both {
    ($node:expr, $name:literal) => {{
        let field = match std::ptr::eq($node.object(), &RELATED_ENTITY) {
            true => const { related_entity($name) },
            false => const { customer($name) },
        };
        $node.sound_text(field)
    }};
}

/// Whom a customer or related entity is compared as.
fn whom(node: &Node<'_>) -> Whom {
    let is_customer = !std::ptr::eq(node.object(), &RELATED_ENTITY);
    let entity_type = match is_customer {
        true => node.choice(const { customer("entityType") }),
        false => node.choice(const { related_entity("entityType") }),
    };
    let is_person = entity_type.and_then(EntityType::from_name) == Some(EntityType::Individual);
    let name = match is_person {
        true => [of_both!(node, "firstName"), of_both!(node, "lastName")]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        false => of_both!(node, "title").unwrap_or_default().to_owned(),
    };
    let mut names = vec![name];
    let mut countries = vec![
        of_both!(node, "birthCountry"),
        of_both!(node, "registrationCountry"),
    ];
    if is_customer {
        let trading = node.sound_text(const { customer("tradingName") });
        names.extend(trading.map(str::to_owned));
        countries.extend([
            node.sound_text(const { customer("citizenshipCountry") }),
            node.sound_text(const { customer("secondCitizenshipCountry") }),
            node.sound_text(const { customer("permanentResidenceCountry") }),
        ]);
    } else {
        countries.push(node.sound_text(const { related_entity("country") }));
    }
    let mut countries: Vec<String> = countries.into_iter().flatten().map(str::to_owned).collect();
    countries.sort_unstable();
    countries.dedup();
    Whom {
        subject: match is_person {
            true => Subject::Person,
            false => Subject::Organization,
        },
        names,
        birth_date: of_both!(node, "birthDate")
            .and_then(|d| d.get(..10))
            .map(str::to_owned),
        countries,
    }
}

impl Whom {
    fn query<'q>(&'q self, name: &'q str, countries: &'q [&'q str]) -> Query<'q> {
        Query {
            name,
            subject: self.subject,
            birth_date: self.birth_date.as_deref(),
            countries,
        }
    }

    /// The hits in these lists, the best of each entry, the best first.
    fn compare(&self, whose: &Whose<'_>, lists: &mut [ListScreener<'_>]) -> Vec<ScreeningHit> {
        let countries: Vec<&str> = self.countries.iter().map(String::as_str).collect();
        let mut hits: Vec<ScreeningHit> = Vec::new();
        for (list, screener) in lists {
            let options = Options {
                threshold: list.threshold,
                best: BEST,
            };
            for name in &self.names {
                for hit in screener.screen(&self.query(name, &countries), &options) {
                    let Some(entity) = list.index.entity(hit.entity) else {
                        continue;
                    };
                    let listed = entity.names.get(hit.name);
                    let new = ScreeningHit {
                        list_id: list.id,
                        entity_id: entity.id.to_string(),
                        name: listed.map(|n| n.text.to_string()).unwrap_or_default(),
                        score: hit.score,
                        pair: self.pair(whose, &list.name, entity),
                        details: json!({
                            "met": hit.met.iter().map(|m| json!([m.query, m.listed, m.similarity, m.weight])).collect::<Vec<_>>(),
                            "names": hit.names,
                            "born": format!("{:?}", hit.born),
                            "otherCountry": hit.other_country,
                        })
                        .to_string(),
                    };
                    let same = |h: &&mut ScreeningHit| {
                        h.list_id == new.list_id && h.entity_id == new.entity_id
                    };
                    match hits.iter_mut().find(same) {
                        Some(known) if known.score >= new.score => {}
                        Some(known) => *known = new,
                        None => hits.push(new),
                    }
                }
            }
        }
        hits.sort_by(|a, b| {
            (b.score, a.list_id, &a.entity_id).cmp(&(a.score, b.list_id, &b.entity_id))
        });
        hits
    }

    /// A hash of both sides: it changes when one of them does.
    fn pair(&self, whose: &Whose<'_>, list: &str, entity: &Entity) -> String {
        let names: Vec<&str> = entity.names.iter().map(|n| &*n.text).collect();
        let both = json!([
            whose.process.name(),
            whose.business_unit,
            whose.customer_ext_id,
            whose.ext_id,
            self.names,
            self.birth_date,
            self.countries,
            list,
            entity.id,
            names,
            entity.birth_dates,
            entity.countries,
        ]);
        crate::hex(&Sha256::digest(both.to_string().as_bytes()))
    }
}

/// The members of the events of a related entity that say who it is.
fn related_members(node: &Node<'_>, customer_ext_id: &str) -> Map<String, Value> {
    let text = |name: FieldIndex| node.sound_text(name);
    let day = |name: FieldIndex| text(name).and_then(|d| d.get(..10));
    let entity_type = node.choice(const { related_entity("entityType") });
    let country = match entity_type {
        Some("ORGANIZATION") => text(const { related_entity("registrationCountry") })
            .or_else(|| text(const { related_entity("country") })),
        _ => text(const { related_entity("country") }),
    };
    let members = [
        ("customerExternalId", Some(customer_ext_id)),
        ("externalId", text(const { related_entity("extId") })),
        ("type", entity_type),
        ("firstName", text(const { related_entity("firstName") })),
        ("lastName", text(const { related_entity("lastName") })),
        ("title", text(const { related_entity("title") })),
        ("birthDate", day(const { related_entity("birthDate") })),
        (
            "establishmentDate",
            day(const { related_entity("establishmentDate") }),
        ),
        (
            "nationalCode",
            text(const { related_entity("nationalCode") }),
        ),
        (
            "relationCode",
            text(const { related_entity("relationType") }),
        ),
        ("countryCode", country),
    ];
    let given = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    given.collect()
}
