//! What screening finds, and what it must not find.

use super::*;

mod complaints;
mod folds;
mod qualified;

/// An entity with these names, the first one primary.
fn entity(id: &str, subject: Subject, names: &[&str]) -> Entity {
    let quality = |nth| {
        if nth == 0 {
            Quality::Primary
        } else {
            Quality::Alias
        }
    };
    let listed = names.iter().enumerate().map(|(nth, text)| ListedName {
        text: (*text).into(),
        quality: quality(nth),
    });
    Entity {
        id: id.into(),
        subject,
        names: listed.collect(),
        birth_dates: Vec::new(),
        countries: Vec::new(),
        remarks: Vec::new(),
    }
}

fn person(id: &str, names: &[&str]) -> Entity {
    entity(id, Subject::Person, names)
}

fn company(id: &str, names: &[&str]) -> Entity {
    entity(id, Subject::Organization, names)
}

fn query(name: &str, subject: Subject) -> Query<'_> {
    Query {
        name,
        subject,
        birth_date: None,
        countries: &[],
    }
}

const ANY: Options = Options {
    threshold: 0.0,
    best: 100,
};

/// What may be shown to a person, by the default of the command line.
const SHOWN: f32 = 0.75;

/// The score of the only entity, 0 where it is no hit at all.
fn score(listed: Entity, query: Query<'_>) -> f32 {
    let index = Index::build(vec![listed], &Folds::shipped());
    let hits = index.screen(&query, &ANY);
    hits.first().map_or(0.0, |h| f32::from(h.score) / 1000.0)
}

fn of_person(listed: &str, name: &str) -> f32 {
    score(person("1", &[listed]), query(name, Subject::Person))
}

fn of_company(listed: &str, name: &str) -> f32 {
    score(company("1", &[listed]), query(name, Subject::Organization))
}
