//! A home and its configuration: where everything lies, and what the administrator may set.
//!
//! In: the folder of a home, and its `kycdrop.toml`. Out: a [`Home`] that knows every path in it, and
//! a [`Config`] whose values are checked and have their defaults. It makes the folders of a new home.
//! It may not open the history, read classifiers or look into `watch-dir`.

mod search;
mod units;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::answer_name::WorklistFile;
use crate::branch::Branch;
use crate::catalog::inbox_folders;
use crate::disk;
use crate::folder::Root;
use crate::position::Position;
use crate::regular_file;
use crate::request::Limits;
use crate::trouble::{Kind, Result, Trouble};

pub(crate) use units::{log_filter, parse_size};

/// The folder that everything of one office lies in.
#[derive(Clone, Debug)]
pub struct Home {
    /// The absolute path of the folder.
    pub root: PathBuf,
}

impl Home {
    /// The home at this folder, as an absolute path.
    ///
    /// # Errors
    /// When the current folder is gone, or something other than a folder is there.
    pub fn at(root: &Path) -> Result<Home> {
        let root = search::absolute(root).map_err(|e| Trouble::io("finding", root, &e))?;
        if root.metadata().is_ok_and(|there| !there.is_dir()) {
            let fix = match Home::of_file(&root) {
                Some(home) => format!("did you mean --home {}?", home.root.display()),
                None => "give the folder of a home with --home".to_owned(),
            };
            let what = format!("{} is not a folder", root.display());
            return Err(Trouble::new(Kind::Setup, what, fix));
        }
        Ok(Home { root })
    }

    /// The optional configuration.
    pub fn config_file(&self) -> PathBuf {
        self.root.join("kycdrop.toml")
    }

    /// The folder of the classifier files.
    pub fn classifiers(&self) -> PathBuf {
        self.root.join("classifiers")
    }

    /// The folder of the risk matrices.
    pub fn risk(&self) -> PathBuf {
        self.root.join("risk")
    }

    /// The folder of the screening lists; a home need not have it.
    pub fn lists(&self) -> PathBuf {
        self.root.join("lists")
    }

    /// The SQLite file of the history.
    pub fn database(&self) -> PathBuf {
        self.root.join("kycdrop.db")
    }

    /// The queries that people saved.
    pub fn queries(&self) -> PathBuf {
        self.root.join("kycdrop.queries.toml")
    }

    /// Held by the one process that works on this home.
    pub fn lock_file(&self) -> PathBuf {
        self.root.join("kycdrop.lock")
    }

    /// The state of the process that works on this home.
    pub fn state_file(&self) -> PathBuf {
        self.root.join("kycdrop.state")
    }

    /// The folder that holds the five folders of files.
    pub fn watch_dir(&self) -> PathBuf {
        self.root.join("watch-dir")
    }

    /// Where files are dropped.
    pub fn inbox(&self) -> PathBuf {
        self.watch_dir().join("inbox")
    }

    /// Where a claimed file stays until it is answered.
    pub fn work(&self) -> PathBuf {
        self.watch_dir().join("work")
    }

    /// Where responses are put.
    pub fn outbox(&self) -> PathBuf {
        self.watch_dir().join("outbox")
    }

    /// Where answered files go.
    pub fn archive(&self) -> PathBuf {
        self.watch_dir().join("archive")
    }

    /// Where files go that were answered with another status than 200.
    pub fn failed(&self) -> PathBuf {
        self.watch_dir().join("failed")
    }

    /// The folders that files move between, as they are now.
    pub fn roots(&self) -> Roots {
        Roots {
            inbox: Root::at(self.inbox()),
            work: Root::at(self.work()),
            outbox: Root::at(self.outbox()),
            archive: Root::at(self.archive()),
            failed: Root::at(self.failed()),
        }
    }

    /// Makes every folder that is missing, and checks that files can be moved between them.
    ///
    /// # Errors
    /// When a folder cannot be made, or is on another file system than the others.
    pub fn make_folders(&self) -> Result<()> {
        self.roots().make()
    }
}

/// The folders that files move between.
#[derive(Clone, Debug)]
pub struct Roots {
    /// Where files are dropped.
    pub inbox: Root,
    /// Where a claimed file stays until it is answered.
    pub work: Root,
    /// Where responses are put.
    pub outbox: Root,
    /// Where answered files go.
    pub archive: Root,
    /// Where files go that were answered with another status than 200.
    pub failed: Root,
}

impl Roots {
    /// Makes every folder that is missing, and checks that files can be moved between them.
    ///
    /// # Errors
    /// When a folder cannot be made, or is on another file system than the others.
    pub fn make(&self) -> Result<()> {
        let inbox = self.inbox.path();
        let others = [&self.work, &self.outbox, &self.archive, &self.failed].map(Root::path);
        for folder in others.into_iter().chain([inbox]) {
            std::fs::create_dir_all(folder).map_err(|e| Trouble::io("making", folder, &e))?;
        }
        let open = self.inbox.open();
        let open = open.map_err(|e| Trouble::io("opening", inbox, &e))?;
        for name in inbox_folders() {
            match open.make(Path::new(name)) {
                Ok(_) => {}
                // Something else has its name: whoever looks at the inbox names that.
                Err(e) if disk::is_no_folder(&e) => {}
                Err(e) => return Err(Trouble::io("making", &inbox.join(name), &e)),
            }
        }
        for folder in others {
            refuse_other_file_system(inbox, folder)?;
        }
        Ok(())
    }
}

/// Refuses a folder that files cannot be moved into from the inbox.
///
/// # Errors
/// When it is on another file system, or one of the two cannot be looked at.
pub fn refuse_other_file_system(inbox: &Path, folder: &Path) -> Result<()> {
    let same = disk::same_file_system(inbox, folder);
    if same.map_err(|e| Trouble::io("looking at", folder, &e))? {
        return Ok(());
    }
    let folder = folder.display();
    Err(Trouble::new(
        Kind::Setup,
        format!("{folder} lies on another file system than the inbox"),
        "files are moved by renaming, which needs one file system: put all of watch-dir on one",
    ))
}

/// The longest time that a setting may say: moments are reckoned with it.
const MAX_DURATION: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// The largest `kycdrop.toml`, in bytes: all of it is read before the first line is understood.
const MAX_BYTES: u64 = 1 << 20;

/// What `kycdrop.toml` may say. Everything has a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the log says: a level, or a filter of levels by module.
    #[serde(deserialize_with = "units::log")]
    pub log: String,
    /// The institution is several organizations: every customer must name its businessUnit.
    pub multi_organization: bool,
    /// How long size and time of a file must not change before it is taken.
    #[serde(deserialize_with = "units::duration")]
    pub settle: Duration,
    /// How long a file that ends too early may stand still before it is answered 400.
    #[serde(deserialize_with = "units::duration")]
    pub settle_timeout: Duration,
    /// How long at most until the inbox is looked at again, whatever the events say.
    #[serde(deserialize_with = "units::duration")]
    pub scan_interval: Duration,
    /// How long to wait after trouble that may pass before the next try.
    #[serde(deserialize_with = "units::duration")]
    pub retry: Duration,
    /// How long to wait for another process that has locked the database.
    #[serde(deserialize_with = "units::duration")]
    pub lock_wait: Duration,
    /// How long a small file waits for a large one that was dropped before it.
    #[serde(deserialize_with = "units::duration")]
    pub overtake_after: Duration,
    /// The group of the files may read and write them too, not the owner alone.
    pub share_with_group: bool,
    /// Where the daemon writes its figures for Prometheus; a path below the home, or an absolute one.
    pub metrics_file: Option<PathBuf>,
    /// The name of the institution in reports; empty: none.
    pub institution: String,
    /// The name of this branch in exports and reports.
    pub branch: Option<Branch>,
    /// Threads that validate customers; 0: one for each processor.
    pub threads: usize,
    /// The most memory for pages of the database, in MiB; what is used grows with the history.
    #[serde(deserialize_with = "units::mib")]
    pub cache_mib: u32,
    /// The largest customer, in bytes; a file with a larger one is answered 400.
    #[serde(deserialize_with = "units::size")]
    pub max_customer_bytes: usize,
    /// The most list items in one customer; a file with more in one is answered 400.
    pub max_list_items: u32,
    /// The largest file, in bytes; a larger one is answered 400.
    #[serde(deserialize_with = "units::size")]
    pub max_file_bytes: u64,
    /// The most customers in one file; one with more is answered 400.
    pub max_customers: u64,
    /// What a request gets whose communicationNumber was accepted before with the same content.
    pub repeated_request: RepeatedRequest,
    /// The daemon screens standing customers against what changed in the lists while nothing waits.
    pub rescreen_when_idle: bool,
    /// The files that are put beside the response to a file with rejected customers.
    pub worklist: Vec<WorklistFile>,
    /// What is between the columns of `findings.csv` and `query --excel`.
    pub csv_separator: Separator,
    /// `run` opens the desk, the page in the browser.
    pub desk: bool,
    /// The port of the desk on 127.0.0.1; 0: any that is free.
    pub desk_port: u16,
}

/// What is between two columns of CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
pub enum Separator {
    /// As the standard of CSV has it.
    #[serde(rename = ",")]
    Comma,
    /// For a spreadsheet that is set to a language with decimal commas.
    #[serde(rename = ";")]
    Semicolon,
    /// A tab.
    #[serde(rename = "\t")]
    Tab,
}

impl Separator {
    /// The byte itself.
    pub const fn byte(self) -> u8 {
        match self {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
            Separator::Tab => b'\t',
        }
    }
}

/// What becomes of a request that comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RepeatedRequest {
    /// It is accepted again, and nothing is saved.
    Accept,
    /// Its number is used: O005, or O001.
    Reject,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            log: "info".into(),
            multi_organization: false,
            settle: Duration::from_secs(1),
            settle_timeout: Duration::from_secs(60),
            scan_interval: Duration::from_secs(2),
            retry: Duration::from_secs(5),
            lock_wait: Duration::from_secs(10),
            overtake_after: Duration::from_secs(2),
            share_with_group: false,
            metrics_file: None,
            institution: String::new(),
            branch: None,
            threads: 0,
            cache_mib: 192,
            max_customer_bytes: Limits::default().customer_bytes,
            max_list_items: Limits::default().list_items,
            max_file_bytes: 16 << 30,
            max_customers: 1_000_000,
            repeated_request: RepeatedRequest::Accept,
            rescreen_when_idle: false,
            worklist: WorklistFile::ALL.to_vec(),
            csv_separator: Separator::Comma,
            desk: false,
            desk_port: 4580,
        }
    }
}

impl Config {
    /// Reads the configuration of a home; the defaults where there is none.
    ///
    /// # Errors
    /// When the file cannot be read, or says what it may not: with its line.
    pub fn of(home: &Home) -> Result<Config> {
        let path = home.config_file();
        let Some(text) = regular_file::read_text(&path, MAX_BYTES)? else {
            return Ok(Config::default());
        };
        let config: Config = toml::from_str(&text).map_err(|e| {
            Trouble::new(
                Kind::Setup,
                format!("{}: {}", path.display(), Position::of_toml(&text, &e)),
                "fix the line, or remove it to use the default",
            )
        })?;
        config.check(&path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<()> {
        let to_error = |what: &str| {
            Err(Trouble::new(
                Kind::Setup,
                format!("{}: {what}", path.display()),
                "fix the value, or remove it to use the default",
            ))
        };
        let times = [
            ("settle", self.settle),
            ("settle_timeout", self.settle_timeout),
            ("scan_interval", self.scan_interval),
            ("retry", self.retry),
        ];
        if let Some((name, _)) = times.iter().find(|(_, time)| *time > MAX_DURATION) {
            return to_error(&format!("{name} must be 10y or less"));
        }
        if self.scan_interval < Duration::from_millis(10) {
            return to_error("scan_interval must be 10ms or more");
        }
        if self.institution.chars().count() > 200 {
            return to_error("institution must have 200 characters or less");
        }
        if self.cache_mib == 0 || self.cache_mib > 65_536 {
            return to_error("cache_mib must be from 1 to 65536");
        }
        if self.retry < Duration::from_millis(10) {
            return to_error("retry must be 10ms or more");
        }
        if self.lock_wait > Duration::from_secs(3600) {
            return to_error("lock_wait must be 1h or less");
        }
        if self.overtake_after.is_zero() {
            return to_error("overtake_after must be 1ms or more");
        }
        // SQLite keeps no value of more than 10^9 bytes, and escapes in an answer take room.
        if !(1024..=256 << 20).contains(&self.max_customer_bytes) {
            return to_error("max_customer_bytes must be from 1 KiB to 256 MiB");
        }
        if self.max_list_items == 0 || self.max_file_bytes == 0 || self.max_customers == 0 {
            return to_error("max_list_items, max_file_bytes and max_customers must be 1 or more");
        }
        if self.threads > 1024 {
            return to_error("threads must be from 0 to 1024");
        }
        Ok(())
    }
}
