//! Screening against lists of made-up people, or those of a folder: how long they take to load, and how many
//! names are screened a second on one core. The aim: 5,000 against 40,000 names, 500 against a million.
//!
//! ```sh
//! cargo bench --bench screening
//! cargo bench --bench screening -- lists          # those of this folder
//! ```
//!
//! Other work on the machine makes wall time longer, so processor time is beside it. What holds on any machine
//! is the ratio: how many times as many names as by comparing with each of the list by Jaro-Winkler, words
//! sorted, at the same time.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use kycdrop::clock;
use kycdrop::lists::read_folder;
use kycdrop::screening::{Entity, Folds, Index, Options, Query, Subject};

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

/// A folder with a list of so many made-up names.
fn made_up(names: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut made = Names(1);
    let rows = (0..names).map(|id| format!("{id},Person,{}\n", made.name()));
    let text = "id,schema,name\n".to_owned() + &rows.collect::<String>();
    let description = "title = \"L\"\nprocess = \"PEP\"\nformat = \"csv\"\nfile = \"l.csv\"\n";
    for (name, text) in [("l.csv", text.as_str()), ("l.toml", description)] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// Seconds by the wall and of the processor.
#[derive(Clone, Copy)]
struct Spent {
    wall: f64,
    processor: f64,
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Spent) {
    // Of this thread, in nanoseconds; there on Linux alone.
    let processor = || {
        let text = read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split(' ').next().and_then(|n| n.parse::<f64>().ok())
    };
    let (begun, before) = (Instant::now(), processor());
    let done = work();
    let wall = begun.elapsed().as_secs_f64();
    let spent = processor().zip(before);
    let processor = spent.map_or(wall, |(after, before)| (after - before) / 1e9);
    (done, Spent { wall, processor })
}

fn sorted_words(name: &str) -> String {
    let name = name.to_lowercase();
    let mut words: Vec<&str> = name.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

fn measure(folder: &Path) {
    let folds = Folds::shipped();
    let today = clock::utc_now().date_naive();
    let (entities, read) = timed(|| {
        let lists = read_folder(folder, today, &BTreeMap::new()).expect("a folder");
        let usable = lists.all.into_iter().filter_map(|list| list.content.ok());
        usable
            .flat_map(|content| content.entities)
            .collect::<Vec<Entity>>()
    });
    let listed = entities.iter().flat_map(|entity| &entity.names);
    let listed: Vec<String> = listed.map(|name| name.text.to_string()).collect();
    let (index, built) = timed(|| Index::build(entities, &folds));
    // As many that are on the list as made-up ones.
    let mut made = Names(2);
    let some = listed.iter().step_by((listed.len() / 500).max(1)).cloned();
    let asked: Vec<String> = some.flat_map(|name| [name, made.name()]).collect();
    let options = Options {
        threshold: 0.75,
        best: 10,
    };
    let mut screener = index.screener();
    let (_, screened) = timed(|| {
        for name in &asked {
            let query = Query {
                name,
                subject: Subject::Unknown,
                birth_date: None,
                countries: &[],
            };
            black_box(screener.screen(black_box(&query), &options));
        }
    });
    let sorted: Vec<String> = listed.iter().map(|name| sorted_words(name)).collect();
    let few: Vec<&String> = asked.iter().step_by(asked.len() / 20 + 1).collect();
    let (_, scanned) = timed(|| {
        for name in &few {
            let name = sorted_words(name);
            let scores = sorted
                .iter()
                .map(|other| strsim::jaro_winkler(&name, other));
            black_box(scores.fold(0.0, f64::max));
        }
    });
    let rate = |names: usize, seconds: f64| names as f64 / seconds;
    println!(
        "{:>9} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {:>9.0} {:>9.0} {:>9.0}",
        listed.len(),
        read.wall,
        read.processor,
        built.wall,
        built.processor,
        rate(asked.len(), screened.wall),
        rate(asked.len(), screened.processor),
        rate(asked.len(), screened.processor) / rate(few.len(), scanned.processor),
    );
}

fn main() {
    println!(
        "{:>9} {:>19} {:>19} {:>19} {:>9}",
        "names", "read: wall, cpu s", "index: wall, cpu s", "names/s: wall, cpu", "x scan"
    );
    // Cargo adds `--bench`.
    match std::env::args().skip(1).find(|arg| !arg.starts_with("--")) {
        Some(folder) => measure(Path::new(&folder)),
        None => [40_000, 1_000_000]
            .into_iter()
            .for_each(|names| measure(made_up(names).path())),
    }
}
