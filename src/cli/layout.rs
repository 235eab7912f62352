//! How a table fits a terminal: side by side where every word has room, else a row below the other,
//! a line a column. No word is broken to make a table of it. And how the lines of an account fit it.

use std::borrow::Cow;

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle, Width};
use unicode_width::UnicodeWidthStr;

/// A line below the header and none between rows: a table is to be read, and to fit the screen.
const LOOK: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A word that is longer, such as a hash or a customer's JSON, is broken rather than waited for.
const LONGEST_WORD: usize = 40;

/// A longer beginning of a line is text.
const LONGEST_LABEL: usize = 12;

/// Empty cells beside each column, and the border that nobody sees.
const BESIDE: usize = 3;

/// An empty table.
pub(super) fn empty() -> Table {
    let mut table = Table::new();
    table
        .load_style(LOOK)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// The table as text, for a terminal of this width if there is one.
pub(super) fn text(mut table: Table) -> String {
    let Some(width) = table.width().map(usize::from) else {
        return table.trim_fmt() + "\n";
    };
    table.discover_columns();
    let words: Vec<usize> = (0..table.column_count())
        .map(|column| longest_word(&table, column))
        .collect();
    let least: usize = words.iter().map(|w| w + BESIDE).sum();
    if least > width + 1 && !table.is_empty() {
        return below_each_other(&table, width);
    }
    for (column, word) in table.column_iter_mut().zip(words) {
        // The two cells beside it count.
        let room = u16::try_from(word + 2).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(room)));
    }
    table.trim_fmt() + "\n"
}

fn longest_word(table: &Table, column: usize) -> usize {
    let words = |text: String| {
        text.split_whitespace()
            .map(UnicodeWidthStr::width)
            .max()
            .unwrap_or(0)
    };
    table
        .column_cells_with_header_iter(column)
        .flatten()
        .map(|cell| words(cell.content()).min(LONGEST_WORD))
        .max()
        .unwrap_or(0)
}

/// Each row by itself: the names of the columns at the left, the values at the right.
fn below_each_other(table: &Table, width: usize) -> String {
    let names: Vec<String> = table.header().map(contents).unwrap_or_default();
    let longest = names.iter().map(|n| n.width()).max().unwrap_or(0);
    let mut out = String::new();
    for row in table.row_iter() {
        out += &"─".repeat(width);
        out.push('\n');
        let mut one = empty();
        for (name, value) in names.iter().zip(contents(row)) {
            one.add_row([name.clone(), value]);
        }
        if let Some(names) = one.column_mut(0) {
            let room = u16::try_from(longest + 2).unwrap_or(u16::MAX);
            names.set_constraint(ColumnConstraint::Absolute(Width::Fixed(room)));
        }
        out += &one.trim_fmt();
        out.push('\n');
    }
    out
}

/// Lines for people, folded between words where they are wider than the terminal, if there is one. What
/// is folded continues below the text behind the line's label.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    match empty().width() {
        Some(width) => Cow::Owned(folded_at(text, width.into())),
        None => Cow::Borrowed(text),
    }
}

fn folded_at(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let indent = " ".repeat(label_width(line));
        let (mut used, mut has_text) = (0, false);
        for word in line.split_inclusive(' ') {
            let word_width = word.trim_end().width();
            if has_text && used + word_width > width {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                out += &indent;
                used = indent.len();
            }
            out += word;
            has_text |= word_width > 0;
            used += word.trim_end_matches('\n').width();
        }
    }
    out
}

/// Where the text of a line begins: behind its indent, and behind a label that two spaces end.
fn label_width(line: &str) -> usize {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let label = line.get(indent..).and_then(|rest| rest.split_once("  "));
    let Some((label, text)) = label.filter(|(label, _)| label.width() <= LONGEST_LABEL) else {
        return indent + 2;
    };
    let spaces = text.len() - text.trim_start_matches(' ').len();
    indent + label.width() + 2 + spaces
}

fn contents(row: &Row) -> Vec<String> {
    row.cell_iter().map(|cell| cell.content()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_folded_between_words_below_its_text() {
        for (line, folded) in [
            ("one two three\n", "one two three\n"),
            ("one two three four\n", "one two three\n  four\n"),
            (
                "  fix   one two three\n",
                "  fix   one two\n        three\n",
            ),
            ("žžžž žžžžžžžžž žž\n\n", "žžžž žžžžžžžžž\n  žž\n\n"),
            (
                "a longword-that-has-no-room b",
                "a\n  longword-that-has-no-room\n  b",
            ),
            ("", ""),
        ] {
            assert_eq!(folded_at(line, 15), folded);
        }
    }
}
