//! Charts as plain SVG: a handful of rectangles, lines and labels, escaped by maud.

use std::ops::RangeInclusive;

use maud::{Markup, html};

use crate::text::{shortened, visible};

use super::figures::{Bar, Step};
use super::page::number;

/// Distinct in grey and for readers who see few colours.
const ACCEPTED: &str = "#2b6cb0";
const REJECTED: &str = "#dd6b20";
const INK: &str = "#2d3748";
const GRID: &str = "#e2e8f0";

/// Width of a chart over time, in pixels.
const WIDTH: f64 = 860.0;
/// Width of a bar chart: a phone shows it whole.
const BARS_WIDTH: f64 = 600.0;
/// Height of one bar with the gap below it.
const ROW: f64 = 26.0;
/// Around every chart.
const MARGIN: f64 = 8.0;
/// Room for the labels left of and below a chart over time.
const LEFT: f64 = 72.0;
const BELOW: f64 = 28.0;
/// About the width of a character of a label.
const CHARACTER: f64 = 7.5;
/// The longest label of a bar, in characters.
const MAX_LABEL: usize = 26;
const MAX_X_LABELS: usize = 8;

/// A length or a place, in pixels with one decimal: enough for the eye, and the same everywhere.
fn px(length: f64) -> String {
    format!("{length:.1}")
}

fn svg(width: f64, height: f64, content: &Markup) -> Markup {
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) font-family="sans-serif" font-size="13" fill=(INK) {
            (content)
        }
    }
}

fn rectangle(x: f64, y: f64, width: f64, height: f64, fill: &str) -> Markup {
    html! { rect x=(px(x)) y=(px(y)) width=(px(width)) height=(px(height)) fill=(fill) {} }
}

fn line(from: (f64, f64), to: (f64, f64)) -> Markup {
    html! { line x1=(px(from.0)) y1=(px(from.1)) x2=(px(to.0)) y2=(px(to.1)) stroke=(GRID) {} }
}

fn label(x: f64, y: f64, anchor: &str, text: &str) -> Markup {
    html! { text x=(px(x)) y=(px(y)) text-anchor=(anchor) dominant-baseline="central" { (text) } }
}

/// The frame of a chart over time: a column of equal width for each step, values from 0 to `most`.
struct Frame<'s> {
    steps: &'s [Step],
    height: f64,
    most: u64,
}

impl Frame<'_> {
    fn column(&self) -> f64 {
        (WIDTH - LEFT - MARGIN) / self.steps.len().max(1) as f64
    }

    fn x(&self, step: usize) -> f64 {
        LEFT + self.column() * step as f64
    }

    fn center(&self, step: usize) -> f64 {
        self.x(step) + self.column() / 2.0
    }

    fn y(&self, value: u64) -> f64 {
        let floor = self.height - BELOW - MARGIN;
        floor - (floor - MARGIN) * value as f64 / self.most as f64
    }

    /// The chart with its grid and labels behind `content`.
    fn around(&self, content: &Markup) -> Markup {
        let spacing = round_spacing(self.most);
        let every = self.steps.len().div_ceil(MAX_X_LABELS).max(1);
        let behind = html! {
            @for value in (0..=self.most).step_by(spacing) {
                (line((LEFT, self.y(value)), (WIDTH - MARGIN, self.y(value))))
                (label(LEFT - 6.0, self.y(value), "end", &number(value)))
            }
            @for (i, step) in self.steps.iter().enumerate().step_by(every) {
                @let half = step.label.chars().count() as f64 * CHARACTER / 2.0;
                (label(self.center(i).min(WIDTH - half), self.height - BELOW + 6.0, "middle", &step.label))
            }
        };
        svg(WIDTH, self.height, &html! { (behind) (content) })
    }
}

/// The distance of at most five grid lines: 1, 2 or 5 times a power of ten.
fn round_spacing(most: u64) -> usize {
    let powers = (0..19).map(|exponent| 10u64.pow(exponent));
    let spacing = powers
        .flat_map(|power| [1, 2, 5].map(|times| power.saturating_mul(times)))
        .find(|spacing| most / spacing <= 5);
    usize::try_from(spacing.unwrap_or(most)).unwrap_or(usize::MAX)
}

/// Accepted and rejected customers, a column a step.
pub(super) fn volumes(steps: &[Step]) -> Markup {
    let most = steps.iter().map(|s| s.accepted + s.rejected).max();
    let most = most.unwrap_or(0).max(1);
    let frame = Frame {
        steps,
        height: 280.0,
        most: most + most / 12,
    };
    let gap = if frame.column() > 4.0 { 1.0 } else { 0.0 };
    let column = |i: usize, values: RangeInclusive<u64>, fill: &str| {
        let (bottom, top) = (frame.y(*values.start()), frame.y(*values.end()));
        let width = frame.column() - 2.0 * gap;
        rectangle(frame.x(i) + gap, top, width, bottom - top, fill)
    };
    frame.around(&html! {
        @for (i, s) in steps.iter().enumerate() {
            @if s.accepted > 0 { (column(i, 0..=s.accepted, ACCEPTED)) }
            @if s.rejected > 0 { (column(i, s.accepted..=s.accepted + s.rejected, REJECTED)) }
        }
    })
}

/// The acceptance rate in percent, step by step. A step without customers has no point.
pub(super) fn acceptance(steps: &[Step]) -> Markup {
    let frame = Frame {
        steps,
        height: 200.0,
        most: 100,
    };
    let points: Vec<(f64, f64)> = steps
        .iter()
        .enumerate()
        .filter(|(_, s)| s.accepted + s.rejected > 0)
        .map(|(i, s)| {
            let percent = 100 * s.accepted / (s.accepted + s.rejected);
            (frame.center(i), frame.y(percent))
        })
        .collect();
    let path: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    frame.around(&html! {
        polyline points=(path.join(" ")) fill="none" stroke=(ACCEPTED) stroke-width="2" {}
        @for (x, y) in &points { circle cx=(px(*x)) cy=(px(*y)) r="3" fill=(ACCEPTED) {} }
    })
}

/// Horizontal bars, the first at the top, each with its number behind it.
pub(super) fn bars(bars: &[Bar]) -> Markup {
    let labels: Vec<String> = bars
        .iter()
        .map(|b| shortened(&visible(&b.label), MAX_LABEL).into_owned())
        .collect();
    let longest = labels.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    // Two widths, so that the charts of one page stand below each other.
    let left = if longest > 12 { 200.0 } else { 110.0 };
    let most = bars.iter().map(|b| b.count).max().unwrap_or(0).max(1);
    let number_width = number(most).chars().count() as f64 * CHARACTER + 12.0;
    let room = BARS_WIDTH - left - MARGIN - number_width;
    let content = html! {
        @for (i, (bar, text)) in bars.iter().zip(&labels).enumerate() {
            @let top = MARGIN + ROW * i as f64;
            @let width = room * bar.count as f64 / most as f64;
            (label(left - 6.0, top + ROW / 2.0, "end", text))
            (rectangle(left, top + 4.0, width, ROW - 8.0, ACCEPTED))
            (label(left + width + 6.0, top + ROW / 2.0, "start", &number(bar.count)))
        }
    };
    let height = ROW * bars.len().max(1) as f64 + 2.0 * MARGIN;
    svg(BARS_WIDTH, height, &content)
}
