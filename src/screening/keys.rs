//! How words sound, and the keys under which they are found.

use super::folds::Folds;
use super::words::Kind;

/// Two neighbours may be one word that somebody wrote in two.
pub(super) fn can_join(a: Kind, b: Kind) -> bool {
    let part = |k| !matches!(k, Kind::Form | Kind::Number);
    part(a) && part(b)
}

/// Writes two words as one.
pub(super) fn joined(join: &mut String, a: &str, b: &str) {
    join.clear();
    join.push_str(a.trim_end_matches('~'));
    join.push_str(b);
    join.truncate(48);
}

/// Writes how a word sounds; says how much of it is its stem, and what the ending costs.
pub(super) fn sounds(text: &str, kind: Kind, folds: &Folds, sound: &mut Vec<u8>) -> (usize, f32) {
    sound.clear();
    if matches!(kind, Kind::Form | Kind::Number) {
        return (0, 0.0);
    }
    folds.sound(text, sound);
    folds.stem(sound)
}

/// The key by which the rarity of a word is known.
pub(super) fn whole_key(
    text: &str,
    kind: Kind,
    stem: &[u8],
    folds: &Folds,
    key: &mut Vec<u8>,
) -> u64 {
    match kind {
        Kind::Form | Kind::Number | Kind::Initial => hash(0, text.as_bytes()),
        _ => {
            folds.key(stem, key);
            hash(1, key)
        }
    }
}

/// The keys under which a word is found: its own, and those with a sound left out.
pub(super) fn keys_of(
    sound: &[u8],
    widely: bool,
    folds: &Folds,
    key: &mut Vec<u8>,
    mut found: impl FnMut(u64),
) {
    folds.key(sound, key);
    found(fnv(1, &*key));
    if !widely || key.len() < 4 {
        return;
    }
    for out in 0..key.len() {
        let kept = key
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != out)
            .map(|(_, k)| k);
        found(fnv(1, kept));
    }
}

fn hash(kind: u8, bytes: &[u8]) -> u64 {
    fnv(kind, bytes)
}

/// FNV-1a: the same on every machine and day.
fn fnv<'b>(kind: u8, bytes: impl IntoIterator<Item = &'b u8>) -> u64 {
    let step = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes
        .into_iter()
        .fold(step(0xcbf2_9ce4_8422_2325, kind), |h, b| step(h, *b))
}
