//! Reading and judging one customer, beside what serde_json needs to make a `Value` of the same
//! bytes, which is the least that a program without a reader of its own would pay. The aim: at most
//! 0.6 of that. And rating one with the shipped risk matrix: at most 10 µs. `cargo bench --bench judge`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kycdrop::catalog::{CUSTOMER, Endpoint};
use kycdrop::classifier::shipped_files;
use kycdrop::evaluate::{Case, MATRICES, parse_matrix};
use kycdrop::request::Tree;
use kycdrop::validate::{Judge, TextPool};

mod support;

fn judge(c: &mut Criterion) {
    let classifiers = support::classifiers();
    let judge = Judge {
        endpoint: Endpoint::BatchCustomers,
        multi_organization: false,
        classifiers: &classifiers,
    };
    let files = shipped_files("2026-01-01").expect("the shipped classifiers are valid");
    let (name, text) = MATRICES[0];
    let matrix = parse_matrix(name, text, &files).expect("the shipped matrix is sound");
    for (name, text) in [("minimal", support::minimal()), ("full", support::full())] {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64));
        let mut tree = Tree::new();
        let mut texts = TextPool::default();
        group.bench_function("read and judge", |b| {
            b.iter(|| {
                texts.clear();
                let text = std::str::from_utf8(black_box(text.as_bytes())).expect("text");
                let is_object = tree.read(text, &CUSTOMER);
                assert!(is_object.is_ok_and(|is| is));
                let judged = judge.judge(text, &mut tree, &mut texts);
                assert!(judged.findings.is_empty(), "{:?}", judged.findings);
                judged
            });
        });
        group.bench_function("read", |b| {
            b.iter(|| tree.read(black_box(&text), &CUSTOMER).is_ok());
        });
        assert!(tree.read(&text, &CUSTOMER).is_ok());
        let case = Case::of(tree.root(&text, &CUSTOMER), &classifiers, &[]);
        group.bench_function("evaluate", |b| {
            b.iter(|| matrix.evaluate(black_box(case)).level);
        });
        group.bench_function("serde_json Value", |b| {
            b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(text.as_bytes())));
        });
        group.finish();
    }
}

criterion_group!(benches, judge);
criterion_main!(benches);
