//! A folder held by a handle. Whoever may write in `watch-dir` can put a link in the place of a
//! folder at any moment, so nothing there is reached by a path: each step goes from one handle to
//! the next, and follows no link.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fd::OwnedFd;
use rustix::fs::{
    self, Access, AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, accessat, openat, statat,
    unlinkat,
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

/// A folder, held open. What is put in its place meanwhile is not this folder.
pub struct Folder {
    handle: OwnedFd,
    /// Where it was found: for messages.
    path: PathBuf,
}

impl Folder {
    /// The folder at a path. It may be a link: that is the administrator's choice.
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

    /// The same, but where something else has the name of one of the folders, that one gets a name
    /// with a number: `sub.2`. Returns the way that was gone, too.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_beside(&self, relative: &Path) -> io::Result<(Folder, PathBuf)> {
        let (mut at, mut way) = (self.again()?, PathBuf::new());
        for part in parts(relative) {
            let part = part?;
            let mut name = part.to_owned();
            let mut number = 1u64;
            at = loop {
                match at.make_step(&name) {
                    Err(e) if disk::is_no_folder(&e) => {
                        number += 1;
                        name = crate::intake::numbered(part, number);
                    }
                    made => break made?,
                }
            };
            way.push(name);
        }
        Ok((at, way))
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

    /// What lies in it, by name and number of inode, in no order.
    ///
    /// # Errors
    /// When it may not be read; an error in the middle comes in its place.
    pub fn names(&self) -> io::Result<impl Iterator<Item = io::Result<(OsString, u64)>>> {
        fault::point("inbox.list")?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = Dir::new(openat(&self.handle, ".", flags, Mode::empty())?)?;
        let own = |name: &CStr| matches!(name.to_bytes(), b"." | b"..");
        Ok(dir.filter_map(move |entry| match entry {
            Ok(entry) if own(entry.file_name()) => None,
            Ok(entry) => {
                let name = entry.file_name().to_bytes().to_vec();
                Some(Ok((OsString::from_vec(name), entry.ino())))
            }
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
    pub fn has(&self, name: &OsStr) -> bool {
        statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Whether this process may read a file here, as far as that can be told without opening it.
    pub fn may_read(&self, name: &OsStr) -> bool {
        accessat(&self.handle, name, Access::READ_OK, AtFlags::EACCESS) != Err(Errno::ACCESS)
    }

    /// Whether this process may move a file out of this folder, as far as that can be told without
    /// trying it.
    pub fn may_give(&self, file: &Look) -> bool {
        let rights = Access::WRITE_OK | Access::EXEC_OK;
        if accessat(&self.handle, ".", rights, AtFlags::EACCESS) == Err(Errno::ACCESS) {
            return false;
        }
        let me = rustix::process::geteuid();
        let free = |itself: Look| {
            itself.mode & STICKY == 0 || [itself.owner, file.owner].contains(&me.as_raw())
        };
        me.is_root() || self.look_at_itself().is_ok_and(free)
    }

    /// Opens a regular file for reading, however many names it has. No link is followed, no pipe is
    /// waited for.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when it is no such file.
    pub fn open_any_regular(&self, name: &OsStr) -> io::Result<File> {
        let strange = || io::Error::new(io::ErrorKind::InvalidInput, "no regular file");
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
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{RenameFlags, renameat_with};
            let flags = RenameFlags::NOREPLACE;
            match renameat_with(&self.handle, name, &to.handle, new, flags) {
                Ok(()) => return Ok(()),
                // Some network file systems do not know the flag.
                Err(Errno::INVAL | Errno::NOSYS) => {}
                Err(e) => return Err(e.into()),
            }
        }
        // A hard link is refused where the name is taken; on file systems without links the look
        // before the rename has to do, which is safe as long as one daemon owns the folders.
        match fs::linkat(&self.handle, name, &to.handle, new, AtFlags::empty()) {
            Ok(()) => self.remove(name),
            Err(Errno::EXIST) => Err(Errno::EXIST.into()),
            Err(_) if to.has(new) => Err(Errno::EXIST.into()),
            Err(_) => Ok(fs::renameat(&self.handle, name, &to.handle, new)?),
        }
    }

    /// Removes a file.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::empty())?)
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

/// How something looked: what it is, and whether it is still the same and unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub bytes: u64,
    pub modified: SystemTime,
    /// The last change of the content or of what is noted about it, such as its rights.
    changed: SystemTime,
    pub device: u64,
    pub inode: u64,
    names: u64,
    mode: u32,
    owner: u32,
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
            changed: moment(stat.st_ctime as i64, stat.st_ctime_nsec as u32),
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            names: stat.st_nlink as u64,
            mode: stat.st_mode as u32,
            owner: stat.st_uid,
        }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Directory
    }

    /// Whether it is a regular file with one name.
    pub fn is_plain(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::RegularFile && self.names == 1
    }

    /// Whether owner and rights are the same.
    pub fn has_same_rights(&self, other: &Look) -> bool {
        (self.mode, self.owner) == (other.mode, other.owner)
    }

    /// Whether nothing was written to it since: size and time of the last change are the same.
    pub fn stands_still(&self, before: &Look) -> bool {
        (self.bytes, self.modified) == (before.bytes, before.modified)
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
        let root = Folder::open(&at("root")).unwrap();
        for way in ["link", "link/b", "a/link"] {
            let refused = root.below(Path::new(way)).err().expect(way);
            assert!(disk::is_no_folder(&refused), "{way}: {refused}");
            let refused = root.make(Path::new(way)).err().expect(way);
            assert!(disk::is_no_folder(&refused), "{way}: {refused}");
        }
        for way in ["..", "../outside", "/"] {
            assert!(root.below(Path::new(way)).is_err(), "{way}");
        }
        let (_, way) = root.make_beside(Path::new("link/b")).unwrap();
        assert_eq!(way, Path::new("link.2/b"));
        assert!(at("root/link.2/b").is_dir());
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
        assert!(!folder.has(one) && folder.has(other) && folder.has(free));
    }
}
