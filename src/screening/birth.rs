//! Dates of birth, as far as lists know them.

/// A day, a month or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Birth {
    year: u16,
    /// 0 where it is not known.
    month: u8,
    day: u8,
}

/// What two sides say of a date of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Born {
    /// More than a slip apart.
    Apart,
    /// One side does not know.
    Unknown,
    /// They may be the same: a year apart, day and month exchanged, or one side knows the year alone.
    Near,
    /// The same day.
    Same,
}

impl Birth {
    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub(super) fn of(text: &str) -> Option<Birth> {
        let mut parts = text.trim().splitn(3, '-');
        let year: u16 = parts.next()?.parse().ok()?;
        let number = |p: Option<&str>| p.map_or(Ok(0), |p| p.get(..2).unwrap_or(p).parse::<u8>());
        let month = number(parts.next()).ok()?;
        let day = number(parts.next()).ok()?;
        (1000..=2999)
            .contains(&year)
            .then_some(Birth { year, month, day })
    }

    fn against(self, other: Birth) -> Born {
        let same_year = self.year == other.year;
        let full = self.day > 0 && other.day > 0;
        // Lists write the first of January for a year that is all they know.
        let vague = |b: Birth| b.day == 0 || (b.day, b.month) == (1, 1);
        if full && self == other {
            Born::Same
        } else if self.year.abs_diff(other.year) > 1 {
            Born::Apart
        } else if vague(self) || vague(other) {
            Born::Near
        } else {
            let exchanged = (self.day, self.month) == (other.month, other.day);
            let same_day = (self.day, self.month) == (other.day, other.month);
            let slip = (self.day == other.day || self.month == other.month) && same_year;
            if exchanged || same_day || slip {
                Born::Near
            } else {
                Born::Apart
            }
        }
    }
}

/// The best that any date of the list says.
pub(super) fn compare(birth: Option<Birth>, listed: impl Iterator<Item = Birth>) -> Born {
    let Some(birth) = birth else {
        return Born::Unknown;
    };
    listed
        .map(|l| birth.against(l))
        .max()
        .unwrap_or(Born::Unknown)
}
