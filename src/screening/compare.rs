//! How near two words are.

use super::folds::{Cost, Folds, LETTER, SOUNDS};

/// A word as it is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    pub text: &'a [u8],
    pub sound: &'a [u8],
    /// Sounds without the ending that a language may have added.
    pub stem: usize,
    /// What the ending costs.
    pub ending: f32,
    pub sets: Sets,
}

/// Which letters and sounds a word has, to see at once that two words are different.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sets {
    text: u32,
    sound: u32,
    stem: u32,
}

impl Sets {
    pub(super) fn of(text: &[u8], sound: &[u8], stem: usize) -> Sets {
        let set = |bytes: &[u8]| bytes.iter().fold(0, |set, b| set | bit(*b));
        Sets {
            text: set(text),
            sound: set(sound),
            stem: set(sound.get(..stem).unwrap_or(sound)),
        }
    }
}

/// The bit of a letter or sound; several share one.
pub(super) fn bit(letter: u8) -> u32 {
    1 << (letter & 31)
}

/// Below this, two words are different.
pub(super) const LEAST: f32 = 0.6;

/// Spelled otherwise, and sounding the same.
const SOUNDS_SAME: f32 = 0.98;

/// The least that a letter costs which is left out.
const CHEAPEST: Cost = 30;

/// Below this, letters may be nearer than sounds.
const AS_WRITTEN: f32 = 0.85;

/// How near two words are: 1 is the same, 0 is different.
pub(super) fn similarity(a: Form<'_>, b: Form<'_>, folds: &Folds) -> f32 {
    if a.sets.text == b.sets.text && a.text == b.text {
        return 1.0;
    }
    let bare = (a.sets.text ^ b.sets.text) & bit(b'~') != 0;
    let by_sound = bare || may_sound_alike(&a, &b, folds);
    let by_letters = may_be_spelled_alike(&a, &b);
    if !by_sound && !by_letters {
        return 0.0;
    }
    if a.sets.sound == b.sets.sound && a.sound == b.sound {
        return SOUNDS_SAME;
    }
    let mut best = if by_sound {
        sound_alike(&a, &b, bare, folds)
    } else {
        0.0
    };
    if by_letters && best < AS_WRITTEN {
        let longer = a.text.len().max(b.text.len());
        best = best.max(part(
            letters_apart(a.text, b.text) * LETTER,
            longer,
            allowed(longer),
        ));
    }
    if best >= LEAST { best } else { 0.0 }
}

/// Whether the sounds may be near, by lengths and sets alone.
fn may_sound_alike(a: &Form<'_>, b: &Form<'_>, folds: &Folds) -> bool {
    let most = allowed_sounds(a.sound.len().max(b.sound.len()));
    let near = |a: &Form<'_>, b: &Form<'_>| {
        let more = a.stem.saturating_sub(b.sound.len()) as Cost;
        more * CHEAPEST <= most && folds.losing(a.sets.stem & !b.sets.sound) <= most
    };
    near(a, b) && near(b, a)
}

/// Whether the letters may be near, by lengths and sets alone.
fn may_be_spelled_alike(a: &Form<'_>, b: &Form<'_>) -> bool {
    let most = usize::from(allowed(a.text.len().max(b.text.len())) / LETTER);
    let lost = |a: u32, b: u32| (a & !b).count_ones() as usize;
    a.text.len().abs_diff(b.text.len()) <= most
        && lost(a.sets.text, b.sets.text) <= most
        && lost(b.sets.text, a.sets.text) <= most
}

/// By weighted distance of sounds, with and without endings.
fn sound_alike(a: &Form<'_>, b: &Form<'_>, bare: bool, folds: &Folds) -> f32 {
    let most = allowed_sounds(a.sound.len().max(b.sound.len()));
    let d = distances(a, b, most, bare, folds);
    let (a_len, b_len) = (a.sound.len(), b.sound.len());
    let near = |d: Cost, a: usize, b: usize, ending: f32| {
        let longer = a.max(b);
        part(d, longer, allowed_sounds(longer)) * (1.0 - ending)
    };
    let mut best = near(d.whole, a_len, b_len, 1.0 - SOUNDS_SAME);
    if a.stem < a_len {
        best = best.max(near(d.a_stem, a.stem, b_len, a.ending));
    }
    if b.stem < b_len {
        best = best.max(near(d.b_stem, a_len, b.stem, b.ending));
    }
    if a.stem < a_len && b.stem < b_len {
        best = best.max(near(d.stems, a.stem, b.stem, a.ending.max(b.ending)));
    }
    best
}

/// The distance of sounds at which words of this length are different.
fn allowed_sounds(len: usize) -> Cost {
    match len {
        0..=3 => allowed(len),
        4..=5 => 95,
        6..=8 => 150,
        _ => 220,
    }
}

/// The distance at which words of this length are different.
fn allowed(len: usize) -> Cost {
    match len {
        0..=2 => 0,
        3 => 70,
        4..=5 => LETTER,
        6..=8 => 2 * LETTER,
        _ => 3 * LETTER,
    }
}

fn part(d: Cost, longer: usize, most: Cost) -> f32 {
    if d > most || longer == 0 {
        return 0.0;
    }
    1.0 - f32::from(d) / (f32::from(LETTER) * longer as f32)
}

/// Letters of a word that are compared.
const LETTERS: usize = 48;

/// Distances of two words, with and without the ending of either.
struct Distances {
    whole: Cost,
    a_stem: Cost,
    b_stem: Cost,
    stems: Cost,
}

/// The least cost to make one word of the other: letters replaced, left out, or two of them exchanged.
fn distances(a: &Form<'_>, b: &Form<'_>, most: Cost, bare: bool, folds: &Folds) -> Distances {
    let cost = |costs: &[Cost; SOUNDS], letter: u8| {
        costs
            .get(usize::from(letter & 127))
            .copied()
            .unwrap_or(LETTER)
    };
    let leaving_out = folds.leaving_out(bare);
    let sound = b
        .sound
        .get(..LETTERS.min(b.sound.len()))
        .unwrap_or_default();
    let mut rows = [[0; LETTERS + 1]; 3];
    let [mut before, mut last, mut row] = rows.each_mut();
    let mut sum: Cost = 0;
    for (cell, y) in last.iter_mut().skip(1).zip(sound) {
        sum += cost(leaving_out, *y);
        *cell = sum;
    }
    let at = |row: &[Cost; LETTERS + 1], b: usize| row.get(b).copied().unwrap_or(Cost::MAX);
    let mut found = Distances {
        whole: Cost::MAX,
        a_stem: Cost::MAX,
        b_stem: Cost::MAX,
        stems: Cost::MAX,
    };
    let (mut previous_x, mut least_last) = (0, 0);
    for (i, &x) in a.sound.iter().enumerate() {
        let (replace, out_x) = (folds.replacing(x), cost(leaving_out, x));
        let [start, ..] = *last;
        let (mut left, mut diagonal) = (start + out_x, start);
        let [first, ..] = row;
        *first = left;
        let (mut least, mut previous_y) = (left, 0);
        let mut exchanged: Cost = 0;
        let cells = row
            .iter_mut()
            .skip(1)
            .zip(last.iter().skip(1))
            .zip(&*before);
        for (((cell, above), two_before), &y) in cells.zip(sound) {
            let mut d = (diagonal + cost(replace, y))
                .min(above + out_x)
                .min(left + cost(leaving_out, y));
            if x == previous_y && y == previous_x && x != y {
                d = d.min(exchanged + LETTER);
            }
            exchanged = *two_before;
            *cell = d;
            least = least.min(d);
            diagonal = *above;
            left = d;
            previous_y = y;
        }
        if i + 1 == a.stem {
            (found.a_stem, found.stems) = (at(row, sound.len()), at(row, b.stem));
        }
        if least.min(least_last) > most {
            return found;
        }
        least_last = least;
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
        previous_x = x;
    }
    (found.whole, found.b_stem) = (at(last, sound.len()), at(last, b.stem));
    found
}

/// The number of letters to replace, leave out or exchange with a neighbour (Hyyrö's bit vectors).
fn letters_apart(a: &[u8], b: &[u8]) -> Cost {
    let mut places = [0_u64; SOUNDS];
    for (at, letter) in a.iter().take(64).enumerate() {
        if let Some(p) = places.get_mut(usize::from(*letter)) {
            *p |= 1 << at;
        }
    }
    let end = 1_u64 << (a.len().clamp(1, 64) - 1);
    let mut apart = a.len() as Cost;
    let (mut up, mut down, mut zero, mut before) = (u64::MAX, 0_u64, 0_u64, 0_u64);
    for letter in b {
        let same = places
            .get(usize::from(*letter))
            .copied()
            .unwrap_or_default();
        let exchanged = ((!zero & same) << 1) & before;
        zero = ((((same & up).wrapping_add(up)) ^ up) | same | down) | exchanged;
        let mut right = down | !(zero | up);
        let left = up & zero;
        apart += Cost::from(right & end != 0);
        apart -= Cost::from(left & end != 0);
        right = (right << 1) | 1;
        up = (left << 1) | !(zero | right);
        down = right & zero;
        before = same;
    }
    apart
}
