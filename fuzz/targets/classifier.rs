//! Any text as a classifier's file: every problem is told with its file and a line that there is,
//! and a sound file can be stored and loaded beside the others.

#![no_main]

use std::cell::RefCell;
use std::sync::LazyLock;

use kycdrop::catalog::Classifier;
use kycdrop::classifier::{ClassifierFile, ClassifierSet, parse_file, shipped_files};
use kycdrop::history::History;
use libfuzzer_sys::fuzz_target;

/// The first byte of the input chooses one of these.
const NAMES: &[&str] = &["own.toml", "riskManagementCategory.toml", "country.toml"];

const TODAY: &str = "2026-11-20";

/// The shipped classifiers, of each only the first few values: what is stored is not looked for here.
static OTHERS: LazyLock<Vec<ClassifierFile>> = LazyLock::new(|| {
    let mut files = shipped_files(TODAY).expect("sound files");
    files.iter_mut().for_each(|f| f.values.truncate(2));
    files
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
    match parse_file(name, text, TODAY) {
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
        Ok(file) => loads(file, &parse_file(name, text, TODAY).expect("sound again")),
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
        let set = ClassifierSet::from_files(&files).expect("a whole set");
        for value in &values {
            if let Some(contract) = contract {
                assert_eq!(set.holds(*contract, &value.code), !value.retired);
            }
        }
        let history = &mut kept.history;
        let active = history.activate_classifiers(&files).expect("stored");
        let same = history.activate_classifiers(&files).expect("stored twice");
        assert!(!same.changed && same.set_id == active.set_id);
    });
}
