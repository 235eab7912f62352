//! Screening lists as wholes: their age, what they lost, their version, their descriptions, and when a process is
//! whole.

use kycdrop::catalog::ScreeningProcess as Process;
use kycdrop::lists::{List, Lists, Refusal};

use super::list_formats::*;

#[test]
fn a_list_that_is_old_or_short_is_refused() {
    let own = |more: &str, before| read(&(of("csv") + more), &[("f", OWN.as_bytes())], before);
    assert_eq!(content(own("max_age_days = 5\n", None)).age_days, 5);
    assert!(matches!(
        refused(own("max_age_days = 4\n", None)),
        Refusal::TooOld {
            age_days: 5,
            max_age_days: 4,
            ..
        }
    ));
    assert!(matches!(
        refused(own("max_age_days = 9\ndate = 2026-06-01\n", None)),
        Refusal::TooOld { .. }
    ));
    assert!(matches!(
        refused(own("date = 2026-07-01\n", None)),
        Refusal::FromTheFuture { .. }
    ));
    // What the file says of its own day counts.
    let un = of("un") + "date = 2026-06-14\nmax_age_days = 13\n";
    assert!(matches!(
        refused(read(&un, &[("f", UN.as_bytes())], None)),
        Refusal::TooOld { .. }
    ));
    let rows = |n: u64| (0..n).fold("name\n".to_owned(), |rows, i| format!("{rows}Ona {i}\n"));
    for (now, before, refuse) in [
        (80, 100, false),
        (79, 100, true),
        (8, 10, false),
        (7, 10, true),
        (1, 9, false),
        (200, 100, false),
    ] {
        let read = read(&of("csv"), &[("f", rows(now).as_bytes())], Some(before));
        let shrunk = matches!(read.content, Err(Refusal::Shrunk { .. }));
        assert_eq!(shrunk, refuse, "{now} of {before}");
    }
    // The description knows better.
    let few = of("csv") + "min_entries = 3\n";
    let list = |n| read(&few, &[("f", rows(n).as_bytes())], Some(100));
    assert!(matches!(
        refused(list(2)),
        Refusal::Shrunk { least: 3, now: 2 }
    ));
    assert_eq!(content(list(3)).entities.len(), 3);
    // It says how many a table has whose last line has no line break.
    let open_end = |more: &str| read(&(of("csv") + more), &[("f", b"name\nOna\nRasa")], None);
    assert_eq!(content(open_end("min_entries = 2\n")).entities.len(), 2);
    let refusal = refused(open_end("")).to_string();
    assert!(
        refusal.starts_with("f:3: the last line has no line break"),
        "{refusal}"
    );
}

#[test]
fn another_content_is_another_version() {
    let version = |more: &str, text: &str| {
        content(read(&(of("csv") + more), &[("f", text.as_bytes())], None)).version
    };
    let first = version("", OWN);
    assert_eq!(first, version("", OWN));
    assert_eq!(first.len(), 64);
    assert_ne!(first, version("threshold = 0.8\n", OWN));
    assert_ne!(first, version("", &OWN.replace("2,", "3,")));
}

#[test]
fn a_description_that_is_not_sound_is_refused_with_its_line() {
    let base = of("csv");
    for (text, said) in [
        (
            base.replace("title", "titel"),
            "x.toml: line 1, column 1: unknown field `titel`: did you mean title?",
        ),
        (
            base.replace("SANCTIONS", "SANCTION"),
            "line 2, column 11: there is no process SANCTION: did you mean SANCTIONS?",
        ),
        (
            base.replace("\"SANCTIONS\"", "[\"PEP\", \"X\"]"),
            "there is no process X: write one of SANCTIONS, PEP",
        ),
        (
            base.replace("\"SANCTIONS\"", "[]"),
            "line 2, column 11: an empty list says nothing",
        ),
        (
            base.replace("\"csv\"", "\"csw\""),
            "line 3, column 10: unknown variant `csw`: did you mean csv?",
        ),
        (
            base.replace("\"f\"", "\"../f\""),
            "does not lie in the folder of the lists",
        ),
        (
            base.replace("\"f\"", "\"/f\""),
            "does not lie in the folder of the lists",
        ),
        (
            base.replace("\"f\"", "7"),
            "line 4, column 8: invalid type: integer, expected a string or a list of strings",
        ),
        (base.replace("\"T\"", "\" \""), "title is blank"),
        (
            base.replace("csv", "ofac"),
            "line 4: file is one file: OFAC has other names in a second one",
        ),
        (
            base.clone() + "threshold = 1.5",
            "line 5, column 13: threshold is not between 0 and 1",
        ),
        (base.clone() + "max_age_days = -1", "line 5, column 16: "),
        (base.clone() + "date = 10:00:00", "date is not a day"),
        (
            base.clone() + "topics = \"sanction\"",
            "line 5: topics is for the formats ftm and senzing",
        ),
        (
            base.clone() + "separator = \"::\"",
            "separator is not one of",
        ),
        (
            base.replace("csv", "un") + "separator = \";\"",
            "line 5: separator is for the format csv",
        ),
        (
            base.replace("csv", "un") + "[columns]\nname = \"n\"",
            "line 5: columns is for the format csv",
        ),
        (
            base.clone() + "[columns]\nnam = \"n\"",
            "did you mean name?",
        ),
        (
            base.clone() + "[columns]\nid = \"n\"",
            "line 5: columns says no name",
        ),
        (
            base.clone() + "title = \"twice\"",
            "line 5, column 1: duplicate key",
        ),
        (String::new(), "missing field `title`"),
    ] {
        let list = read(&text, &[("f", OWN.as_bytes())], None);
        // It may be for any process.
        assert!(Process::ALL.iter().all(|process| list.is_for(*process)));
        let refusal = refused(list);
        assert!(matches!(refusal, Refusal::Description(_)));
        assert!(refusal.to_string().contains(said), "{text}\n{refusal}");
    }
    let several = base.replace("\"SANCTIONS\"", "[\"PEP\", \"SANCTIONS\"]") + "threshold = 1\n";
    let list = read(&several, &[("f", OWN.as_bytes())], None);
    assert!(list.is_for(Process::Pep) && !list.is_for(Process::InternalList));
    content(list);
}

#[test]
fn a_process_is_whole_only_if_all_its_lists_are() {
    let list = |name: &str, text: &str| List {
        name: name.to_owned(),
        ..read(text, &[("f", OWN.as_bytes())], None)
    };
    let sound = of("csv");
    let broken = sound.replace("csv", "un");
    let pep = sound.replace("SANCTIONS", "PEP");
    let lists = |all: Vec<List>| Lists {
        all,
        undescribed: Vec::new(),
    };
    let of = |lists: &Lists, process| {
        let usable: Vec<_> = lists.usable(process).map(|(l, _)| l.name.clone()).collect();
        (
            usable.join(" "),
            lists.missing(process).map(|m| m.to_string()),
        )
    };
    let some = lists(vec![list("a", &sound), list("b", &broken), list("c", &pep)]);
    let (usable, missing) = of(&some, Process::Sanctions);
    assert_eq!(usable, "a");
    assert!(missing.expect("b").starts_with("list b: f: ends before"));
    assert_eq!(of(&some, Process::Pep), ("c".into(), None));
    let none = Some("there is no list for it".into());
    assert_eq!(of(&some, Process::AdverseMedia), (String::new(), none));
    // Nobody knows what a list is for whose description is not sound.
    let unknown = lists(vec![list("c", &pep), list("d", "titel = 1\n")]);
    let (usable, missing) = of(&unknown, Process::Pep);
    assert_eq!(usable, "c");
    assert!(missing.expect("d").starts_with("list d: x.toml: line 1"));
    assert_eq!(unknown.refused().count(), 1);
    let standings = unknown.standings();
    assert_eq!(
        (standings[0].entries, standings[1].entries),
        (Some(2), None)
    );
}
