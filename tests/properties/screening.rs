//! What never changes a score, and what another entry never does.

use kycdrop::screening::{Entity, Folds, Index, ListedName, Options, Quality, Query, Subject};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "andrei",
    "morozov",
    "karim",
    "haddad",
    "mansour",
    "jonas",
    "petraitis",
    "müller",
    "šimkus",
    "žydrė",
    "al",
    "bin",
    "omar",
    "čiurlionis",
    "günther",
    "łukasz",
    "søren",
    "fatima",
    "ruslan",
    "tereshchenko",
];

fn person(id: usize, name: &[&str]) -> Entity {
    let text = name.join(" ").into();
    let quality = Quality::Primary;
    Entity {
        id: id.to_string().into(),
        subject: Subject::Person,
        names: vec![ListedName { text, quality }],
        birth_dates: Vec::new(),
        countries: Vec::new(),
        remarks: Vec::new(),
    }
}

/// Entities with their scores.
fn scores(listed: &[Vec<&str>], name: &str, threshold: f32) -> Vec<(usize, u16)> {
    let entities = listed
        .iter()
        .enumerate()
        .map(|(id, name)| person(id, name))
        .collect();
    let index = Index::build(entities, &Folds::shipped());
    let query = Query {
        name,
        subject: Subject::Person,
        birth_date: None,
        countries: &[],
    };
    let best = listed.len();
    let hits = index.screen(&query, &Options { threshold, best });
    let mut scores: Vec<_> = hits.iter().map(|h| (h.entity, h.score)).collect();
    scores.sort_unstable();
    scores
}

fn name() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(WORDS), 1..5)
}

/// The same name as somebody else may write it.
fn written_otherwise(name: &[&str], how: u8) -> String {
    use unicode_normalization::UnicodeNormalization;
    match how % 5 {
        0 => name.join(" ").to_uppercase(),
        1 => format!("  {}\t", name.join("  \u{a0}")),
        2 => name.join(" ").nfd().collect(),
        3 => name.join(" ").nfd().filter(char::is_ascii).collect(),
        _ => name.join("-"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn case_marks_and_spaces_change_nothing(
        listed in prop::collection::vec(name(), 1..8),
        asked in name(),
        how in any::<u8>(),
    ) {
        prop_assume!(how % 5 != 3 || !asked.iter().any(|w| w.contains(['ł', 'ø'])));
        let plain = scores(&listed, &asked.join(" "), 0.0);
        prop_assert_eq!(plain, scores(&listed, &written_otherwise(&asked, how), 0.0));
    }

    #[test]
    fn a_name_in_any_order_is_the_same_name(
        name in name().prop_shuffle(),
        others in prop::collection::vec(name(), 0..6),
        turn in any::<prop::sample::Index>(),
    ) {
        let mut listed = others;
        listed.push(name.clone());
        let last = listed.len() - 1;
        let mut turned = name.clone();
        turned.rotate_left(turn.index(name.len()));
        let found = scores(&listed, &turned.join(" "), 0.9);
        let only_particles = name.iter().all(|w| ["al", "bin"].contains(w));
        prop_assert!(only_particles || found.contains(&(last, 1000)), "{:?}", found);
    }

    #[test]
    fn another_entry_removes_no_hit(
        listed in prop::collection::vec(name(), 1..8),
        another in name(),
        asked in name(),
    ) {
        let before = scores(&listed, &asked.join(" "), 0.75);
        let mut more = listed.clone();
        more.push(another);
        let after = scores(&more, &asked.join(" "), 0.7);
        for (entity, _) in before {
            prop_assert!(after.iter().any(|(e, _)| *e == entity), "{} is gone: {:?}", entity, after);
        }
    }

    #[test]
    fn any_text_is_screened(listed in "\\PC{0,40}", asked in "\\PC{0,40}") {
        let found = scores(&[vec![listed.as_str()]], &asked, 0.0);
        prop_assert!(found.iter().all(|(_, score)| *score <= 1000));
    }
}
