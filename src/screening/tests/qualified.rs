//! Dates of birth, countries, kinds of subject, weak names, and what a hit says.

use super::*;

fn born(dates: &[&str]) -> Entity {
    Entity {
        birth_dates: dates.iter().map(|d| (*d).into()).collect(),
        ..person("1", &["Karim Haddad Mansour"])
    }
}

fn score_with(listed: Entity, name: &str, birth_date: &str) -> (f32, Born) {
    let index = Index::build(vec![listed], &Folds::shipped());
    let query = Query {
        birth_date: Some(birth_date),
        ..query(name, Subject::Person)
    };
    let hits = index.screen(&query, &ANY);
    hits.first()
        .map_or((0.0, Born::Unknown), |h| (f32::from(h.score), h.born))
}

#[test]
fn another_date_of_birth_lowers_and_the_same_one_confirms() {
    let name = "Karim Hadad Mansour";
    let (without, _) = score_with(born(&[]), name, "1970-05-17");
    for (dates, said) in [
        (&["1970-05-17"][..], Born::Same),
        (&["1962", "1970"], Born::Near),
        (&["1971"], Born::Near),
        (&["1970-01-01"], Born::Near),
        (&["1970-05-27"], Born::Near),
        (&["1950-05-17"], Born::Apart),
        (&["1970-11-02"], Born::Apart),
    ] {
        let (score, found) = score_with(born(dates), name, "1970-05-17");
        assert_eq!(found, said, "{dates:?}");
        match said {
            Born::Apart => assert!(score < without, "{dates:?}"),
            _ => assert!(score > without, "{dates:?}"),
        }
    }
    let (score, found) = score_with(born(&["1970-04-03"]), name, "1970-03-04");
    assert_eq!(found, Born::Near, "day and month exchanged");
    assert!(score > without);
}

#[test]
fn a_date_of_birth_alone_is_nothing() {
    assert_eq!(
        score_with(born(&["1970-05-17"]), "Jonas Petraitis", "1970-05-17").0,
        0.0
    );
    let (score, _) = score_with(born(&["1970-05-17"]), "Karim Wilson", "1970-05-17");
    assert!(score < SHOWN * 1000.0, "{score}");
}

#[test]
fn like_is_compared_with_like() {
    let name = "Marlin Aurora";
    for (listed, asked, hit) in [
        (Subject::Person, Subject::Person, true),
        (Subject::Person, Subject::Organization, false),
        (Subject::Organization, Subject::Person, false),
        (Subject::Unknown, Subject::Person, true),
        (Subject::Unknown, Subject::Organization, true),
        (Subject::Person, Subject::Unknown, true),
        (Subject::Organization, Subject::Unknown, true),
    ] {
        let score = score(entity("1", listed, &[name]), query(name, asked));
        assert_eq!(score > 0.0, hit, "{listed:?} {asked:?}");
    }
}

#[test]
fn other_countries_lower_a_little() {
    let listed = Entity {
        countries: vec!["SY".into()],
        ..person("1", &["Karim Haddad Mansour"])
    };
    let index = Index::build(vec![listed], &Folds::shipped());
    let ask = |countries: &[&str]| {
        let query = Query {
            countries,
            ..query("Karim Hadad Mansour", Subject::Person)
        };
        index.screen(&query, &ANY)[0].clone()
    };
    assert_eq!(ask(&["SY", "LT"]).score, ask(&[]).score);
    assert!(ask(&["LT"]).score < ask(&[]).score);
    assert!(ask(&["LT"]).other_country);
}

#[test]
fn a_weak_name_only_confirms() {
    let weak = |dates: &[&str]| {
        let mut entity = born(dates);
        entity.names.push(ListedName {
            text: "Falcon".into(),
            quality: Quality::Weak,
        });
        entity
    };
    assert!(score_with(weak(&["1970-05-17"]), "Falcon", "").0 < SHOWN * 1000.0);
    assert!(score_with(weak(&["1970-05-17"]), "Falcon", "1980-01-02").0 < SHOWN * 1000.0);
    assert!(score_with(weak(&["1970-05-17"]), "Falcon", "1970-05-17").0 > 900.0);
}

#[test]
fn a_hit_says_what_met() {
    let index = Index::build(
        vec![person("1", &["Other Person", "Andrei Pavlovich Morozov"])],
        &Folds::shipped(),
    );
    let hits = index.screen(&query("Morozovas Andrejus", Subject::Person), &ANY);
    let hit = &hits[0];
    assert_eq!((hit.entity, hit.name), (0, 1));
    let mut met: Vec<_> = hit
        .met
        .iter()
        .map(|m| (m.query.as_str(), m.listed.as_str()))
        .collect();
    met.sort_unstable();
    assert_eq!(met, [("andrejus", "andrei"), ("morozovas", "morozov")]);
    let weight: u16 = hit.met.iter().map(|m| m.weight).sum();
    assert!((990..=1010).contains(&weight), "{weight}");
    assert!(hit.met.iter().all(|m| m.similarity > 850), "{:?}", hit.met);
}
