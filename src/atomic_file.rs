//! A file that a user names: written whole in a scratch folder beside its place, synced, and renamed.
//!
//! In: a path, the home that must not be harmed, and what to do about an existing file. Out: the whole
//! file, or an error and what was there before. A link is never followed, nothing of a home is ever
//! replaced, and a full disk leaves what was there.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::config::Home;
use crate::disk;
use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

/// Scratch folders begin with this: intake leaves such names alone, and nobody else uses them.
const SCRATCH: &str = ".kycdrop-scratch-";

/// In the home, files that name a scratch folder elsewhere begin with this.
const NOTE: &str = ".kycdrop-writes-";

/// Where folders cannot be locked, a scratch folder of this age belongs to no living process.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// How much of an existing file is read to see whether kycdrop made it.
const BEGINNING: u64 = 4096;

/// What may be written where.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The home whose files are kept from harm. None for a file of the home itself.
    pub home: Option<&'a Home>,
    /// Whether the file may lie in the inbox.
    pub into_inbox: bool,
    /// What to do if the name is taken.
    pub existing: Existing,
    /// The kind of a refusal: [`Kind::Input`] for an argument, [`Kind::Setup`] for a setting.
    pub refusal: Kind,
}

/// What happens to an existing file.
#[derive(Clone, Copy)]
pub enum Existing {
    /// It is never replaced: the write fails.
    Refuse,
    /// It is replaced if it is empty, or its beginning says that kycdrop made it.
    ReplaceIf(fn(&[u8]) -> bool),
}

/// Who may read a file.
#[derive(Clone, Copy)]
pub enum Readers {
    /// Whoever may read the one that it replaces; else whoever may read the files of this process.
    AsBefore,
    /// Everybody: there is nothing of a customer in it.
    All,
}

/// A file that is being written. Dropped before [`AtomicFile::finish`], it leaves nothing behind.
pub struct AtomicFile {
    target: PathBuf,
    shown: PathBuf,
    scratch: Scratch,
    replace: bool,
}

impl AtomicFile {
    /// Begins a file, after a look at its place. What killed processes left there is cleared.
    ///
    /// # Errors
    /// When the rules forbid the place, or nothing can be written there.
    pub fn create(path: &Path, rules: Rules<'_>) -> Result<AtomicFile> {
        let target = allowed(path, rules)?;
        let folder = target.parent().unwrap_or(Path::new("."));
        clear(remains_in(folder));
        if let Some(home) = rules.home {
            clear(noted_remains(home));
        }
        let mut scratch = Scratch::make(folder).map_err(|e| Trouble::io("writing", path, &e))?;
        if let Some(home) = rules.home
            && rules.refusal == Kind::Input
        {
            scratch.note(home);
        }
        let file = AtomicFile {
            target,
            shown: path.to_owned(),
            scratch,
            replace: matches!(rules.existing, Existing::ReplaceIf(_)),
        };
        // Made here, so that it is private from its first byte.
        File::create_new(file.content()).map_err(|e| file.to_error(&e))?;
        Ok(file)
    }

    /// Where the content is to be written.
    pub fn content(&self) -> PathBuf {
        self.beside("content")
    }

    /// A place for another file that goes with this one's end.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.scratch.path.join(name)
    }

    /// An I/O error of writing, with the name that the user gave.
    pub fn to_error(&self, e: &io::Error) -> Trouble {
        match e.kind() {
            io::ErrorKind::AlreadyExists => there_already(&self.shown),
            _ => Trouble::io("writing", &self.shown, e),
        }
    }

    /// Writes everything, and puts the file into its place.
    ///
    /// # Errors
    /// When it cannot be written; what was there is there still.
    pub fn write(self, content: &[u8]) -> Result<()> {
        self.write_for(content, Readers::AsBefore)
    }

    /// [`AtomicFile::write`], with the rights that its readers need.
    ///
    /// # Errors
    /// When it cannot be written; what was there is there still.
    pub fn write_for(self, content: &[u8], readers: Readers) -> Result<()> {
        let write = || {
            let mut file = File::options().write(true).open(self.content())?;
            file.write_all(content)
        };
        write().map_err(|e| self.to_error(&e))?;
        self.put(readers)
    }

    /// Puts the file into its place, durably.
    ///
    /// # Errors
    /// When that fails; what was there is there still.
    pub fn finish(self) -> Result<()> {
        self.put(Readers::AsBefore)
    }

    fn put(self, readers: Readers) -> Result<()> {
        let done = || {
            let content = self.content();
            disk::sync_file(&content)?;
            // Where a file system knows no rights there are none to be given.
            match readers {
                Readers::All => let_everybody_read(&content),
                Readers::AsBefore if self.replace => {
                    if let Ok(old) = fs::symlink_metadata(&self.target) {
                        let _ = fs::set_permissions(&content, old.permissions());
                    }
                }
                Readers::AsBefore => {}
            }
            if self.replace {
                fs::rename(&content, &self.target)?;
            } else {
                disk::rename_new(&content, &self.target)?;
            }
            disk::sync_folder(self.target.parent().unwrap_or(Path::new(".")))
        };
        done().map_err(|e| self.to_error(&e))
    }
}

fn let_everybody_read(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = fs::set_permissions(file, fs::Permissions::from_mode(0o644));
}

/// A folder for what is not finished. It is locked as long as its process lives.
struct Scratch {
    path: PathBuf,
    /// A file in the home that names this folder.
    note: Option<PathBuf>,
    _lock: Option<File>,
}

impl Scratch {
    fn make(folder: &Path) -> io::Result<Scratch> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{SCRATCH}{}-{n}", std::process::id()));
            match fs::create_dir(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            match disk::lock_folder(&path) {
                Ok(lock) if path.is_dir() => {
                    let note = None;
                    return Ok(Scratch {
                        path,
                        note,
                        _lock: lock,
                    });
                }
                // Somebody took it for a remain before it was locked.
                Ok(_) => {}
                Err(e)
                    if [io::ErrorKind::WouldBlock, io::ErrorKind::NotFound].contains(&e.kind()) => {
                }
                Err(e) => return Err(e),
            }
        }
    }
}

impl Scratch {
    /// Leaves a note in the home, so that `doctor` and the next command find what a kill leaves. Who
    /// may only read the home leaves none.
    fn note(&mut self, home: &Home) {
        if let (Some(name), Some(text)) = (self.path.file_name(), self.path.to_str()) {
            let name = name.to_string_lossy().replace(SCRATCH, NOTE);
            let note = home.root.join(name);
            let written =
                regular_file::create(&note).and_then(|mut file| file.write_all(text.as_bytes()));
            if written.is_ok() {
                self.note = Some(note);
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        if let Some(note) = &self.note {
            let _ = fs::remove_file(note);
        }
    }
}

/// What killed processes left: the folder, and who keeps others from it while it is looked at.
type Remain = (PathBuf, Option<File>);

/// The scratch folders that killed processes left in these folders, and in those that the home has
/// notes of.
pub fn remains(home: &Home, folders: &[PathBuf]) -> Vec<PathBuf> {
    let folders = folders.iter().filter_map(|f| f.canonicalize().ok());
    let mut found: Vec<PathBuf> = folders
        // Each lock is let go before the next look at the same folder.
        .flat_map(|f| paths(remains_in(&f)))
        .chain(paths(noted_remains(home)))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn paths(remains: Vec<Remain>) -> Vec<PathBuf> {
    remains.into_iter().map(|(path, _)| path).collect()
}

fn clear(remains: Vec<Remain>) {
    for (path, _lock) in remains {
        let _ = fs::remove_dir_all(path);
    }
}

fn remains_in(folder: &Path) -> Vec<Remain> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|e| remain(e.path())).collect()
}

/// What the notes of a home name. A note of what is gone is removed.
fn noted_remains(home: &Home) -> Vec<Remain> {
    let entries = fs::read_dir(&home.root).into_iter().flatten().flatten();
    entries
        .filter(|e| e.file_name().to_string_lossy().starts_with(NOTE))
        .filter_map(|e| {
            let file = disk::open_regular(&e.path()).ok()?;
            let mut text = String::new();
            file.take(BEGINNING).read_to_string(&mut text).ok()?;
            let path = PathBuf::from(text);
            if path.is_absolute() && fs::symlink_metadata(&path).is_err() {
                let _ = fs::remove_file(e.path());
            }
            remain(path)
        })
        .collect()
}

/// A scratch folder whose process is gone, locked.
fn remain(path: PathBuf) -> Option<Remain> {
    let ours = path.file_name()?.to_string_lossy().starts_with(SCRATCH);
    let there = fs::symlink_metadata(&path).ok().filter(|_| ours)?;
    if !there.is_dir() {
        return None;
    }
    // Else its process lives, or it is not for this user to look into.
    let lock = disk::lock_folder(&path).ok()?;
    if lock.is_none() {
        let age = SystemTime::now()
            .duration_since(there.modified().ok()?)
            .ok()?;
        if age < ABANDONED {
            return None;
        }
    }
    Some((path, lock))
}

/// Checks that the rules allow a path; returns it with links in its folders resolved.
///
/// # Errors
/// When they do not: with what is there, and where to write instead.
pub fn allowed(path: &Path, rules: Rules<'_>) -> Result<PathBuf> {
    let refuse = |what: &str, remedy: &str| {
        let what = format!("{} {what}", path.display());
        Err(Trouble::new(rules.refusal, what, remedy))
    };
    let Some(name) = path.file_name() else {
        return refuse("is not a file name", "give the path of a file");
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder
        .canonicalize()
        .map_err(|e| Trouble::io("opening", folder, &e))?;
    let target = folder.join(name);
    if let Some(home) = rules.home
        && is_of_home(home, &folder, name, rules.into_inbox)
    {
        return refuse(
            "belongs to this home, where kycdrop keeps its own files",
            "nothing was written; give a path elsewhere",
        );
    }
    let there = match fs::symlink_metadata(&target) {
        Ok(there) => there,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(target),
        Err(e) => return Err(Trouble::io("looking at", path, &e)),
    };
    let Existing::ReplaceIf(ours) = rules.existing else {
        return Err(there_already(path));
    };
    if there.is_symlink() {
        return refuse(
            "is a link, and links are not followed",
            "nothing was written; give the path of a file (- is stdout where a command takes it)",
        );
    }
    if !there.is_file() {
        return refuse(
            "is not a regular file",
            "nothing was written; give the path of a file (- is stdout where a command takes it)",
        );
    }
    let mut beginning = Vec::new();
    disk::open_any_regular(&target)
        .and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning))
        .map_err(|e| Trouble::io("reading", path, &e))?;
    if !beginning.is_empty() && !ours(&beginning) {
        return refuse(
            "already exists, and kycdrop did not create it",
            "nothing was written; move it away, or give another path",
        );
    }
    Ok(target)
}

/// Checks that a folder may be written into: it must not belong to this home.
///
/// # Errors
/// When it is below `watch-dir` or `classifiers`.
pub fn refuse_folder_of_home(home: &Home, folder: &Path) -> Result<()> {
    // It may be made yet: what is there of the path decides.
    let absolute = std::path::absolute(folder).map_err(|e| Trouble::io("finding", folder, &e))?;
    let there = absolute.ancestors().find_map(|a| a.canonicalize().ok());
    let inside = there.is_some_and(|there| {
        let missing = absolute.file_name().unwrap_or_default();
        is_of_home(home, &there, missing, false)
    });
    if inside {
        return Err(Trouble::new(
            Kind::Input,
            format!(
                "{} belongs to this home, where kycdrop keeps its own files",
                folder.display()
            ),
            "nothing was written; give a folder elsewhere",
        ));
    }
    Ok(())
}

fn there_already(path: &Path) -> Trouble {
    Trouble::new(
        Kind::Io,
        format!("{} already exists", path.display()),
        "files are never overwritten: remove it, or give another name",
    )
}

/// Whether a place belongs to the home: by the folder that it lies in, by its name, and by what is
/// there now, so that neither links nor mounts lead around it.
fn is_of_home(home: &Home, folder: &Path, name: &OsStr, into_inbox: bool) -> bool {
    let lies_in = |there: &[PathBuf]| {
        let ids: Vec<_> = there.iter().filter_map(|f| disk::file_id(f)).collect();
        let mut above = folder.ancestors().filter_map(disk::file_id);
        cfg!(unix) && above.any(|id| ids.contains(&id))
            || there
                .iter()
                .filter_map(|f| f.canonicalize().ok())
                .any(|f| folder.starts_with(f))
    };
    let inside = [
        home.watch_dir(),
        home.inbox(),
        home.work(),
        home.outbox(),
        home.archive(),
        home.failed(),
        home.classifiers(),
    ];
    let drop = into_inbox && lies_in(&[home.inbox()]);
    if !drop && lies_in(&inside) {
        return true;
    }
    let id = |path: &Path| disk::file_id(path).filter(|_| cfg!(unix));
    let (here, there) = (id(folder), id(&folder.join(name)));
    let mut classifiers = fs::read_dir(home.classifiers())
        .into_iter()
        .flatten()
        .flatten();
    if there.is_some() && classifiers.any(|e| id(&e.path()) == there) {
        return true;
    }
    own_files(home).iter().any(|own| {
        let parent = own.parent().unwrap_or(Path::new("/"));
        let in_folder = parent.canonicalize().is_ok_and(|p| p == folder)
            || here.is_some() && id(parent) == here;
        let named = own
            .file_name()
            .is_some_and(|own| own.eq_ignore_ascii_case(name));
        in_folder && named || there.is_some() && id(own) == there
    })
}

/// Every file and folder of a home by name, whether it is there or not.
fn own_files(home: &Home) -> Vec<PathBuf> {
    let mut own = vec![
        home.lock_file(),
        home.state_file(),
        disk::with_ending(&home.state_file(), ".part"),
        home.config_file(),
        home.queries(),
        home.classifiers(),
        home.watch_dir(),
    ];
    // SQLite keeps the WAL beside the file that a link leads to.
    let database = home.database();
    for database in [database.canonicalize().ok(), Some(database)]
        .into_iter()
        .flatten()
    {
        for ending in ["", "-wal", "-shm", "-journal"] {
            own.push(disk::with_ending(&database, ending));
        }
    }
    own
}
