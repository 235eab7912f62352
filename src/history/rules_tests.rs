//! Two texts with one hash, forced: their texts distinguish them.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::super::{History, NewBatch, PackedChunk};
use crate::catalog::Endpoint;
use crate::classifier::{ClassifierSet, shipped_files};
use crate::request::{Body, Limits, Splitter, Tree};
use crate::validate::Judge;

/// Whatever the hashes, the texts decide: three hash values for everybody give what 2^64 give; and
/// new customers who enter a chunk at a time are judged as if each entered in turn.
#[test]
fn texts_with_one_hash_are_told_apart() {
    let distinct = rows_with(u64::MAX, false, 1);
    for mask in [0, 3, 63, 255, 1023, u64::MAX] {
        for (chunk, blocks) in [(1, false), (7, true), (50, false), (50, true), (1024, true)] {
            let rows = rows_with(mask, blocks, chunk);
            assert_eq!(distinct, rows, "{mask} {chunk} {blocks}");
        }
    }
    assert_eq!(distinct.len(), 400);
    let first_findings: BTreeSet<_> = distinct.iter().map(|(_, code)| code.clone()).collect();
    let known: Vec<_> = first_findings.iter().map(String::as_str).collect();
    assert_eq!(known, ["", "C003", "C004", "C011", "O005"]);
}

/// Position and first error of customers of which some meet each other, in two files.
fn rows_with(mask: u64, blocks: bool, chunk_customers: usize) -> Vec<(i64, String)> {
    let limits = Limits {
        chunk_customers,
        ..Limits::default()
    };
    let mut history = History::in_memory().unwrap();
    history.keys.mask = mask;
    history.keys.blocks = blocks;
    let files = shipped_files("2026-01-01").unwrap();
    history.activate_classifiers(&files).unwrap();
    let classifiers = ClassifierSet::from_files(&files).unwrap();
    let judge = Judge {
        endpoint: Endpoint::BatchCustomers,
        multi_organization: false,
        classifiers: &classifiers,
    };
    let packing = history.packing();
    let group = history.group().unwrap();
    for file in 0..2 {
        let mut recording = group
            .file(
                NewBatch {
                    claim: format!("claim {file}"),
                    endpoint: Some(Endpoint::BatchCustomers),
                    path: "batch-customers".into(),
                    file_name: "x.json".into(),
                    received_at: "2026-01-01T00:00:00.000Z".into(),
                },
                true,
            )
            .unwrap();
        let bytes = body(file);
        let mut splitter = Splitter::new(&bytes[..], Body::List, limits);
        while let Some(chunk) = splitter.next_chunk().unwrap() {
            let judged = judge.judge_chunk(chunk, &mut Tree::new(), || 0).unwrap();
            let mut packed = PackedChunk::of(judged, true, &packing);
            recording.chunk(&mut packed).unwrap();
        }
        recording.finish(Default::default()).unwrap();
    }
    group.commit().unwrap();
    outcomes(&history.conn)
}

fn body(file: usize) -> Vec<u8> {
    let customers: Vec<_> = (0..200)
        .map(|i| {
            let (number, id) = (i * 7 % 150 + file * 40, i * 11 % 130);
            let action = ["CREATE", "UPDATE", "CREATE"][i % 3];
            let unit = ["", "north", "south"][i % 7 % 3];
            let status = if i % 11 == 5 { "GONE" } else { "ACTIVE" };
            format!(
                r#"{{"communicationNumber":"N{number}","customerExtId":"X{id}","action":"{action}","businessUnit":"{unit}","requester":"B","riskManagementCategory":"IND","customerStatus":"{status}","entityType":"INDIVIDUAL","applicationDate":"2024-04-10","firstName":"A","lastName":"B","citizenshipCountry":"LT"}}"#
            )
        })
        .collect();
    format!(r#"{{"customers":[{}]}}"#, customers.join(",")).into_bytes()
}

fn outcomes(conn: &Connection) -> Vec<(i64, String)> {
    let mut select = conn
        .prepare(
            "SELECT batch_id * 1000 + position AS place, '' FROM assessment
             UNION ALL
             SELECT batch_id * 1000 + position, code FROM v_finding WHERE no = 1
             ORDER BY place",
        )
        .unwrap();
    let rows = select.query_map([], |r| Ok((r.get(0)?, r.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}
