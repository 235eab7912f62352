//! Days of birth as lists write them, reduced to `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.

use chrono::NaiveDate;

/// The years that a day of birth may be in.
const YEARS: std::ops::RangeInclusive<u16> = 1800..=2100;

/// A span of more years says too little to compare with.
const MAX_SPAN: u16 = 20;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Every day of birth in a text, such as `10 Dec 1948`, `circa 1962`, `1960 to 1962`, `7.3.1955 or
/// 1956`. Of an approximate day only the year is taken, of a span every year. What cannot be
/// understood is left out.
pub(super) fn birth_dates(text: &str) -> Vec<Box<str>> {
    let mut reader = Reader::default();
    let words = text.split(|c: char| c.is_whitespace() || ",;()\"".contains(c));
    for word in words
        .map(|w| w.trim_matches(['.', ':']))
        .filter(|w| !w.is_empty())
    {
        reader.word(word);
    }
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Vec<Box<str>>,
    day: Option<u8>,
    month: Option<u8>,
    circa: bool,
    between: bool,
    /// The year before, and whether a word of a span came behind it.
    before: Option<u16>,
    span: bool,
}

impl Reader {
    fn word(&mut self, word: &str) {
        // `1948-12-10T00:00:00`
        let word = word
            .split_once('T')
            .map_or(word, |(day, _)| match day.len() {
                10 => day,
                _ => word,
            });
        let parts: Vec<&str> = word.split(['-', '/', '.', '–']).collect();
        if parts.len() > 1 && word.contains(char::is_alphabetic) {
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            return parts.for_each(|part| self.word(part));
        }
        let numbers: Vec<Option<u16>> = parts.iter().map(|p| number(p)).collect();
        match numbers[..] {
            [Some(n)] if word.len() == 4 => self.year(n),
            [Some(n)] if word.len() <= 2 => self.day = u8::try_from(n).ok(),
            // 1948-12-10, 1948-12, 1973-1974
            [Some(y), Some(m), Some(d)] if YEARS.contains(&y) => self.whole(y, m, d),
            [Some(from), Some(to)] if YEARS.contains(&from) && YEARS.contains(&to) => {
                self.year(from);
                self.span = word.contains(['-', '–']);
                self.year(to);
            }
            [Some(y), Some(m)] if YEARS.contains(&y) => {
                self.month = u8::try_from(m).ok();
                self.year(y);
            }
            [Some(m), Some(y)] if YEARS.contains(&y) => {
                self.month = u8::try_from(m).ok();
                self.year(y);
            }
            // 10.12.1948 names the day first; of 10/12/1948 nobody knows.
            [Some(a), Some(b), Some(y)] if YEARS.contains(&y) => match word.contains('/') {
                true if a <= 12 && b <= 12 && a != b => self.year(y),
                true if a <= 12 => self.whole(y, a, b),
                _ => self.whole(y, b, a),
            },
            _ => self.text(word),
        }
    }

    fn text(&mut self, word: &str) {
        let small = word.to_lowercase();
        let month = MONTHS.iter().position(|m| m.starts_with(&small));
        if let Some(month) = month.filter(|_| small.len() >= 3) {
            self.month = u8::try_from(month + 1).ok();
            return;
        }
        match small.as_str() {
            "to" | "-" | "–" | "until" => self.span = self.before.is_some(),
            "and" if self.between => self.span = self.before.is_some(),
            "between" => self.between = true,
            "circa" | "c" | "ca" | "approximately" | "approx" | "about" | "around" => {
                self.circa = true;
            }
            _ => {
                (self.day, self.month, self.between) = (None, None, false);
                (self.before, self.span) = (None, false);
            }
        }
    }

    fn whole(&mut self, year: u16, month: u16, day: u16) {
        (self.month, self.day) = (u8::try_from(month).ok(), u8::try_from(day).ok());
        self.year(year);
    }

    /// A year ends what is said of one day.
    fn year(&mut self, year: u16) {
        let (day, month) = (self.day.take(), self.month.take());
        if !YEARS.contains(&year) {
            return;
        }
        match self.before.filter(|_| self.span) {
            Some(from) if from <= year && year - from <= MAX_SPAN => {
                self.found.pop();
                (from..=year).for_each(|y| self.add(y.to_string()));
            }
            Some(_) => {
                self.found.pop();
            }
            None => self.add(match (month, day) {
                _ if self.circa => year.to_string(),
                (Some(month), Some(day)) => match valid(year, month, day) {
                    Some(whole) => whole.to_string(),
                    None => year.to_string(),
                },
                (Some(month @ 1..=12), None) => format!("{year}-{month:02}"),
                _ => year.to_string(),
            }),
        }
        (self.before, self.span, self.circa) = (Some(year), false, false);
    }

    fn add(&mut self, date: String) {
        let date = date.into_boxed_str();
        if !self.found.contains(&date) {
            self.found.push(date);
        }
    }
}

fn number(part: &str) -> Option<u16> {
    let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    part.parse().ok().filter(|_| digits)
}

fn valid(year: u16, month: u8, day: u8) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
}

#[cfg(test)]
mod tests {
    use super::birth_dates;

    #[test]
    fn days_are_read_as_lists_write_them() {
        for (text, dates) in [
            ("1948-12-10", "1948-12-10"),
            ("1948-12-10T00:00:00Z", "1948-12-10"),
            ("1948-12", "1948-12"),
            ("1948", "1948"),
            ("10 Dec 1948", "1948-12-10"),
            ("Dec 1948", "1948-12"),
            ("3 September 1961.", "1961-09-03"),
            ("circa 1962", "1962"),
            ("circa 10 Dec 1948", "1948"),
            ("c. 1962", "1962"),
            ("1960 to 1962", "1960 1961 1962"),
            ("between 1973 and 1974", "1973 1974"),
            ("1973-1974", "1973 1974"),
            ("1961 and 1970", "1961 1970"),
            ("1 Feb 1960 to 31 Dec 1961", "1960 1961"),
            ("1900 to 1980", ""),
            ("7.3.1955", "1955-03-07"),
            ("3.1955", "1955-03"),
            ("13/1955", "1955"),
            ("07-Mar-1955", "1955-03-07"),
            ("c.1955", "1955"),
            ("07.03.1955 or 8.3.1956", "1955-03-07 1956-03-08"),
            ("25/12/1970", "1970-12-25"),
            ("12/25/1970", "1970-12-25"),
            ("04/05/1970", "1970"),
            ("05/05/1970", "1970-05-05"),
            ("(a) 1.1.1960, (b) 1965", "1960-01-01 1965"),
            ("1960; 1961; 1960", "1960 1961"),
            ("31 Feb 1950", "1950"),
            ("born in 1951 in Riga", "1951"),
            ("1950/1951", "1950 1951"),
            ("unknown", ""),
            ("0000-00-00", ""),
            ("", ""),
            ("12345", ""),
        ] {
            assert_eq!(birth_dates(text).join(" "), dates, "{text}");
        }
    }
}
