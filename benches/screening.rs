//! Screening names against a list of made-up people. The aim: 5,000 names a second and core against 40,000
//! names, 500 against a million. `cargo bench --bench screening`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kycdrop::screening::{Entity, Folds, Index, ListedName, Options, Quality, Query, Subject};

/// Made-up names: the same on every machine.
struct Names(u64);

impl Names {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    /// A few words are common, as in life: the lesser of two rolls.
    fn word(&mut self, words: usize) -> String {
        const BEGIN: [&str; 20] = [
            "an", "ka", "mo", "vla", "ser", "al", "da", "ro", "mi", "iv", "ol", "na", "pe", "sta",
            "gri", "ha", "fa", "yu", "be", "tsi",
        ];
        const MIDDLE: [&str; 20] = [
            "dre", "rim", "ham", "di", "ge", "ex", "ni", "man", "kha", "ano", "ga", "ta", "tro",
            "nis", "go", "ss", "ti", "ri", "lo", "bul",
        ];
        const END: [&str; 20] = [
            "i", "ov", "mad", "mir", "y", "an", "el", "ova", "l", "enko", "ich", "sky", "v", "las",
            "ev", "ein", "ma", "in", "va", "shvili",
        ];
        let nth = (0..3).map(|_| self.roll(words)).min().unwrap_or_default();
        let (a, b, c) = (nth % 20, nth / 20 % 20, nth / 400 % 20);
        let more = if nth >= 8000 {
            MIDDLE[nth / 8000 % 20]
        } else {
            ""
        };
        format!("{}{}{more}{}", BEGIN[a], MIDDLE[b], END[c])
    }

    fn name(&mut self) -> String {
        format!(
            "{} {} {}",
            self.word(800),
            self.word(8_000),
            self.word(160_000)
        )
    }
}

fn list(names: usize) -> Vec<Entity> {
    let mut made = Names(1);
    let quality = Quality::Primary;
    (0..names)
        .map(|id| Entity {
            id: id.to_string().into(),
            subject: Subject::Person,
            names: vec![ListedName {
                text: made.name().into(),
                quality,
            }],
            birth_dates: Vec::new(),
            countries: Vec::new(),
            remarks: Vec::new(),
        })
        .collect()
}

fn screening(c: &mut Criterion) {
    let folds = Folds::shipped();
    let options = Options {
        threshold: 0.75,
        best: 10,
    };
    for names in [40_000, 1_000_000] {
        let mut group = c.benchmark_group(format!("{names} names"));
        group.sample_size(10);
        group.bench_function("index", |b| {
            b.iter_batched(
                || list(names),
                |l| Index::build(l, &folds),
                criterion::BatchSize::PerIteration,
            );
        });
        let index = Index::build(list(names), &folds);
        let mut screener = index.screener();
        let mut made = Names(2);
        let asked: Vec<String> = (0..500).map(|_| made.name()).collect();
        group.throughput(Throughput::Elements(asked.len() as u64));
        group.bench_function("screen", |b| {
            b.iter(|| {
                let hits = asked.iter().map(|name| {
                    let query = Query {
                        name,
                        subject: Subject::Person,
                        birth_date: None,
                        countries: &[],
                    };
                    screener.screen(black_box(&query), &options).len()
                });
                hits.sum::<usize>()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, screening);
criterion_main!(benches);
