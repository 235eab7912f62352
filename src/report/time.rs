//! The time axis of a report: a slot for each day, or for each longer span of a long period, whether
//! there were files in it or not.

use chrono::{Datelike, NaiveDate};

use super::figures::Step;

/// The most slots: each bar is then two pixels wide on a phone.
const MAX_SLOTS: i32 = 92;

/// The most labels below an axis.
const MAX_TICKS: usize = 8;

/// This many days or months, counted from the first day of our era: weeks begin on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Days(i32),
    Months(i32),
}

use Span::{Days, Months};

/// What a slot may be, with its name.
const SLOTS: [(Span, &str); 5] = [
    (Days(1), "day"),
    (Days(7), "week"),
    (Months(1), "month"),
    (Months(12), "year"),
    (Months(120), "decade"),
];

/// How far apart labels may be.
const TICKS: [Span; 12] = [
    Days(1),
    Days(2),
    Days(7),
    Days(14),
    Months(1),
    Months(3),
    Months(6),
    Months(12),
    Months(24),
    Months(60),
    Months(120),
    Months(1200),
];

impl Span {
    /// The number of the span that the day is in.
    fn of(self, day: NaiveDate) -> i32 {
        match self {
            Days(n) => (day.num_days_from_ce() - 1).div_euclid(n),
            Months(n) => (day.year() * 12 + day.month0().cast_signed()).div_euclid(n),
        }
    }

    /// The first day of the span with this number.
    fn start(self, number: i32) -> NaiveDate {
        let start = match self {
            Days(n) => NaiveDate::from_num_days_from_ce_opt(number * n + 1),
            Months(n) => {
                let month = number * n;
                let of_year = month.rem_euclid(12).cast_unsigned() + 1;
                NaiveDate::from_ymd_opt(month.div_euclid(12), of_year, 1)
            }
        };
        start.unwrap_or_default()
    }

    /// The first and the last day of the span with this number.
    fn days(self, number: i32) -> (NaiveDate, NaiveDate) {
        let next = self.start(number + 1);
        (self.start(number), next.pred_opt().unwrap_or(next))
    }

    fn label(self, number: i32) -> String {
        let start = self.start(number);
        match self {
            Days(_) => start.to_string(),
            Months(1) => start.format("%Y-%m").to_string(),
            Months(12) => start.year().to_string(),
            Months(_) => format!("{}s", start.year()),
        }
    }
}

/// A period in slots of equal width.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    slot: Span,
    /// What a slot is: day, week, month, year or decade.
    pub(super) name: &'static str,
    first: i32,
    last: i32,
}

impl Axis {
    /// The axis of a period; both days are in it.
    pub(super) fn of(from: NaiveDate, to: NaiveDate) -> Axis {
        let axis = |(slot, name): (Span, &'static str)| Axis {
            slot,
            name,
            first: slot.of(from),
            last: slot.of(to),
        };
        let fits = |axis: &Axis| axis.last - axis.first < MAX_SLOTS;
        let longest = axis((Months(120), "decade"));
        SLOTS.into_iter().map(axis).find(fits).unwrap_or(longest)
    }

    /// A step for each slot, with the sums of its days.
    pub(super) fn steps(&self, days: &[(NaiveDate, u64, u64)]) -> Vec<Step> {
        let mut steps: Vec<Step> = (self.first..=self.last)
            .map(|number| Step {
                label: self.slot.label(number),
                days: self.slot.days(number),
                accepted: 0,
                rejected: 0,
            })
            .collect();
        for (day, accepted, rejected) in days {
            let slot = usize::try_from(self.slot.of(*day) - self.first);
            if let Some(step) = slot.ok().and_then(|slot| steps.get_mut(slot)) {
                step.accepted += accepted;
                step.rejected += rejected;
            }
        }
        steps
    }

    /// The slots with a label below them, and the label: where a day, week, month or year begins.
    pub(super) fn ticks(&self) -> Vec<(usize, String)> {
        let mut ticks = Vec::new();
        for span in TICKS {
            ticks = self.beginnings(span);
            if ticks.len() <= MAX_TICKS {
                break;
            }
        }
        if ticks.is_empty() {
            ticks.push((0, self.tick(self.slot, self.first)));
        }
        ticks
    }

    fn beginnings(&self, span: Span) -> Vec<(usize, String)> {
        (self.first..=self.last)
            .enumerate()
            .filter(|(_, number)| {
                let before = self.slot.start(number - 1);
                span.of(self.slot.start(*number)) != span.of(before)
            })
            .map(|(slot, number)| (slot, self.tick(span, number)))
            .collect()
    }

    fn tick(&self, span: Span, number: i32) -> String {
        let months = |span| if let Months(n) = span { n } else { 0 };
        let form = match months(self.slot).max(months(span)) {
            0 => "%-d %b",
            1..12 => "%b %Y",
            _ => "%Y",
        };
        self.slot.start(number).format(form).to_string()
    }
}
