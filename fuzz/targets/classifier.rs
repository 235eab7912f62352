//! Any text as a classifier's file: every problem is told with its file and a line that there is,
//! and a sound file can be stored and loaded beside the others.

#![no_main]

use std::cell::RefCell;
use std::sync::LazyLock;

use kycdrop::catalog::Classifier;
use kycdrop::classifier::{ClassifierFile, SHIPPED, load_set, parse_file, store};
use kycdrop::history::History;
use libfuzzer_sys::fuzz_target;

/// The first byte of the input chooses one of these.
const NAMES: &[&str] = &["own.toml", "riskManagementCategory.toml", "country.toml"];

const NOW: &str = "2026-11-20T16:49:50.237Z";

/// The shipped classifiers, of each only the first few values: what is stored is not looked for here.
static OTHERS: LazyLock<Vec<ClassifierFile>> = LazyLock::new(|| {
    let file = |(name, text): &(&str, &str)| {
        let mut file = parse_file(name, text).expect("a sound file");
        file.values.truncate(2);
        file
    };
    SHIPPED.iter().map(file).collect()
});

struct Kept {
    history: History,
    stored: u32,
}

impl Kept {
    fn new() -> Kept {
        let history = History::in_memory().expect("a history");
        Kept { history, stored: 0 }
    }
}

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let name = NAMES[choice as usize % NAMES.len()];
    match parse_file(name, text) {
        Err(problems) => {
            assert!(!problems.is_empty());
            let lines = text.split('\n').count() as u64;
            for p in problems {
                assert_eq!(p.file, name);
                assert!(p.line.is_none_or(|l| (1..=lines).contains(&l)), "{p}");
                assert!(!p.message.is_empty() && !p.remedy.is_empty(), "{p}");
                assert!(p.to_string().starts_with(name));
            }
        }
        Ok(file) => loads(file, &parse_file(name, text).expect("sound again")),
    }
});

fn loads(file: ClassifierFile, again: &ClassifierFile) {
    thread_local! {
        static KEPT: RefCell<Kept> = RefCell::new(Kept::new());
    }
    assert_eq!(file.hash(), again.hash());
    assert!(!file.title.trim().is_empty());
    let contract = Classifier::ALL.iter().find(|c| c.name() == file.name);
    let mut files = OTHERS.clone();
    files.retain(|f| f.name != file.name);
    let values = file.values.clone();
    files.push(file);
    KEPT.with_borrow_mut(|kept| {
        // The registry of values remembers every one that ever was: now and then it starts anew.
        kept.stored += 1;
        if kept.stored == 200 {
            *kept = Kept::new();
        }
        let conn = kept.history.connection_mut();
        let loaded = store(conn, &files, NOW).expect("stored");
        let set = load_set(conn, loaded.set_id).expect("loaded");
        for value in &values {
            if let Some(contract) = contract {
                assert_eq!(set.holds(*contract, &value.code), !value.retired);
            }
        }
        let same = store(conn, &files, NOW).expect("stored twice");
        assert!(!same.changed && same.set_id == loaded.set_id);
    });
}
