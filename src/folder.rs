//! A folder held by a handle. Whoever may write in `watch-dir` can put a link in the place of a
//! folder at any moment, so nothing is moved there by a path: each step goes from one handle to the
//! next, and follows no link.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    self, Access, AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, accessat, openat, renameat,
    statat, unlinkat,
};
use rustix::io::Errno;

use crate::disk;
use crate::fault;

/// How a folder is held: for going on from it, not for reading it, which needs fewer rights.
#[cfg(target_os = "linux")]
const HELD: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const HELD: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// The sticky bit of a folder's mode: who does not own a file there may not move it.
const STICKY: u32 = 0o1000;

/// A folder of `watch-dir`, opened anew for each use.
#[derive(Clone, Debug)]
pub struct Root {
    path: PathBuf,
    may_be_link: bool,
}

impl Root {
    /// The folder at a path. Where it is a link now, it may be one later, as the administrator chose;
    /// elsewhere a link that is put there later is not followed.
    pub fn at(path: PathBuf) -> Root {
        let may_be_link = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
        Root { path, may_be_link }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it.
    ///
    /// # Errors
    /// When there is no folder, or it may not be entered; see [`disk::is_no_folder`] for a link.
    pub fn open(&self) -> io::Result<Folder> {
        let follow = match self.may_be_link {
            true => OFlags::empty(),
            false => OFlags::NOFOLLOW,
        };
        let handle = openat(CWD, &self.path, HELD | follow, Mode::empty());
        let handle = handle.map_err(|e| match disk::is_no_folder(&e.into()) {
            true => io::Error::new(io::ErrorKind::NotADirectory, REPLACED),
            false => e.into(),
        })?;
        Ok(Folder {
            handle,
            path: self.path.clone(),
        })
    }
}

/// What is said of a folder of `watch-dir` that is none any more.
const REPLACED: &str = "a link or a file was put in the place of this folder; restore the folder";

/// A folder, held open. What is put in its place meanwhile is not this folder.
pub struct Folder {
    handle: OwnedFd,
    /// Where it was found: for messages.
    path: PathBuf,
}

impl Folder {
    /// The folder at a path, through links: for folders that nobody else may write above.
    ///
    /// # Errors
    /// When there is no folder, or it may not be entered.
    pub fn open(path: &Path) -> io::Result<Folder> {
        Ok(Folder {
            handle: openat(CWD, path, HELD, Mode::empty())?,
            path: path.to_path_buf(),
        })
    }

    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder below this one. No part of the way may be a link.
    ///
    /// # Errors
    /// When there is none; see [`disk::is_no_folder`] for something else in its place.
    pub fn below(&self, relative: &Path) -> io::Result<Folder> {
        let mut at = self.again()?;
        for part in parts(relative) {
            at = at.step(part?)?;
        }
        Ok(at)
    }

    /// A folder below this one, made where it is missing. No part of the way may be a link.
    ///
    /// # Errors
    /// When it cannot be made; see [`disk::is_no_folder`] for something else in its place.
    pub fn make(&self, relative: &Path) -> io::Result<Folder> {
        let mut at = self.again()?;
        for part in parts(relative) {
            at = at.make_step(part?)?;
        }
        Ok(at)
    }

    fn again(&self) -> io::Result<Folder> {
        Ok(Folder {
            handle: self.handle.try_clone()?,
            path: self.path.clone(),
        })
    }

    fn step(&self, name: &OsStr) -> io::Result<Folder> {
        Ok(Folder {
            handle: openat(&self.handle, name, HELD | OFlags::NOFOLLOW, Mode::empty())?,
            path: self.path.join(name),
        })
    }

    fn make_step(&self, name: &OsStr) -> io::Result<Folder> {
        match self.step(name) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            there => return there,
        }
        // The umask takes from it what this process gives to nobody.
        match fs::mkdirat(&self.handle, name, Mode::from_bits_truncate(0o777)) {
            Ok(()) | Err(Errno::EXIST) => self.step(name),
            Err(e) => Err(e.into()),
        }
    }

    /// The names of what is in it, in no order.
    ///
    /// # Errors
    /// When it may not be read; an error in the middle comes in the place of a name.
    pub fn names(&self) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
        fault::point("inbox.list")?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = Dir::new(openat(&self.handle, ".", flags, Mode::empty())?)?;
        let own = |name: &CStr| matches!(name.to_bytes(), b"." | b"..");
        Ok(dir.filter_map(move |entry| match entry {
            Ok(entry) if own(entry.file_name()) => None,
            Ok(entry) => Some(Ok(OsString::from_vec(
                entry.file_name().to_bytes().to_vec(),
            ))),
            Err(e) => Some(Err(e.into())),
        }))
    }

    /// Looks at what has this name, not through it where it is a link.
    ///
    /// # Errors
    /// When there is nothing, or it cannot be looked at.
    pub fn look(&self, name: &OsStr) -> io::Result<Look> {
        fault::point("inbox.look")?;
        Ok(Look::of(&statat(
            &self.handle,
            name,
            AtFlags::SYMLINK_NOFOLLOW,
        )?))
    }

    /// Looks at the folder itself.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn look_at_itself(&self) -> io::Result<Look> {
        Ok(Look::of(&fs::fstat(&self.handle)?))
    }

    /// Whether something has this name.
    ///
    /// # Errors
    /// When that cannot be determined.
    pub fn has(&self, name: &OsStr) -> io::Result<bool> {
        match statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Whether this process may read a file here, as far as can be seen without opening it.
    pub fn may_read(&self, name: &OsStr) -> bool {
        accessat(&self.handle, name, Access::READ_OK, AtFlags::EACCESS) != Err(Errno::ACCESS)
    }

    /// Which files this process may move out of this folder, as far as can be seen without
    /// trying it.
    pub fn gives(&self) -> Gives {
        let rights = Access::WRITE_OK | Access::EXEC_OK;
        let may = accessat(&self.handle, ".", rights, AtFlags::EACCESS);
        // The latter is said of an immutable folder.
        if matches!(may, Err(Errno::ACCESS | Errno::PERM)) {
            return Gives::Nothing;
        }
        let me = rustix::process::geteuid();
        match self.look_at_itself() {
            Ok(itself) if itself.sticky && !me.is_root() && itself.owner != me.as_raw() => {
                Gives::FilesOf(me.as_raw())
            }
            _ => Gives::Everything,
        }
    }

    /// Opens a regular file for reading, however many names it has. No link is followed, no pipe is
    /// waited for.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when it is not one.
    pub fn open_any_regular(&self, name: &OsStr) -> io::Result<File> {
        let strange = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
        // A device may do something when it is opened, so it is looked at first.
        let stat = statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(strange());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&self.handle, name, flags, Mode::empty())?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(strange()),
        }
    }

    /// Renames something of this folder into another one without ever overwriting: a name that is
    /// taken there is [`io::ErrorKind::AlreadyExists`].
    ///
    /// # Errors
    /// Whatever the rename fails with.
    pub fn rename_new(&self, name: &OsStr, to: &Folder, new: &OsStr) -> io::Result<()> {
        let to = (to.handle.as_fd(), Path::new(new));
        disk::rename_new_at((self.handle.as_fd(), Path::new(name)), to)
    }

    /// Renames a file of this folder into another one, in the place of a file that has the name there.
    ///
    /// # Errors
    /// Whatever the rename fails with; a folder is never replaced.
    pub fn rename_over(&self, name: &OsStr, to: &Folder, new: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.handle, name, &to.handle, new)?)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    /// Removes a folder that has nothing in it.
    ///
    /// # Errors
    /// When there is something in it, it is no folder, or it cannot be removed.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::REMOVEDIR)?)
    }

    /// Whether a name here and one of another folder are those of one file.
    pub fn is_same_file(&self, name: &OsStr, other: &Folder, new: &OsStr) -> bool {
        let identity = |folder: &Folder, name| {
            statat(&folder.handle, name, AtFlags::SYMLINK_NOFOLLOW).map(|s| (s.st_dev, s.st_ino))
        };
        matches!((identity(self, name), identity(other, new)), (Ok(a), Ok(b)) if a == b)
    }

    /// Makes its entries durable, as [`disk::sync_folder`] does.
    ///
    /// # Errors
    /// When its syncing fails.
    pub fn sync(&self) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        disk::sync_open_folder(&openat(&self.handle, ".", flags, Mode::empty())?.into())
    }
}

/// The parts of a way below a folder: names alone, so that none leads out of it.
fn parts(relative: &Path) -> impl Iterator<Item = io::Result<&OsStr>> {
    relative.components().map(|part| match part {
        Component::Normal(name) => Ok(name),
        _ => Err(io::Error::from(io::ErrorKind::InvalidInput)),
    })
}

/// Which files may be moved out of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Every file.
    Everything,
    /// The files of this user: the folder is sticky.
    FilesOf(u32),
    /// No file.
    Nothing,
}

impl Gives {
    /// Whether this file may be moved.
    pub fn gives(self, file: &Look) -> bool {
        match self {
            Gives::Everything => true,
            Gives::FilesOf(user) => file.owner == user,
            Gives::Nothing => false,
        }
    }
}

/// How something looked.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The length in bytes.
    pub bytes: u64,
    /// The time of the last change, by the clock of the file system.
    pub modified: SystemTime,
    /// The file system that it is on.
    pub device: u64,
    kind: FileType,
    names: u64,
    owner: u32,
    sticky: bool,
}

impl Look {
    #[allow(
        clippy::unnecessary_cast,
        reason = "the types differ from system to system"
    )]
    fn of(stat: &Stat) -> Look {
        Look {
            bytes: stat.st_size as u64,
            modified: moment(stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            device: stat.st_dev as u64,
            kind: FileType::from_raw_mode(stat.st_mode),
            names: stat.st_nlink as u64,
            owner: stat.st_uid,
            sticky: stat.st_mode as u32 & STICKY != 0,
        }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.kind == FileType::Directory
    }

    /// Whether it is a regular file with one name.
    pub fn is_plain(&self) -> bool {
        self.kind == FileType::RegularFile && self.names == 1
    }
}

fn moment(seconds: i64, nanoseconds: u32) -> SystemTime {
    let part = Duration::from_nanos(u64::from(nanoseconds));
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let begun = match seconds < 0 {
        true => SystemTime::UNIX_EPOCH.checked_sub(whole),
        false => SystemTime::UNIX_EPOCH.checked_add(whole),
    };
    begun.unwrap_or(SystemTime::UNIX_EPOCH) + part
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_part_of_a_way_may_be_a_link() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        for folder in ["root/a/b", "outside/b", "target"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        symlink(at("outside"), at("root/link")).unwrap();
        symlink(at("outside/b"), at("root/a/link")).unwrap();
        let root = Root::at(at("root"));
        let chosen = Root::at(at("root/link"));
        assert!(chosen.open().is_ok(), "the administrator's choice");
        std::fs::rename(at("root"), at("aside")).unwrap();
        symlink(at("outside"), at("root")).unwrap();
        let refused = root.open().err().unwrap();
        assert!(disk::is_no_folder(&refused), "{refused}");
        std::fs::remove_file(at("root")).unwrap();
        std::fs::rename(at("aside"), at("root")).unwrap();
        let root = root.open().unwrap();
        for way in ["link", "link/b", "a/link"] {
            let refused = root.below(Path::new(way)).err().expect(way);
            assert!(disk::is_no_folder(&refused), "{way}: {refused}");
            let refused = root.make(Path::new(way)).err().expect(way);
            assert!(disk::is_no_folder(&refused), "{way}: {refused}");
        }
        for way in ["..", "../outside", "/"] {
            assert!(root.below(Path::new(way)).is_err(), "{way}");
        }
    }

    #[test]
    fn a_rename_overwrites_nothing() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        let [one, other, free] = ["one", "other", "free"].map(OsStr::new);
        for name in [one, other] {
            std::fs::write(temporary.path().join(name), "x").unwrap();
        }
        let taken = folder.rename_new(one, &folder, other).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        folder.rename_new(one, &folder, free).unwrap();
        let has = |name| folder.has(name).expect("a look");
        assert!(!has(one) && has(other) && has(free));
    }
}
