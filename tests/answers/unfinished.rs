//! A file that is not finished: cut at any byte, or with zero bytes where its rest is to come, it
//! waits; what stays wrong whatever follows is answered at once.

use crate::common;
use crate::faults;

use std::sync::{Arc, LazyLock};

use common::Office;
use kycdrop::catalog::Endpoint;
use kycdrop::classifier::{ClassifierSet, shipped_files};
use kycdrop::config::Config;
use kycdrop::ingest::{FileJudge, JudgeError, Rules, Silent, Source, thread_pool};
use kycdrop::request::{InvalidKind, InvalidRequest};

/// Everything that a cut can fall into, as the fields of a customer.
const FIELDS: &str = "\"extra\": {\"n\": [-1.5e+10, 0.25E-3, 0, 17], \"l\": [true ,false, null]},\
    \"a\\\"b\\\\\\u017d\\ud83d\\ude00\": \"\\n\\u0041\\ud83d\\ude00\", \"ž東😀\": \"Žą東😀\",\
    \"deep\":[[[{\"x\":[{}]}]]], \"t\": true, \"f\": false, \"nil\": null, \"minus\": -0.5e-7,\
    \"firstName\" : \"Žyginta\", \"riskLevel\":\"LOW\" ";

/// A request of each endpoint, up to its last brace.
fn requests() -> Vec<(Endpoint, String)> {
    let batch = format!(
        "\u{feff} \r\n{{ \"nothing\": null, \"yes\" : true, \"number\":-1.5e+10,\n\
         \"ž\\u017d\": [\"東\", {{\"a\":false}}], \"customers\" :\t[ {{ {FIELDS} }} , 12.5e3,\n\
         true,false,null, -7, \"Žą\\n\" ,[1], {{ {FIELDS} }} ], \"no\": false, \"last\": 1e5 }}"
    );
    let single = format!("\u{feff}\n {{ {FIELDS} }}");
    vec![
        (Endpoint::BatchCustomers, batch.clone()),
        (Endpoint::ValidateBatchCustomers, batch),
        (Endpoint::Customer, single.clone()),
        (Endpoint::SimplifiedCustomer, single),
    ]
}

fn look(endpoint: Endpoint, bytes: &[u8]) -> Result<(), InvalidRequest> {
    static RULES: LazyLock<(Rules, rayon::ThreadPool)> = LazyLock::new(|| {
        let files = shipped_files("2026-01-01").expect("the shipped classifiers are valid");
        let set = ClassifierSet::from_files(&files).expect("a set");
        let rules = Rules::new(set, &Config::default());
        (rules, thread_pool(2).expect("threads"))
    });
    let (rules, pool) = &*RULES;
    let judge = FileJudge {
        endpoint,
        rules,
        pool,
        progress: &mut Silent,
        make: Arc::new(|_, _| ()),
        take: &mut |()| Ok(()),
    };
    match judge.judge(Source::Bytes(bytes)) {
        Ok(_) => Ok(()),
        Err(JudgeError::Invalid(fault)) => Err(fault),
        Err(stop) => panic!("{stop:?}"),
    }
}

/// Checks that the bytes up to a cut are the beginning of a request, also where zero bytes fill the
/// file up to its size.
fn waits(endpoint: Endpoint, start: &[u8], size: usize) {
    let tail = String::from_utf8_lossy(&start[start.len().saturating_sub(30)..]).into_owned();
    let fault = look(endpoint, start).expect_err("cut short");
    assert_eq!(fault.kind, InvalidKind::EndsEarly, "{tail}: {fault:?}");
    let mut padded = start.to_vec();
    padded.resize(size, 0);
    let fault = look(endpoint, &padded).expect_err("zero bytes");
    let zeros =
        InvalidRequest::ends_early(start.len() as u64, "the rest of the file is zero bytes");
    assert_eq!(fault, zeros, "{tail}");
}

#[test]
fn a_request_that_is_cut_at_any_byte_may_still_become_whole() {
    for (endpoint, text) in requests() {
        let bytes = text.as_bytes();
        assert_eq!(look(endpoint, bytes), Ok(()), "{endpoint:?}");
        for at in 0..bytes.len() {
            waits(endpoint, &bytes[..at], bytes.len());
        }
        // What follows it is white space: the request is whole without, and zero bytes may become it.
        let padded = [bytes, b" \0\0"].concat();
        let fault = look(endpoint, &padded).expect_err("zero bytes");
        assert_eq!(fault.kind, InvalidKind::EndsEarly);
    }
}

#[test]
fn a_large_request_that_is_cut_at_any_byte_may_still_become_whole() {
    let (endpoint, text) = requests().swap_remove(0);
    // The zero bytes alone make it large enough to be read by one thread and judged by others.
    for at in (0..text.len()).step_by(41) {
        waits(endpoint, &text.as_bytes()[..at], 300 << 10);
    }
    let customers = format!("[{}", format!("{{{FIELDS}}},\n").repeat(1200));
    let large = text.replacen('[', "\u{1}", 1).replacen('[', &customers, 1);
    let large = large.replace('\u{1}', "[");
    assert!(large.len() > 300 << 10, "{}", large.len());
    assert_eq!(look(endpoint, large.as_bytes()), Ok(()));
    let ends = (large.len() - 600..large.len()).step_by(13);
    for at in ends.chain((1000..large.len() - 600).step_by(40_009)) {
        waits(endpoint, &large.as_bytes()[..at], large.len() + 10);
    }
}

#[test]
fn what_is_wrong_whatever_follows_is_not_taken_for_unfinished() {
    let cases: &[&[u8]] = &[
        b"{\"customers\":[]}}",
        b"{\"customers\":[]} x",
        b"{\"customers\":[]}\0\0x",
        b"{\"customers\":[\0\0{}]}",
        b"{\"customers\":[{\"a\":\"\0\0\"}]}",
        b"{\"customers\":[{\"a\":\"\xff\"}]}",
        b"{\"customers\":[{\"a\":\"\xc5\"}]}",
        b"{\"customers\":[{\"a\":\"\xff",
        b"{\"customers\":[{\"a\":\"\xff\0\0\0",
        b"{\"customers\":[{\"a\":trux",
        b"{\"customers\":[trux",
        b"{\"customers\":[trux]}",
        b"{\"a\":trux",
        b"{\"a\":tru,",
        b"{\"a\":1.,",
        b"{\"customers\":[1.,",
        b"{\"customers\":[{\"a\":-,",
        b"{\"customers\":[{\"a\":1e}",
        b"{\"customers\":[{\"a\":--",
        b"{\"customers\":[{\"a\":1..",
        b"{\"customers\":[{\"a\":01",
        b"{\"customers\":[{\"a\":1 -",
        b"{\"customers\":{",
        b"{\"customers\":n",
        b"\xef\xbbx",
        b"\xef\xef",
        b"{\"a\":trux\0\0\0",
    ];
    for bytes in cases {
        for large in [false, true] {
            let mut bytes = bytes.to_vec();
            if large {
                let space = vec![b' '; 300 << 10];
                let at = usize::from(bytes[0] == b'{');
                bytes.splice(at..at, space);
            }
            let fault = look(Endpoint::BatchCustomers, &bytes).expect_err("wrong");
            let shown = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(40)..]);
            assert_eq!(fault.kind, InvalidKind::Wrong, "{shown}: {fault:?}");
        }
    }
}

/// Drops the beginnings of every request, plain and filled with zero bytes, and counts them.
fn drop_beginnings(office: &Office) -> usize {
    let mut dropped = 0;
    for (endpoint, text) in requests() {
        let folder = endpoint.name();
        for at in (0..text.len()).step_by(5) {
            let mut bytes = text.as_bytes()[..at].to_vec();
            office.drop(format!("{folder}/plain-{at}.json"), &bytes);
            bytes.resize(text.len(), 0);
            office.drop(format!("{folder}/zeros-{at}.json"), &bytes);
            dropped += 2;
        }
    }
    dropped
}

#[test]
fn beginnings_of_requests_wait_in_the_inbox() {
    let office = Office::configured("settle_timeout = \"1h\"\n");
    let dropped = drop_beginnings(&office);
    let mut daemon = faults::Daemon::start(&office, &[]);
    faults::wait_for("every file to be put back", || {
        daemon.log().matches("ends too early").count() == dropped
    });
    for (endpoint, text) in requests().iter().filter(|(e, _)| e.is_batch()) {
        let name = format!("{}/plain-5.json", endpoint.name());
        faults::drop_whole(&office, &name, text);
    }
    faults::wait_for("the whole ones", || {
        office.files("watch-dir/archive").len() == 2
    });
    assert!(daemon.stop().success());
    assert_eq!(office.files("watch-dir/inbox").len(), dropped - 2);
    let answered = office.rows("SELECT status FROM v_batch");
    assert_eq!(answered.len(), 2, "{answered:?}");
    assert!(answered.iter().all(|row| row["status"] == 200));
}

#[test]
fn beginnings_of_requests_are_answered_400_once_they_are_overdue() {
    let office = Office::new();
    let dropped = drop_beginnings(&office);
    office.once();
    let count = |and: &str| office.value(&format!("SELECT count(*) FROM v_batch WHERE {and}"));
    assert_eq!(count("status = 400"), dropped);
    assert_eq!(count("status <> 400"), 0);
    let zeros = "file_name LIKE 'zeros-%' AND error LIKE '%: the rest of the file is zero bytes'";
    assert_eq!(count(zeros), dropped / 2);
}
