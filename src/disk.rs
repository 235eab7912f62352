//! The few things that are asked of a file system beyond the standard library, each durable or
//! refused: rename without overwriting, sync of a folder, opening without following links.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Renames without ever overwriting: an existing target is [`io::ErrorKind::AlreadyExists`].
///
/// # Errors
/// Whatever the rename fails with.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Some network file systems do not know the flag.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            Err(e) => return Err(e.into()),
        }
    }
    // A hard link is refused where the name is taken; on file systems without links the look
    // before the rename has to do, which is safe as long as one daemon owns the folders.
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        Err(_) if fs::symlink_metadata(to).is_ok() => {
            Err(io::Error::from(io::ErrorKind::AlreadyExists))
        }
        Err(_) => fs::rename(from, to),
    }
}

/// Makes the entries of a folder durable.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        // Other systems make renames durable by themselves and do not open folders.
        Ok(())
    }
}

/// Opens a regular file with one name for reading, and nothing else: no link is followed, no pipe
/// is waited for.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is no such file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits() as i32);
    }
    let file = options.open(path)?;
    if is_plain(&file.metadata()?) {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "no regular file with one name",
        ))
    }
}

/// Whether this is a regular file with one name.
pub fn is_plain(metadata: &fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file() && metadata.nlink() == 1
    }
    #[cfg(not(unix))]
    {
        metadata.is_file()
    }
}

/// Makes a folder and those above it.
///
/// # Errors
/// When one of them cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Whether two folders lie on the same file system, so that a rename between them is atomic.
///
/// # Errors
/// When one of them cannot be looked at.
pub fn same_file_system(one: &Path, other: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok(fs::metadata(one)?.dev() == fs::metadata(other)?.dev())
    }
    #[cfg(not(unix))]
    {
        let _ = (one, other);
        Ok(true)
    }
}

/// Lets nobody but the owner read what this process makes from now on.
pub fn keep_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
}
