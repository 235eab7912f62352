//! Files that were dropped onto the desk: they lie in `kycdrop.desk`, are checked, and are sent or go.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::catalog::Endpoint;
use crate::check::{Checked, Checker, Customer, Listed, Report};
use crate::daemon::reading;
use crate::ingest::to_check_with;
use crate::left_alone::is_left_alone;

use super::batch_customer::{findings, ids};
use super::page::*;
use super::place;

/// Files of one drop.
pub(super) const MAX_FILES: usize = 20;

/// How long a checked file waits to be sent.
pub(super) const KEPT: Duration = Duration::from_secs(3600);

/// Drops that are kept; an older one goes.
const MAX_DROPS: usize = 8;

/// Findings that are shown of a drop; of each file a few in any case.
const MAX_SHOWN: usize = 200;
const SHOWN_OF_EACH: usize = 20;

/// The most bytes of a name. Its answer has a longer one.
const MAX_NAME: usize = 200;

const ENDING: &str = ".json";

/// The name of a file whose own one says nothing.
const NAMELESS: &str = "dropped.json";

/// A file that came from a browser. It goes with this value.
pub(super) struct Upload {
    pub(super) path: PathBuf,
    /// What it is called in forms.
    pub(super) key: String,
    /// As the browser called it.
    pub(super) given: String,
    /// What it will be called in the inbox.
    pub(super) name: String,
}

/// A file with what was found in it.
pub(super) struct CheckedFile {
    pub(super) upload: Upload,
    pub(super) checked: Checked,
    pub(super) found: Found,
}

/// Files that were dropped together.
pub(super) struct Check {
    pub(super) id: String,
    pub(super) endpoint: Endpoint,
    pub(super) files: Vec<CheckedFile>,
}

/// The drops of the last hour, the oldest first.
#[derive(Default)]
pub(super) struct Checks(Mutex<Vec<Check>>);

impl Checks {
    fn all(&self) -> MutexGuard<'_, Vec<Check>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a drop; None where it is not there.
    pub(super) fn show<T>(&self, id: &str, show: impl FnOnce(&Check) -> T) -> Option<T> {
        self.all().iter().find(|check| check.id == id).map(show)
    }

    /// The drops that wait to be sent: what finds each, and the names of its files.
    pub(super) fn waiting(&self) -> Vec<(String, Vec<String>)> {
        let names = |check: &Check| {
            let names = check.files.iter().map(|file| file.upload.given.clone());
            (check.id.clone(), names.collect())
        };
        self.all().iter().map(names).collect()
    }

    /// Keeps a drop, or what could not be sent of it.
    pub(super) fn keep(&self, check: Check) {
        let mut all = self.all();
        if let Some(kept) = all.iter_mut().find(|kept| kept.id == check.id) {
            kept.files.extend(check.files);
            return;
        }
        if all.len() >= MAX_DROPS {
            all.remove(0);
        }
        all.push(check);
    }

    /// Takes a file out of a drop, or all of them where no key is given.
    pub(super) fn take(&self, id: &str, key: Option<&str>) -> Option<Check> {
        let mut all = self.all();
        let check = all.iter_mut().find(|check| check.id == id)?;
        let is_meant = |file: &mut CheckedFile| key.is_none_or(|key| file.upload.key == key);
        let taken = Check {
            id: id.to_owned(),
            endpoint: check.endpoint,
            files: check.files.extract_if(.., is_meant).collect(),
        };
        all.retain(|check| !check.files.is_empty());
        Some(taken).filter(|taken| !taken.files.is_empty())
    }
}

impl Upload {
    /// The place of a file of this name; nothing is there yet.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(super) fn new(desk: &Desk, given: &str) -> Result<Upload> {
        let key = place::random()?;
        Ok(Upload {
            path: place::folder(&desk.home).join(format!("dropped-{key}")),
            key,
            given: given.to_owned(),
            name: fit_name(given),
        })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // What stays is cleared when the desk is closed.
        let _ = fs::remove_file(&self.path);
    }
}

/// The name for the inbox: the last part of the given one, without what nobody sees, with the ending that
/// a request has, and none that the inbox leaves alone.
fn fit_name(given: &str) -> String {
    let own = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_seen = |c: &char| visible(c.encode_utf8(&mut [0; 4])) == *c.encode_utf8(&mut [0; 4]);
    let seen: String = own.chars().filter(is_seen).collect();
    let bare = seen.trim().trim_start_matches(['.', '~']).trim_start();
    let is_json = |name: &str| name.to_ascii_lowercase().ends_with(ENDING);
    let (stem, ending) = match bare.len().checked_sub(ENDING.len()) {
        Some(at) if is_json(bare) => bare.split_at_checked(at).unwrap_or((bare, ENDING)),
        _ => (bare, ENDING),
    };
    let stem = stem
        .get(..stem.floor_char_boundary(MAX_NAME))
        .unwrap_or_default();
    let name = format!("{stem}{ending}");
    match stem.is_empty() || is_left_alone(name.as_ref()) {
        true => NAMELESS.to_owned(),
        false => name,
    }
}

/// What is shown of a file: its customers with findings, and how many of those there are.
#[derive(Default)]
pub(super) struct Found {
    pub(super) customers: Vec<Markup>,
    pub(super) shown: usize,
    pub(super) findings: usize,
    most: usize,
}

impl Report for Found {
    fn shows_findings(&self) -> bool {
        self.shown < self.most
    }

    fn customer(
        &mut self,
        _: &mut dyn Write,
        _: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        self.findings += customer.judged.findings.len();
        let left = self.most - self.shown;
        let shown = customer.findings.get(..left).unwrap_or(customer.findings);
        if !shown.is_empty() {
            self.shown += shown.len();
            self.customers.push(one(customer, &findings(shown, None)));
        }
        Ok(())
    }
}

/// A customer with findings.
fn one(customer: &Customer<'_>, findings: &Markup) -> Markup {
    let (ext_id, unit) = (customer.ext_id(), customer.business_unit());
    let number = customer.communication_number();
    html! {
        div.card {
            h3 { (EN.word.customer) " " (customer.number)
                @if let Some(name) = customer.name() { ": " (visible(&name)) } }
            (ids([ext_id.as_deref(), unit.as_deref(), number.as_deref()]))
            (findings)
        }
    }
}

impl Desk {
    /// Checks files as if they were dropped in this order, and keeps them. Returns how to find them.
    ///
    /// # Errors
    /// When the classifiers are not sound, or the history or a file cannot be read.
    pub(super) fn check(&self, endpoint: Endpoint, uploads: Vec<Upload>) -> Result<String> {
        let conn = reading::history_if_any(&self.home)?;
        let classifiers = to_check_with(&self.home, &self.config, conn.as_ref())?;
        let conn = conn.map_or_else(|| self.history(), Ok)?;
        let mut checker = Checker::with(classifiers, &self.config, &conn)?;
        let most = (MAX_SHOWN / uploads.len().max(1)).max(SHOWN_OF_EACH);
        let mut files = Vec::new();
        for upload in uploads {
            let mut found = Found {
                most,
                ..Found::default()
            };
            let mut listed = Listed::at(&upload.path);
            let (checked, _) = checker.file(&mut listed, endpoint, &mut found)?;
            if checked.fault.is_some() {
                // None of its customers counts.
                found = Found::default();
            }
            files.push(CheckedFile {
                upload,
                checked,
                found,
            });
        }
        let id = place::random()?;
        self.checks.keep(Check {
            id: id.clone(),
            endpoint,
            files,
        });
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_as_it_is_unless_the_inbox_would_not_take_it() {
        for same in ["x.json", "Žąsis 1.JSON", "a'b\"<c>.json", "x.2.json"] {
            assert_eq!(fit_name(same), same);
        }
        for (given, fit) in [
            ("", NAMELESS),
            (".json", "json.json"),
            ("..", NAMELESS),
            ("../../etc/passwd", "passwd.json"),
            ("C:\\Users\\ona\\x.json", "x.json"),
            (".x.json", "x.json"),
            ("~$x.json", "$x.json"),
            ("x.json.tmp", "x.json.tmp.json"),
            ("x", "x.json"),
            ("a\u{202e}nosj.json", "anosj.json"),
            ("a\0\n.json", "a.json"),
            ("x (conflicted copy 2024-01-01).json", NAMELESS),
        ] {
            assert_eq!(fit_name(given), fit, "{given}");
        }
        let long = fit_name(&format!("{}.json", "ž".repeat(300)));
        assert!(long.len() <= MAX_NAME + ENDING.len() && long.ends_with("ž.json"));
    }
}
