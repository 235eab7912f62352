//! Tables of an institution's own.

use super::*;

#[test]
fn an_own_ending_and_form_need_no_build() {
    let own =
        "[endings]\nkalns = 0.03\n[forms]\nlimited = [\"zpk\"]\n[same]\nbank = [\"pankki\"]\n";
    let folds = Folds::of_toml(own).expect("a table");
    let score = |folds: &Folds, listed, subject, name| {
        let index = Index::build(vec![entity("1", subject, &[listed])], folds);
        let hits = index.screen(&query(name, subject), &ANY);
        hits.first().map_or(0, |h| h.score)
    };
    for (listed, subject, name) in [
        (
            "Marlin Shipping GmbH",
            Subject::Organization,
            "ZPK Marlin Shipping",
        ),
        ("Nord Bank", Subject::Organization, "Nord Pankki"),
        ("Roman Belov", Subject::Person, "Roman Belovkalns"),
    ] {
        let (own, shipped) = (
            score(&folds, listed, subject, name),
            score(&Folds::shipped(), listed, subject, name),
        );
        assert!(own > shipped, "{name}: {own} {shipped}");
    }
}

#[test]
fn a_broken_table_is_refused_with_its_line() {
    for (text, said) in [
        ("[spelings]\nx = \"ks\"\n", "spelings"),
        ("[endings]\n\nas = \"much\"\n", "line 3"),
        ("[endings]\nas = 7.0\n", "between 0 and 1"),
        ("[spelling]\n\"č\" = \"S\"\n", "other than a to z"),
        ("[spelling]\n\"\" = \"S\"\n", "an empty spelling"),
    ] {
        let refused = Folds::of_toml(text).expect_err("refused").to_string();
        assert!(refused.contains(said), "{text}: {refused}");
    }
}
