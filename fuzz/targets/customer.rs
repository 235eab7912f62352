//! Any text as one customer: it is read when and only when it is JSON, and judged alike every time,
//! in both ways of reading.

#![no_main]

use std::cell::RefCell;
use std::sync::LazyLock;

use kycdrop::catalog::{CUSTOMER, Endpoint};
use kycdrop::classifier::{ClassifierSet, shipped_files};
use kycdrop::request::Tree;
use kycdrop::validate::{Judge, Judged, TextPool};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;

static SHIPPED: LazyLock<ClassifierSet> = LazyLock::new(|| {
    let files = shipped_files("2026-01-01").expect("shipped classifiers");
    ClassifierSet::from_files(&files).expect("sound classifiers")
});

/// Judges what was read; the notes of reading stay with the tree, for the next time.
fn judge(text: &str, tree: &mut Tree, judge: Judge<'_>) -> Judged {
    let notes = tree.notes.clone();
    let judged = judge.judge(text, tree, &mut TextPool::default());
    tree.notes = notes;
    judged
}

fn findings(judged: &Judged) -> Vec<[&str; 4]> {
    judged
        .findings
        .iter()
        .map(|f| [&*f.rule.key, &*f.code, &*f.description, &*f.path])
        .collect()
}

fuzz_target!(|text: &str| {
    thread_local! {
        /// Read into again and again, as by a thread of the daemon.
        static TREE: RefCell<Tree> = RefCell::new(Tree::new());
    }
    TREE.with_borrow_mut(|used| {
        let read = used.read(text, &CUSTOMER);
        let json = serde_json::from_str::<IgnoredAny>(text);
        match &read {
            Err(e) => {
                assert!(e.offset <= text.len() as u64, "{}: {}", e.offset, e.message);
                assert!(json.is_err(), "JSON, but refused: {}", e.message);
            }
            Ok(is_object) => {
                assert!(json.is_ok(), "taken, but no JSON");
                assert_eq!(*is_object, text.trim_start().starts_with('{'));
            }
        }
        if let Ok(Value::Object(_)) = serde_json::from_str(text) {
            assert!(read.is_ok_and(|is_object| is_object), "an object");
        } else if !read.is_ok_and(|is_object| is_object) {
            return;
        }
        let (mut fresh, mut other) = (Tree::new(), Tree::new());
        let careful = with_lone_surrogate(text);
        for (tree, text) in [(&mut fresh, text), (&mut other, &careful)] {
            assert!(tree.read(text, &CUSTOMER).expect("JSON"), "no object");
        }
        assert_eq!(used.notes, fresh.notes);
        for endpoint in Endpoint::ALL {
            let how = Judge {
                endpoint,
                multi_organization: text.len() % 2 == 1,
                classifiers: &SHIPPED,
            };
            let judged = judge(text, used, how);
            let again = judge(text, &mut fresh, how);
            assert_eq!(findings(&judged), findings(&again));
            assert_eq!(judged.notes, again.notes);
            let carefully = judge(&careful, &mut other, how);
            assert_eq!(findings(&judged), findings(&carefully));
            for f in &judged.findings {
                assert!(!f.code.is_empty() && !f.description.is_empty());
            }
        }
    });
});

/// The same customer with one more unknown field, whose name has a customer read the careful way.
fn with_lone_surrogate(text: &str) -> String {
    let (before, inside) = text.split_once('{').expect("an object");
    let comma = if inside.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    format!("{before}{{\"\\ud800\":0{comma}{inside}")
}
