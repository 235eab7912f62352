//! Charts as plain SVG. Places across a chart are in percent of its width and text is in pixels, so
//! that text keeps its size on a phone; the style gives the colours.

use maud::{Markup, html};

use super::figures::{Step, Timeline};
use super::page::{Links, To, number};

/// Height of the plot of a chart over time, in pixels.
const HEIGHT: f64 = 200.0;

/// The widest bar of a chart over time, in percent.
const MAX_BAR: f64 = 8.0;

/// A length or a place with two decimals: enough for the eye, and the same everywhere.
fn short(length: f64) -> String {
    format!("{length:.2}")
}

/// A chart over time: a slot of equal width for each step, values from 0 to the highest grid line.
struct Plot<'t> {
    timeline: &'t Timeline,
    /// The distance of the grid lines.
    spacing: u64,
    /// The highest grid line.
    top: u64,
}

impl Plot<'_> {
    /// The width of a slot, in percent.
    fn slot(&self) -> f64 {
        100.0 / self.timeline.steps.len().max(1) as f64
    }

    /// The middle of a slot, in percent.
    fn x(&self, slot: usize) -> f64 {
        self.slot() * (slot as f64 + 0.5)
    }

    /// The height of a value above the axis, in pixels.
    fn height(&self, value: f64) -> f64 {
        HEIGHT * value / self.top as f64
    }

    /// The chart: its grid and labels, and `content` before them. Every second label below the axis
    /// can be left out where there is little room.
    fn around(&self, content: &Markup) -> Markup {
        let lines = (0..=self.top / self.spacing).map(|line| line * self.spacing);
        html! {
            svg.plot height=(HEIGHT + 26.0) aria-hidden="true" {
                @for value in lines {
                    @let y = short(HEIGHT - self.height(value as f64));
                    line.axis[value == 0] x1="0" x2="100%" y1=(y) y2=(y) {}
                    text x="-8" y=(y) text-anchor="end" dominant-baseline="central" { (number(value)) }
                }
                @for (i, (slot, label)) in self.timeline.axis.ticks().iter().enumerate() {
                    @let x = format!("{:.2}%", self.x(*slot));
                    g.spare[i % 2 == 1] {
                        line.axis x1=(x) x2=(x) y1=(HEIGHT) y2=(HEIGHT + 5.0) {}
                        text x=(x) y=(HEIGHT + 19.0) text-anchor="middle" { (label) }
                    }
                }
                (content)
            }
        }
    }
}

/// The distance of at most five grid lines: 1, 2 or 5 times a power of ten.
fn round_spacing(most: u64) -> u64 {
    let powers = (0..19).map(|exponent| 10u64.pow(exponent));
    powers
        .flat_map(|power| [1, 2, 5].map(|times| power.saturating_mul(times)))
        .find(|spacing| most / spacing < 5)
        .unwrap_or(u64::MAX)
}

/// Accepted and rejected customers, a bar a step. A grid line is above the highest bar.
pub(super) fn volumes(timeline: &Timeline, links: Links<'_>) -> Markup {
    let most = timeline.steps.iter().map(Step::customers).max();
    let most = most.unwrap_or(0);
    let spacing = round_spacing(most);
    let plot = Plot {
        timeline,
        spacing,
        top: (most / spacing + 1).saturating_mul(spacing),
    };
    let width = (plot.slot() * 0.8).min(MAX_BAR);
    let bar = |slot: usize, below: u64, customers: u64, class: &str| {
        let height = plot.height(customers as f64);
        let y = HEIGHT - plot.height(below as f64) - height;
        html! {
            rect class=(class) x=(format!("{:.2}%", plot.x(slot) - width / 2.0))
                width=(format!("{width:.2}%")) y=(short(y)) height=(short(height)) {}
        }
    };
    let bars = |slot: usize, step: &Step| {
        html! {
            @if step.accepted > 0 { (bar(slot, 0, step.accepted, "accepted")) }
            @if step.rejected > 0 { (bar(slot, step.accepted, step.rejected, "rejected")) }
        }
    };
    plot.around(&html! {
        @for (slot, step) in timeline.steps.iter().enumerate() {
            // For the mouse alone: the table below has the same links for all.
            @match links(To::Step(step)).filter(|_| step.customers() > 0) {
                Some(href) => { a href=(href) tabindex="-1" { (bars(slot, step)) } }
                None => { (bars(slot, step)) }
            }
        }
    })
}

/// The acceptance rate in percent, step by step. A step without customers has no point, and no line
/// leads over it.
pub(super) fn acceptance(timeline: &Timeline) -> Markup {
    let plot = Plot {
        timeline,
        spacing: 20,
        top: 100,
    };
    let place = |(slot, step): (usize, &Step)| {
        let y = HEIGHT - plot.height(step.acceptance()?);
        Some((format!("{:.2}%", plot.x(slot)), short(y)))
    };
    let places: Vec<_> = timeline.steps.iter().enumerate().map(place).collect();
    let radius = if places.len() > 40 { 2 } else { 3 };
    plot.around(&html! {
        @for two in places.windows(2) {
            @if let [Some((x1, y1)), Some((x2, y2))] = two {
                line.accepted x1=(x1) y1=(y1) x2=(x2) y2=(y2) {}
            }
        }
        @for (x, y) in places.iter().flatten() { circle.accepted cx=(x) cy=(y) r=(radius) {} }
    })
}

/// A horizontal bar, as long as its part of the longest one. It says what it shows.
pub(super) fn bar(count: u64, most: u64, says: &str) -> Markup {
    let width = 1000.0 * count as f64 / most.max(1) as f64;
    html! {
        svg.bar viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label=(says) {
            rect.accepted width=(short(width)) height="14" {}
        }
    }
}
