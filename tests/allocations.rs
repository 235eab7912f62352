//! A valid customer costs no allocation: not one a field, not one at all once the scratch memory
//! has grown to its size.

#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use kycdrop::catalog::{CUSTOMER, Endpoint};
use kycdrop::request::Tree;
use kycdrop::validate::{Judge, TextPool};

#[path = "../benches/support/mod.rs"]
mod support;

/// Hands every request on to the system's allocator and counts it. This is the one place of kycdrop
/// with `unsafe`: [`GlobalAlloc`] is an unsafe trait, and there is no other way to see every
/// allocation of a program. It stands in a test, and no part of the program is built with it.
struct Counting;

thread_local! {
    /// Allocations of this thread, so that the harness on its own threads counts for nothing.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count_one() {
    // A thread that is ending has no counter any more, and nothing to be counted.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every method passes its arguments unchanged to the system's allocator, which keeps the
// promises of the trait; counting touches only a thread-local number and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: `place` came from the system's allocator, with this layout.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_one();
        // SAFETY: `place` came from the system's allocator, with this layout.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Allocations of judging each text once more, with scratch memory that has seen all of them.
fn allocations(texts: &[&str]) -> Vec<u64> {
    let classifiers = support::classifiers();
    let judge = Judge {
        endpoint: Endpoint::BatchCustomers,
        multi_organization: false,
        classifiers: &classifiers,
    };
    let mut tree = Tree::new();
    let mut pool = TextPool::default();
    let mut judge_one = |text: &str| {
        pool.clear();
        let before = COUNT.get();
        assert!(tree.read(text, &CUSTOMER).expect("JSON"), "an object");
        let judged = judge.judge(text, &mut tree, &mut pool);
        let allocations = COUNT.get() - before;
        assert!(judged.findings.is_empty(), "{:?}", judged.findings);
        allocations
    };
    for text in texts {
        judge_one(text);
    }
    texts.iter().map(|text| judge_one(text)).collect()
}

#[test]
fn a_valid_customer_allocates_nothing() {
    let (minimal, full) = (support::minimal(), support::full());
    assert_eq!(allocations(&[&minimal, &full]), [0, 0]);
}

/// Escaped strings need a place to be written out: one buffer of serde_json a customer, which grows
/// with the longest of them and not with their number.
#[test]
fn escaped_strings_do_not_allocate_each() {
    let (minimal, full) = (support::minimal(), support::full());
    let escaped = |text: &str| {
        text.replace('ė', "\\u0117")
            .replace("Branch", "Br\\u0061nch")
    };
    let counted = allocations(&[&escaped(&minimal), &escaped(&full)]);
    assert!(counted.iter().all(|n| *n <= 4), "{counted:?}");
}

/// Proof that the counter counts.
#[test]
fn every_allocation_is_seen() {
    let before = COUNT.get();
    let text = String::from("allocated");
    assert_eq!(COUNT.get() - before, 1, "{text}");
}
