//! Whether classifier files hold much less than the active set: a sign that they are still being
//! copied.

use super::file::ClassifierFile;
use super::set::ClassifierSet;

/// A classifier with fewer values may lose some at once.
const MAX_NAMED: usize = 8;

/// Names a classifier that lost all its values, its file, or a quarter of eight values or more; None
/// where none did. A value that is retired in its file is still there.
pub fn lost_many<'s>(set: &'s ClassifierSet, files: &[ClassifierFile]) -> Option<&'s str> {
    let lost = set.tables.iter().find(|table| {
        let file = files.iter().find(|file| *file.name == *table.name);
        let kept = file.map_or(0, |file| {
            let values = file.values.iter();
            values
                .filter(|v| table.codes.contains(v.code.as_str()))
                .count()
        });
        many(table.codes.len(), kept)
    });
    lost.map(|table| &*table.name)
}

fn many(before: usize, kept: usize) -> bool {
    let lost = before.saturating_sub(kept);
    before > 0 && (kept == 0 || (before >= MAX_NAMED && lost * 4 >= before))
}

#[cfg(test)]
mod tests {
    use super::many;

    #[test]
    fn a_quarter_of_many_or_all_of_few() {
        for (before, kept, is_many) in [
            (0, 0, false),
            (1, 0, true),
            (1, 1, false),
            (7, 1, false),
            (7, 0, true),
            (8, 7, false),
            (8, 6, true),
            (100, 76, false),
            (100, 75, true),
        ] {
            assert_eq!(many(before, kept), is_many, "{before} {kept}");
        }
    }
}
