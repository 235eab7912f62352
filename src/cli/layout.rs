//! How a table fits a terminal: side by side where every word has room, else a row below the other,
//! a line a column. No word is broken to make a table of it.

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle, Width};
use unicode_width::UnicodeWidthStr;

/// A line below the header and none between rows: a table is to be read, and to fit the screen.
const LOOK: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A word that is longer, such as a hash or a customer's JSON, is broken rather than waited for.
const LONGEST_WORD: usize = 40;

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

fn contents(row: &Row) -> Vec<String> {
    row.cell_iter().map(|cell| cell.content()).collect()
}
