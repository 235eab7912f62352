//! Files of ours, opened so that nothing waits for what lies in their place: opening or reading a
//! pipe, a socket or a device may take forever, or never end.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::trouble::{Kind, Result, Trouble};

/// How long to wait for another process that has a lease on a file, as a file server does.
const LEASE: Duration = Duration::from_secs(1);

/// Reads a text file of the home, through a link too. None where nothing is.
///
/// # Errors
/// When it is not a regular file, has more than `most` bytes, is not UTF-8, or cannot be read.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<Option<String>> {
    let bytes = match read(path, most) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|e| trouble("reading", path, &e))?,
    };
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| {
        Trouble::new(
            Kind::Setup,
            format!("{} is not UTF-8", path.display()),
            "save the file as UTF-8",
        )
    })
}

/// Reads a file, through a link too, up to so many bytes.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is not a regular file, [`io::ErrorKind::FileTooLarge`] when
/// there is more; whatever the opening or reading fails with.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = open(path, OpenOptions::new().read(true))?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let what = format!("more than {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(bytes)
}

/// Opens a file of ours for reading and writing, and makes it where nothing is. A link is not
/// followed.
///
/// # Errors
/// When it is not a regular file, or cannot be opened or made.
pub(crate) fn open_or_create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    open_there(path, &mut options, Links::Refused).map_err(|e| trouble("opening", path, &e))
}

/// Opens a file of ours for writing, empty, and makes it where nothing is. A link is not followed.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is not a regular file; whatever the opening fails with.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let file = open_there(path, OpenOptions::new().write(true), Links::Refused)?;
    file.set_len(0)?;
    Ok(file)
}

/// Opens a file, through a link too, if it is a regular one.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is not; whatever the opening fails with.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    open_there(path, options, Links::Followed)
}

/// Opens a file of somebody else for reading if it is as wanted. A link is not followed, a lease is
/// not waited for.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is not; whatever the opening fails with.
pub(crate) fn open_if(path: &Path, wanted: impl Fn(&Metadata) -> bool) -> io::Result<File> {
    let check = |there: &Metadata| match wanted(there) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file with one name",
        )),
    };
    // A device may do something when it is opened, so it is looked at first.
    check(&fs::symlink_metadata(path)?)?;
    let file = open_now(path, OpenOptions::new().read(true), Links::Refused)?;
    check(&file.metadata()?)?;
    Ok(file)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Followed,
    Refused,
}

fn open_there(path: &Path, options: &mut OpenOptions, links: Links) -> io::Result<File> {
    let there = match links {
        Links::Followed => fs::metadata(path),
        Links::Refused => fs::symlink_metadata(path),
    };
    match there {
        Ok(there) => is_regular(&there)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let begun = Instant::now();
    let file = loop {
        match open_now(path, options, links) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock && begun.elapsed() < LEASE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            opened => break opened?,
        }
    };
    is_regular(&file.metadata()?)?;
    Ok(file)
}

/// Opens what is at a path, whatever it is, without waiting for it.
fn open_now(path: &Path, options: &mut OpenOptions, links: Links) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    flags.set(OFlags::NOFOLLOW, links == Links::Refused);
    options.custom_flags(flags.bits() as i32);
    options.open(path)
}

/// Refuses what is there if it is not a regular file: for a file that a library opens.
///
/// # Errors
/// When something else is there.
pub(crate) fn refuse_others(path: &Path) -> Result<()> {
    match fs::metadata(path).map(|there| is_regular(&there)) {
        Ok(Err(e)) => Err(trouble("opening", path, &e)),
        _ => Ok(()),
    }
}

fn is_regular(there: &Metadata) -> io::Result<()> {
    match there.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, kind_of(there))),
    }
}

/// What is there instead of a regular file.
fn kind_of(there: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let t = there.file_type();
    if t.is_fifo() {
        return "a pipe";
    }
    if t.is_socket() {
        return "a socket";
    }
    if t.is_char_device() || t.is_block_device() {
        return "a device";
    }
    match (there.is_dir(), there.is_symlink()) {
        (true, _) => "a folder",
        (_, true) => "a link",
        _ => "something else",
    }
}

/// Trouble with a file of the home, with what to do about it.
pub(crate) fn trouble(doing: &str, path: &Path, e: &io::Error) -> Trouble {
    match e.kind() {
        io::ErrorKind::InvalidInput => Trouble::new(
            Kind::Setup,
            format!("{} is {e}, not a regular file", path.display()),
            "move it away, or put a regular file in its place",
        ),
        io::ErrorKind::FileTooLarge => Trouble::new(
            Kind::Setup,
            format!("{} has {e}", path.display()),
            "make it smaller, or move it away",
        ),
        _ => Trouble::io(doing, path, e),
    }
}
