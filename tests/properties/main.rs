//! What holds for every customer and for every file: sound ones are accepted, one flaw has one
//! finding, no bytes bring the judging down, and neither chunks nor threads change what is found.

mod events;
mod flaw;
mod list_formats;
mod risk;
mod schema;
#[path = "../schemas/mod.rs"]
mod schemas;
mod screening;
mod sound;
mod whole_lists;

use std::io::Read;
use std::sync::{Arc, LazyLock};

use kycdrop::catalog::{CUSTOMER, Endpoint};
use kycdrop::classifier::{ClassifierSet, shipped_files};
use kycdrop::ingest::{FileJudge, JudgeError, Rules, Silent, Source};
use kycdrop::request::{Body, InvalidRequest, Limits, SplitError, Splitter, Tree};
use kycdrop::validate::{Judge, Judged, JudgedChunk, TextPool};
use proptest::prelude::*;
use serde_json::Value;
use sound::Dice;

static SHIPPED: LazyLock<Arc<ClassifierSet>> = LazyLock::new(|| {
    let files = shipped_files("2026-01-01").expect("the shipped classifiers are valid");
    Arc::new(ClassifierSet::from_files(&files).expect("a set"))
});

fn judge_at(endpoint: Endpoint) -> Judge<'static> {
    Judge {
        endpoint,
        multi_organization: false,
        classifiers: &SHIPPED,
    }
}

fn rules(limits: Limits) -> Rules {
    Rules {
        classifiers: SHIPPED.clone(),
        multi_organization: false,
        limits,
        max_file_bytes: u64::MAX,
        max_customers: u64::MAX,
        accepts_repeats: true,
        matrices: Arc::default(),
        lists: Arc::default(),
    }
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads")
}

fn found(judged: &Judged) -> Vec<flaw::Finding> {
    let pair = |f: &kycdrop::validate::Finding| (f.rule.key.clone(), f.path.clone());
    judged.findings.iter().map(pair).collect()
}

fn judge(text: &str, endpoint: Endpoint) -> Judged {
    let mut tree = Tree::new();
    let is_object = tree.read(text, &CUSTOMER).expect("JSON");
    assert!(is_object);
    judge_at(endpoint).judge(text, &mut tree, &mut TextPool::default())
}

/// Every choice that a customer needs, and some for what is done to it.
fn rolls() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 0..700)
}

fn regular() -> impl Strategy<Value = Endpoint> {
    prop::sample::select(vec![
        Endpoint::BatchCustomers,
        Endpoint::ValidateBatchCustomers,
        Endpoint::Customer,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_sound_customer_is_accepted(rolls in rolls(), endpoint in regular()) {
        let text = sound::customer(&mut Dice::new(&rolls), endpoint, "1").to_string();
        let judged = judge(&text, endpoint);
        prop_assert_eq!(found(&judged), [], "{}", text);
        let unknown = judged.notes.iter().any(|n| n.kind.name() != "ignored-field");
        prop_assert!(!unknown, "{:?}: {}", judged.notes, text);
    }

    #[test]
    fn one_flaw_has_its_one_finding(
        rolls in rolls(),
        choices in prop::collection::vec(any::<u16>(), 6),
        endpoint in regular(),
    ) {
        let sound = sound::customer(&mut Dice::new(&rolls), endpoint, "1");
        let (text, finding) = flaw::put_in(&mut Dice::new(&choices), sound);
        prop_assert_eq!(found(&judge(&text, endpoint)), [finding], "{}", text);
    }
}

/// What came of cutting a file: the texts of its customers, or that it is not a request. Where the fault
/// is told depends on what was handed on before: a customer that was has its fault told by the judge.
type Cut = Result<Vec<Vec<u8>>, ()>;

fn cut(file: impl Read, body: Body, limits: Limits) -> Cut {
    let mut splitter = Splitter::new(file, body, limits);
    let mut texts = Vec::new();
    loop {
        match splitter.next_chunk() {
            Ok(None) => return Ok(texts),
            Ok(Some(chunk)) => {
                assert_eq!(chunk.first, texts.len() as u64);
                for e in &chunk.elements {
                    texts.push(chunk.data[e.start as usize..e.end as usize].to_vec());
                }
            }
            Err(SplitError::Invalid(_)) => return Err(()),
            Err(SplitError::Io(e)) => panic!("{e}"),
        }
    }
}

/// Reads a few bytes at a time, as a slow disk might.
struct Trickle<'b>(&'b [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.len().min(buf.len()).min(3);
        buf[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn small(chunk_bytes: usize, chunk_customers: usize) -> Limits {
    Limits {
        chunk_bytes,
        chunk_customers,
        ..Limits::default()
    }
}

/// Cuts and judges the bytes in every way, without anything that would catch a panic, and checks
/// what comes of it against serde_json's own reading.
fn stand(bytes: &[u8]) {
    for (body, endpoint) in [
        (Body::List, Endpoint::BatchCustomers),
        (Body::Single, Endpoint::SimplifiedCustomer),
    ] {
        let whole = cut(bytes, body, Limits::default());
        assert_eq!(cut(bytes, body, small(1, 1)), whole);
        assert_eq!(cut(Trickle(bytes), body, small(40, 3)), whole);
        let (judged, outcome) = judge_all(bytes, endpoint, Limits::default(), 1);
        let (again, same) = judge_all(bytes, endpoint, small(1, 1), 1);
        assert_eq!((&again, &same.is_ok()), (&judged, &outcome.is_ok()));
        if let Ok(()) = outcome {
            assert_eq!(Ok(judged.len()), whole.map(|w| w.len()));
        }
        agrees(bytes, endpoint, outcome.is_ok());
    }
}

fn agrees(bytes: &[u8], endpoint: Endpoint, is_request: bool) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).unwrap_or("no UTF-8");
    let json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    assert!(json || !is_request, "taken, but no JSON: {text}");
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return;
    };
    let list = !endpoint.is_batch() || object.get("customers").is_some_and(Value::is_array);
    let twice = endpoint.is_batch() && text.matches("\"customers\"").count() > 1;
    let deep = text.matches(['[', '{']).count() > 64;
    if !twice && !deep {
        assert_eq!(is_request, list, "{text}");
    }
}

/// Everything that is found, in order, and whether the bytes are a request.
fn judge_all(
    bytes: &[u8],
    endpoint: Endpoint,
    limits: Limits,
    threads: usize,
) -> (Vec<String>, Result<(), String>) {
    static POOLS: LazyLock<[rayon::ThreadPool; 2]> = LazyLock::new(|| [pool(1), pool(4)]);
    let pool = &POOLS[usize::from(threads > 1)];
    let mut lines = Vec::new();
    let rules = rules(limits);
    let mut take = |chunk: JudgedChunk| {
        assert_eq!(chunk.first, lines.len() as u64);
        for customer in &chunk.customers {
            let payload = chunk.payload(customer);
            let (findings, notes) = (&customer.findings, &customer.notes);
            let texts: Vec<_> = findings
                .iter()
                .map(|f| format!("{} {} {} {}", f.rule.key, f.code, f.description, f.path))
                .collect();
            lines.push(format!("{texts:?} {notes:?} {payload}"));
        }
        Ok(())
    };
    let judge = FileJudge {
        endpoint,
        rules: &rules,
        pool,
        progress: &mut Silent,
        make: Arc::new(|chunk, _| chunk),
        take: &mut take,
    };
    let judged = judge.judge(Source::Bytes(bytes));
    match judged {
        Ok(_) => (lines, Ok(())),
        Err(JudgeError::Invalid(fault)) => {
            assert!(fault.offset <= bytes.len() as u64, "{fault:?}");
            (Vec::new(), Err(fault.message))
        }
        Err(stop) => panic!("{stop:?}: {:?}", String::from_utf8_lossy(bytes)),
    }
}

/// A batch of sound and flawed customers.
fn batch(rolls: &[u16], count: usize) -> String {
    let share = rolls.len() / count.max(1);
    let texts: Vec<_> = (0..count)
        .map(|i| {
            let mut dice = Dice::new(&rolls[i * share..(i + 1) * share]);
            let flawed = dice.roll(2) == 1;
            let sound = sound::customer(&mut dice, Endpoint::BatchCustomers, &i.to_string());
            match flawed {
                true => flaw::put_in(&mut dice, sound).0,
                false => sound.to_string(),
            }
        })
        .collect();
    format!("{{\"customers\": [{}]}}\n", texts.join(" ,\n"))
}

/// Pieces that a request is made of, and some that it is not.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    " ",
    "\n",
    "{\"customers\":[",
    "]}",
    "\"customers\"",
    "\"listContact\":",
    "\"isPEP\":true",
    "\"isPEP\":",
    "\"a\":1",
    "null",
    "true",
    "-1e999",
    "0.1",
    "01",
    "\"\\ud800\"",
    "\"\\u0041\"",
    "\u{feff}",
    "\u{1}",
    "\"ž\"",
    "{}",
    "[]",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_are_judged_or_no_request(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        stand(&bytes);
    }

    #[test]
    fn any_pieces_are_judged_or_no_request(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        inside in any::<bool>(),
    ) {
        let text = pieces.concat();
        stand(text.as_bytes());
        if inside {
            stand(format!("{{\"customers\":[{{{text}}}]}}").as_bytes());
        }
    }

    #[test]
    fn a_batch_changed_anywhere_is_judged_or_no_request(
        rolls in prop::collection::vec(any::<u16>(), 0..300),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<u8>()), 0..4),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = batch(&rolls, 3).into_bytes();
        stand(&bytes);
        for (at, what, byte) in edits {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes[at] = *b"\"\\{}[],:".get(byte as usize % 8).unwrap_or(&0),
            }
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        stand(&bytes);
    }
}

/// One customer whose only text is 8 MiB of escapes and has no end.
struct Escapes {
    given: u64,
}

impl Read for Escapes {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let start = b" {\"a\":\"";
        if self.given > 8 << 20 {
            return Ok(0);
        }
        for b in buf.iter_mut() {
            *b = *start.get(self.given as usize).unwrap_or(&b'\\');
            self.given += 1;
        }
        Ok(buf.len())
    }
}

#[test]
fn a_text_of_nothing_but_escapes_is_given_up_at_the_limit() {
    let limits = Limits {
        customer_bytes: 1 << 20,
        ..Limits::default()
    };
    // With and without the blank before it, so that a read may end between the two of a pair.
    for skipped in [0, 1] {
        let mut splitter = Splitter::new(Escapes { given: skipped }, Body::Single, limits);
        let Err(SplitError::Invalid(InvalidRequest {
            offset, message, ..
        })) = splitter.next_chunk()
        else {
            panic!("taken");
        };
        assert_eq!(offset, 1 - skipped);
        assert!(message.contains("max_customer_bytes"), "{message}");
        assert!(splitter.into_inner().given < 2 << 20, "read on and on");
    }
}

#[test]
fn one_thread_and_many_find_the_same_in_a_large_file() {
    let mut state = 1u64;
    let rolls: Vec<u16> = (0..200_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 48) as u16
        })
        .collect();
    let text = batch(&rolls, 500);
    assert!(text.len() > 1 << 20, "{} bytes", text.len());
    let judge =
        |limits, threads| judge_all(text.as_bytes(), Endpoint::BatchCustomers, limits, threads).0;
    let one = judge(Limits::default(), 1);
    assert_eq!(one.len(), 500);
    assert!(one.iter().any(|l| l.starts_with("[]")));
    assert!(one.iter().any(|l| !l.starts_with("[]")));
    assert!(one == judge(Limits::default(), 4));
    assert!(one == judge(small(1 << 14, 7), 4));
    let broken = &text.as_bytes()[..text.len() - 3];
    for threads in [1, 4] {
        let judged = judge_all(broken, Endpoint::BatchCustomers, Limits::default(), threads);
        assert!(judged.1.is_err(), "truncated, and taken");
    }
}
