//! Charts as SVG text, drawn by plotters. Text in them is escaped by its SVG backend.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::figures::{Bar, Step};

/// Told apart in grey and by those who see few colours.
const ACCEPTED: RGBColor = RGBColor(43, 108, 176);
const REJECTED: RGBColor = RGBColor(221, 107, 32);
const INK: RGBColor = RGBColor(45, 55, 72);
const GRID: RGBColor = RGBColor(226, 232, 240);

/// Of what goes with time, and of bars, which a telephone has to show whole.
const WIDTH: u32 = 860;
const BARS_WIDTH: u32 = 600;
const LINE: u32 = 26;

type Drawn = Result<(), Box<dyn Error>>;

/// An SVG of this size; nothing where it cannot be drawn, since the figures stand beside it.
fn svg(
    size: (u32, u32),
    draw: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>) -> Drawn,
) -> String {
    let mut text = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area).and_then(|()| area.present().map_err(Into::into))
    };
    match drawn {
        Ok(()) => text,
        Err(_) => String::new(),
    }
}

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// The places of so many columns or bars. A range of segments counts its end as one more.
fn places(count: usize) -> std::ops::Range<usize> {
    0..count.saturating_sub(1)
}

/// Accepted and rejected customers, a column a step.
pub fn volumes(steps: &[Step]) -> String {
    let most = steps
        .iter()
        .map(|s| s.accepted + s.rejected)
        .max()
        .unwrap_or(0)
        .max(1);
    svg((WIDTH, 280), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(64)
            .build_cartesian_2d(
                places(steps.len()).into_segmented(),
                0..most + most / 12 + 1,
            )?;
        mesh(&mut chart, steps)?;
        let columns = |from: fn(&Step) -> u64, to: fn(&Step) -> u64, color: RGBColor| {
            steps.iter().enumerate().map(move |(i, s)| {
                let corners = [
                    (SegmentValue::Exact(i), from(s)),
                    (SegmentValue::Exact(i + 1), to(s)),
                ];
                let mut column = Rectangle::new(corners, color.filled());
                column.set_margin(0, 0, 1, 1);
                column
            })
        };
        chart.draw_series(columns(|_| 0, |s| s.accepted, ACCEPTED))?;
        chart.draw_series(columns(
            |s| s.accepted,
            |s| s.accepted + s.rejected,
            REJECTED,
        ))?;
        Ok(())
    })
}

/// How many of a hundred were accepted, step by step.
pub fn acceptance(steps: &[Step]) -> String {
    svg((WIDTH, 200), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(64)
            .build_cartesian_2d(places(steps.len()).into_segmented(), 0..100u64)?;
        mesh(&mut chart, steps)?;
        let points: Vec<(SegmentValue<usize>, u64)> = steps
            .iter()
            .enumerate()
            .filter(|(_, s)| s.accepted + s.rejected > 0)
            .map(|(i, s)| {
                (
                    SegmentValue::CenterOf(i),
                    100 * s.accepted / (s.accepted + s.rejected),
                )
            })
            .collect();
        chart.draw_series(LineSeries::new(
            points.iter().cloned(),
            ACCEPTED.stroke_width(2),
        ))?;
        chart.draw_series(
            points
                .iter()
                .map(|p| Circle::new(p.clone(), 3, ACCEPTED.filled())),
        )?;
        Ok(())
    })
}

type Steps<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<
        plotters::coord::ranged1d::SegmentedCoord<plotters::coord::types::RangedCoordusize>,
        plotters::coord::types::RangedCoordu64,
    >,
>;

fn mesh(chart: &mut Steps<'_, '_>, steps: &[Step]) -> Drawn {
    let label = |at: &SegmentValue<usize>| match at {
        SegmentValue::CenterOf(i) => steps.get(*i).map(|s| s.label.clone()).unwrap_or_default(),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_labels(steps.len().min(8))
        .x_label_formatter(&label)
        .y_labels(5)
        .label_style(font(13))
        .draw()?;
    Ok(())
}

/// Bars that lie, the first at the top, each with its number behind it.
pub fn bars(bars: &[Bar]) -> String {
    let most = bars.iter().map(|b| b.count).max().unwrap_or(0).max(1);
    let height = LINE * bars.len().max(1) as u32 + 16;
    // Codes need less room than names of fields.
    let longest = bars.iter().map(|b| b.label.chars().count()).max();
    let labels = if longest.is_some_and(|n| n > 12) {
        200
    } else {
        110
    };
    svg((BARS_WIDTH, height), |area| {
        let room = most + most / 6 + 1;
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .y_label_area_size(labels)
            .build_cartesian_2d(0..room, places(bars.len()).into_segmented())?;
        let below = |i: usize| bars.len() - 1 - i;
        let label = |at: &SegmentValue<usize>| match at {
            SegmentValue::CenterOf(i) if *i < bars.len() => {
                crate::text::shortened(&crate::text::printable(&bars[below(*i)].label), 26)
                    .into_owned()
            }
            _ => String::new(),
        };
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(GRID)
            .y_labels(bars.len())
            .y_label_formatter(&label)
            .label_style(font(13))
            .draw()?;
        chart.draw_series(bars.iter().enumerate().map(|(i, b)| {
            let i = below(i);
            let corners = [
                (0, SegmentValue::Exact(i)),
                (b.count, SegmentValue::Exact(i + 1)),
            ];
            let mut bar = Rectangle::new(corners, ACCEPTED.filled());
            bar.set_margin(4, 4, 0, 0);
            bar
        }))?;
        chart.draw_series(bars.iter().enumerate().map(|(i, b)| {
            let at = (b.count, SegmentValue::CenterOf(below(i)));
            EmptyElement::at(at) + Text::new(super::page::number(b.count), (6, -7), font(13))
        }))?;
        Ok(())
    })
}
