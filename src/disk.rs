//! The few things that are asked of a file system beyond the standard library, each durable or
//! refused: rename without overwriting, sync of a folder, opening without following links.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::io::Errno;

use crate::fault;
use crate::regular_file;
use crate::trouble::is_limit;

/// Renames without ever overwriting: an existing target is [`io::ErrorKind::AlreadyExists`].
///
/// # Errors
/// Whatever the rename fails with.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    rename_new_at((rustix::fs::CWD, from), (rustix::fs::CWD, to))
}

/// Renames a name of one open folder to a name of another, as [`rename_new`] does.
///
/// # Errors
/// Whatever the rename fails with.
pub fn rename_new_at(
    (from, name): (BorrowedFd<'_>, &Path),
    (to, new): (BorrowedFd<'_>, &Path),
) -> io::Result<()> {
    use rustix::fs::{AtFlags, linkat, renameat, statat, unlinkat};
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        match renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Some network file systems do not know the flag.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            Err(e) => return Err(e.into()),
        }
    }
    // A hard link is refused where the name is taken; on file systems without links the look
    // before the rename has to do, which is safe as long as one daemon owns the folders.
    match linkat(from, name, to, new, AtFlags::empty()) {
        Ok(()) => Ok(unlinkat(from, name, AtFlags::empty())?),
        Err(Errno::EXIST) => Err(Errno::EXIST.into()),
        Err(_) if statat(to, new, AtFlags::SYMLINK_NOFOLLOW).is_ok() => Err(Errno::EXIST.into()),
        Err(_) => Ok(renameat(from, name, to, new)?),
    }
}

/// Identifies a file or folder while it exists: device and inode.
pub type FileId = (u64, u64);

/// The identity of what is at a path, links followed; None where nothing is, or it cannot be looked
/// at.
pub fn file_id(path: &Path) -> Option<FileId> {
    look_for_id(path).unwrap_or_default()
}

/// The identity of what is at a path, links followed; None where nothing is.
///
/// # Errors
/// When that cannot be determined.
pub fn look_for_id(path: &Path) -> io::Result<Option<FileId>> {
    Ok(if_there(fs::metadata(path))?.as_ref().map(id_of))
}

/// The identity of what was looked at.
pub fn id_of(metadata: &fs::Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

/// Whether something is at a path; a link counts as itself.
///
/// # Errors
/// When that cannot be determined.
pub fn is_there(path: &Path) -> io::Result<bool> {
    Ok(if_there(path.symlink_metadata())?.is_some())
}

/// None where nothing is at a path, so that an error never counts as "nothing there".
///
/// # Errors
/// Any other error.
pub fn if_there<T>(looked: io::Result<T>) -> io::Result<Option<T>> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// Whether an open file is the one that is at a path now.
pub fn is_open_at(file: &File, path: &Path) -> bool {
    let open = file.metadata().ok().map(|open| id_of(&open));
    open.is_some() && open == file_id(path)
}

/// A path with more at its end: `kycdrop.db` and `-wal` are `kycdrop.db-wal`.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Locks a folder for this process alone, until the file that is returned is dropped. None where
/// folders cannot be locked, as on some network shares.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] when another process has it.
pub fn lock_folder(path: &Path) -> io::Result<Option<File>> {
    let folder = open_folder(path)?;
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(fs::TryLockError::WouldBlock) => Err(io::Error::from(io::ErrorKind::WouldBlock)),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// Opens a folder, and nothing else: to open a pipe would wait for whoever writes to it.
fn open_folder(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::DIRECTORY.bits() as i32;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Whether an error says that something on the way is not a folder, or a link in the place of one.
pub fn is_no_folder(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::NotADirectory || is_any(e, &[Errno::LOOP])
}

/// Whether an error is one of these of the system.
pub(crate) fn is_any(e: &io::Error, errors: &[Errno]) -> bool {
    let code = e.raw_os_error();
    errors.iter().any(|one| code == Some(one.raw_os_error()))
}

/// Whether an error is not that of one file but would meet any: a full or read-only disk, no memory,
/// too many open files, something that is gone.
pub fn concerns_all(e: &io::Error) -> bool {
    is_limit(e)
        || matches!(
            e.kind(),
            io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::NotFound
        )
}

/// Whether [`open_regular`] failed because of what lies there, and not because of the disk.
pub fn is_not_ours(e: &io::Error) -> bool {
    // Opening a socket, or a device without a driver, fails in its own way.
    e.kind() == io::ErrorKind::InvalidInput || is_any(e, &[Errno::LOOP, Errno::NXIO, Errno::NODEV])
}

/// Makes a file of ours durable.
///
/// # Errors
/// When it cannot be opened or synced.
pub fn sync_file(path: &Path) -> io::Result<()> {
    // Some systems sync only what is open for writing.
    regular_file::open(path, OpenOptions::new().append(true))?.sync_all()
}

/// Makes a file that somebody dropped durable under the name that it has now, where its file system
/// can do that.
///
/// # Errors
/// When it is not a regular file with exactly one name, or its syncing fails.
pub fn sync_dropped(path: &Path) -> io::Result<()> {
    let file = open_regular(path)?;
    sync_if_possible(&file, "source.sync")
}

/// Makes the entries of a folder durable, where its file system can do that. Some network shares
/// cannot and say so; there it is for the server to keep what it was given, and to refuse the work
/// would not make it any safer.
///
/// # Errors
/// When the folder cannot be opened, or its syncing fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    sync_open_folder(&open_folder(folder)?)
}

/// Syncs a folder that is open for reading.
///
/// # Errors
/// When its syncing fails.
pub fn sync_open_folder(folder: &File) -> io::Result<()> {
    sync_if_possible(folder, "folder.sync")
}

/// Makes an open file or folder durable, where its file system can do that.
fn sync_if_possible(file: &File, point: &'static str) -> io::Result<()> {
    let synced = fault::point(point).and_then(|()| file.sync_all());
    synced.or_else(|e| if cannot_sync(&e) { Ok(()) } else { Err(e) })
}

/// Whether an error says that a file system does not sync such a thing, and not that it failed to.
fn cannot_sync(e: &io::Error) -> bool {
    is_any(e, &[Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP])
}

/// Does what waits for the disk for several things side by side: they wait together then, and the
/// file system writes down once what it would have written for each.
///
/// # Errors
/// The first error; what was begun beside it is ended first.
pub fn side_by_side<T: Sync, E: Send>(
    things: &[T],
    work: impl Fn(&T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    const THREADS: usize = 8;
    if let [one] = things {
        return work(one);
    }
    let share = things.len().div_ceil(THREADS).max(1);
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = things
            .chunks(share)
            .map(|share| {
                let all = move || share.iter().try_for_each(work);
                // Where the system gives no thread, this one does it.
                thread::Builder::new()
                    .spawn_scoped(scope, all)
                    .map_err(|_| all())
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(done) => done,
            })
            .fold(Ok(()), Result::and)
    })
}

/// Opens a regular file with one name for reading, and nothing else: no link is followed, no pipe
/// is waited for.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is not one.
pub fn open_regular(path: &Path) -> io::Result<File> {
    regular_file::open_if(path, is_plain)
}

/// Opens a regular file for reading, however many names it has.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is not one.
pub fn open_any_regular(path: &Path) -> io::Result<File> {
    regular_file::open_if(path, fs::Metadata::is_file)
}

/// Takes from a file what this process would not give to files of its own: others' right to read
/// it. A file of somebody else stays as it is; the folder that it lies in keeps others out.
pub fn narrow(file: &File, metadata: &fs::Metadata) {
    let mode = metadata.permissions().mode() & 0o777;
    let narrow = mode & !kept_out();
    if narrow != mode {
        let _ = file.set_permissions(fs::Permissions::from_mode(narrow));
    }
}

/// Whether this is a regular file with one name.
pub fn is_plain(metadata: &fs::Metadata) -> bool {
    metadata.is_file() && metadata.nlink() == 1
}

/// Whether two folders lie on the same file system, so that a rename between them is atomic.
///
/// # Errors
/// When one of them cannot be looked at.
pub fn same_file_system(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(fs::metadata(one)?.dev() == fs::metadata(other)?.dev())
}

/// What others may not do with the files of this process: the umask.
static KEPT_OUT: AtomicU32 = AtomicU32::new(0o077);

/// The rights that this process gives to nobody.
pub fn kept_out() -> u32 {
    KEPT_OUT.load(Ordering::Relaxed)
}

/// How many bytes are left for this process where a path lies.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let info = rustix::fs::statvfs(path).ok()?;
    Some(info.f_bavail * info.f_frsize)
}

/// The kind of network share that a folder lies on: none of them sends events for files that others
/// put there. None for a disk of this machine, or where that cannot be determined.
pub fn network_share(folder: &Path) -> Option<&'static str> {
    if fault::is_on("share") {
        return Some("a test");
    }
    #[cfg(target_os = "linux")]
    {
        share_name(rustix::fs::statfs(folder).ok()?.f_type as u64 & 0xffff_ffff)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

/// The magic numbers of statfs(2).
#[cfg(target_os = "linux")]
fn share_name(magic: u64) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "nfs",
        0xff53_4d42 => "cifs",
        0xfe53_4d42 => "smb2",
        0x517b => "smb",
        0x6573_5546 => "fuse",
        0x0102_1997 => "9p",
        0x00c3_6400 => "ceph",
        0x5346_414f => "afs",
        0x786f_4256 => "vboxsf",
        0x7c7c_6673 => "prl_fs",
        _ => return None,
    })
}

/// Lets nobody but the owner read what this process makes from now on.
pub fn keep_private() {
    keep_out(0o077);
}

/// Lets the group read and write it as well.
pub fn share_with_group() {
    keep_out(0o007);
}

fn keep_out(mask: u32) {
    KEPT_OUT.store(mask, Ordering::Relaxed);
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(mask));
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_cannot_sync_is_told_from_a_disk_that_fails_to() {
        use rustix::io::Errno;
        for cannot in [Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP] {
            assert!(cannot_sync(&cannot.into()), "{cannot}");
        }
        for fails in [
            Errno::IO,
            Errno::NOSPC,
            Errno::DQUOT,
            Errno::ACCESS,
            Errno::ROFS,
        ] {
            assert!(!cannot_sync(&fails.into()), "{fails}");
        }
    }

    #[test]
    fn shares_are_told_from_disks() {
        for (magic, name) in [(0x6969, "nfs"), (0xff53_4d42, "cifs"), (0x0102_1997, "9p")] {
            assert_eq!(share_name(magic), Some(name));
        }
        for disk in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994] {
            assert_eq!(share_name(disk), None, "ext4, xfs, btrfs, tmpfs");
        }
    }
}
