//! What payloads are packed with: the dictionary that kycdrop comes with, and as soon as there are
//! customers to learn from, one of the institution's own. Its programs write the same fields in the
//! same order again and again; a dictionary that knows them packs twice as well, and faster.
//!
//! The database keeps every dictionary that a payload in it was packed with, by the number that each
//! packed payload names.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension, params};
use zstd::bulk::Compressor;
use zstd::zstd_safe;

use crate::clock;
use crate::trouble::Result;

use super::payload::Unpacker;

/// The dictionary that this kycdrop comes with, trained on customers that were made up; `cargo run
/// --release --example dictionary` makes it anew.
const SHIPPED: &[u8] = include_bytes!("payload.dict");

/// Counts the dictionaries that kycdrop ever came with.
const SHIPPED_VERSION: u32 = 1;

/// The first levels pack nearly as well as the others here, and cost the least.
const LEVEL: i32 = 1;

/// A dictionary is learned when there are so many assessments, and weighed against another each time
/// that there are [`GROWTH`] times as many as the last time.
const MIN_ASSESSMENTS: i64 = 1000;
const GROWTH: i64 = 4;

/// Larger ones hardly pack better, and take longer to look through.
const LEARNED_BYTES: usize = 16 << 10;

/// So much text is learned from and tried on: more takes longer and learns no better.
const SAMPLE_BYTES: usize = 256 << 10;

/// Fewer customers say too little of the others.
const MIN_SAMPLES: usize = 32;

/// A single customer is not to make up a whole dictionary.
const MAX_CUSTOMER_BYTES: usize = 64 << 10;

/// A dictionary.
#[derive(Debug)]
pub struct Dictionary {
    bytes: Cow<'static, [u8]>,
    version: u32,
    /// How many customers it was learned from; None for one that kycdrop came with.
    learned_from: Option<u64>,
}

static SHIPPED_ONE: LazyLock<Arc<Dictionary>> = LazyLock::new(|| {
    Arc::new(Dictionary {
        bytes: Cow::Borrowed(SHIPPED),
        version: SHIPPED_VERSION,
        learned_from: None,
    })
});

thread_local! {
    static PACKER: RefCell<Option<(Arc<Dictionary>, Compressor<'static>)>> =
        const { RefCell::new(None) };
}

impl Dictionary {
    /// The one that kycdrop comes with.
    pub fn shipped() -> Arc<Dictionary> {
        SHIPPED_ONE.clone()
    }

    /// The number that packed payloads have of it.
    pub(super) fn id(&self) -> u32 {
        zstd_safe::get_dict_id_from_dict(&self.bytes).map_or(0, Into::into)
    }

    /// Packs a text into `out`, whose former content goes. None when that makes it no smaller, or
    /// should Zstandard fail.
    pub(super) fn pack(self: &Arc<Self>, text: &str, out: &mut Vec<u8>) -> Option<usize> {
        PACKER.with_borrow_mut(|packer| {
            if packer.as_ref().is_none_or(|(of, _)| !Arc::ptr_eq(of, self)) {
                let mut new = Compressor::with_dictionary(LEVEL, &self.bytes).ok()?;
                // A bit that flips on the disk is noticed, for four bytes a customer.
                new.set_parameter(zstd_safe::CParameter::ChecksumFlag(true))
                    .ok()?;
                *packer = Some((self.clone(), new));
            }
            let (_, packer) = packer.as_mut()?;
            out.clear();
            out.reserve(zstd_safe::compress_bound(text.len()));
            let bytes = packer.compress_to_buffer(text.as_bytes(), out).ok()?;
            (bytes < text.len()).then_some(bytes)
        })
    }

    /// Keeps it in the database, where it is not there yet.
    pub(super) fn keep(&self, conn: &Connection) -> Result<()> {
        let known = conn
            .prepare_cached("SELECT 1 FROM payload_dictionary WHERE dictionary_id = ?1")?
            .exists([self.id()])?;
        if !known {
            conn.execute(
                "INSERT INTO payload_dictionary
                   (dictionary_id, version, kept_at, dictionary, learned_from)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    self.id(),
                    self.version,
                    clock::now(),
                    self.bytes,
                    self.learned_from
                ],
            )?;
        }
        Ok(())
    }

    /// How large these texts are when they are packed with it.
    fn weight<'t>(self: &Arc<Self>, texts: impl Iterator<Item = &'t String>) -> usize {
        let mut out = Vec::new();
        texts
            .map(|text| self.pack(text, &mut out).unwrap_or(text.len()))
            .sum()
    }
}

/// Whether a database has the dictionary that kycdrop comes with as it is, or not at all. What flips in
/// a learned one is named by the payloads that need it.
pub(super) fn shipped_is_sound(conn: &Connection) -> rusqlite::Result<bool> {
    let select = "SELECT dictionary FROM payload_dictionary WHERE dictionary_id = ?1";
    let kept: Option<Vec<u8>> = conn
        .query_row(select, [Dictionary::shipped().id()], |r| r.get(0))
        .optional()?;
    Ok(kept.is_none_or(|kept| kept == SHIPPED))
}

/// What the payloads of a history are packed with at present. Those who judge ask it for each chunk;
/// the writer changes it.
#[derive(Debug)]
pub struct Packing {
    in_use: RwLock<Arc<Dictionary>>,
    /// How many assessments there were when another dictionary was weighed against the one in use;
    /// 0 for never.
    weighed_at: AtomicI64,
}

impl Packing {
    /// What a database continues with.
    pub(super) fn of(conn: &Connection) -> Result<Packing> {
        let learned = conn
            .query_row(
                "SELECT dictionary, version, learned_from FROM payload_dictionary
                 WHERE learned_from IS NOT NULL ORDER BY version DESC LIMIT 1",
                [],
                |r| {
                    Ok(Dictionary {
                        bytes: Cow::Owned(r.get(0)?),
                        version: r.get(1)?,
                        learned_from: r.get(2)?,
                    })
                },
            )
            .optional()?;
        let weighed_at: Option<i64> = conn
            .query_row(
                "SELECT value FROM setting WHERE name = 'dictionary_weighed_at'",
                [],
                |r| r.get(0),
            )
            .optional()?;
        let in_use = learned.map_or_else(Dictionary::shipped, Arc::new);
        in_use.keep(conn)?;
        Ok(Packing {
            in_use: RwLock::new(in_use),
            weighed_at: AtomicI64::new(weighed_at.unwrap_or(0)),
        })
    }

    /// The dictionary to pack with now.
    pub fn in_use(&self) -> Arc<Dictionary> {
        let in_use = self.in_use.read().unwrap_or_else(PoisonError::into_inner);
        in_use.clone()
    }

    /// Whether another dictionary is to be weighed now that there are so many assessments.
    pub(super) fn is_due(&self, assessments: i64) -> bool {
        let weighed_at = self.weighed_at.load(Ordering::Relaxed);
        assessments >= weighed_at.saturating_mul(GROWTH).max(MIN_ASSESSMENTS)
    }

    /// Learns a dictionary from what the history keeps, tries it on customers that it has not seen,
    /// and takes it in use if it packs them better by a tenth. Called within the transaction that the
    /// newest rows belong to.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn weigh(&self, conn: &Connection, assessments: i64) -> Result<()> {
        let weighed_at = self.weighed_at.swap(assessments, Ordering::Relaxed);
        conn.execute(
            "INSERT OR REPLACE INTO setting (name, value) VALUES ('dictionary_weighed_at', ?1)",
            [assessments],
        )?;
        let samples = samples(conn, weighed_at + 1, assessments)?;
        if samples.len() < MIN_SAMPLES {
            return Ok(());
        }
        // Every fourth is not learned from, but tried.
        let learned: Vec<&String> = samples
            .iter()
            .enumerate()
            .filter(|(i, _)| i % 4 != 0)
            .map(|(_, text)| text)
            .collect();
        let tried = || samples.iter().step_by(4);
        let Ok(bytes) = zstd::dict::from_samples(&learned, LEARNED_BYTES) else {
            tracing::debug!("nothing was learned from the customers for their packing");
            return Ok(());
        };
        let version: u32 = conn.query_row(
            "SELECT coalesce(max(version), 0) + 1 FROM payload_dictionary",
            [],
            |r| r.get(0),
        )?;
        let new = Arc::new(Dictionary {
            bytes: Cow::Owned(bytes),
            version,
            learned_from: Some(learned.len() as u64),
        });
        // The numbers are hashes: one that is taken may stand for other bytes.
        let taken = conn
            .prepare("SELECT 1 FROM payload_dictionary WHERE dictionary_id = ?1")?
            .exists([new.id()])?;
        let old = self.in_use();
        let (before, after) = (old.weight(tried()), new.weight(tried()));
        tracing::debug!(
            before,
            after,
            "weighed a dictionary of the institution's own"
        );
        if !taken && after * 10 <= before * 9 {
            new.keep(conn)?;
            *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = new;
        }
        Ok(())
    }
}

/// Texts of assessments with these numbers, spread over all of them, as many as make up enough.
fn samples(conn: &Connection, first: i64, last: i64) -> Result<Vec<String>> {
    let mut unpacker = Unpacker::of(conn)?;
    let mut select =
        conn.prepare_cached("SELECT payload FROM assessment WHERE assessment_id = ?1")?;
    let (mut texts, mut bytes) = (Vec::new(), 0);
    for id in spread(first, last) {
        if bytes >= SAMPLE_BYTES {
            break;
        }
        let text = select
            .query_row([id], |r| Ok(unpacker.text(r.get_ref(0)?)))
            .optional()?;
        // Numbers may be left out, and a damaged payload is for others to report.
        if let Some(Ok(Some(text))) = text
            && text.len() <= MAX_CUSTOMER_BYTES
        {
            bytes += text.len();
            texts.push(text);
        }
    }
    Ok(texts)
}

/// Some thousand different numbers at most; the first few of them are as far apart as all are.
fn spread(first: i64, last: i64) -> impl Iterator<Item = i64> {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let span = (last - first + 1).max(0);
    let mut seen = BTreeSet::new();
    (0..2048)
        .map(move |i| first + ((f64::from(i) * GOLDEN).fract() * span as f64) as i64)
        .filter(move |id| *id <= last && seen.insert(*id))
}
