//! A file to check, and how it is opened.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::catalog::Endpoint;
use crate::ingest::Source;
use crate::position::{Position, Positions};
use crate::trouble::{Kind, Result, Trouble};

/// The most bytes that are taken from a pipe.
const MAX_PIPED_BYTES: u64 = 1 << 30;

/// A file to check.
pub(crate) struct Listed {
    /// As it was named, or below the folder that was.
    pub path: PathBuf,
    /// Whom the folder that it is in is for, if that is named after an endpoint.
    pub endpoint: Option<Endpoint>,
    /// Why it cannot be read, where that is known already.
    pub trouble: Option<Trouble>,
}

/// The endpoint that a folder is named after.
pub(crate) fn endpoint_of(folder: &OsStr) -> Option<Endpoint> {
    Endpoint::from_name(folder.to_str()?)
}

impl Listed {
    /// A file that was named, by itself.
    pub(crate) fn at(path: &Path) -> Listed {
        Listed {
            endpoint: path
                .parent()
                .and_then(Path::file_name)
                .and_then(endpoint_of),
            path: path.to_owned(),
            trouble: None,
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it is nothing that can be read.
    pub(super) fn open(&mut self) -> Result<Input> {
        match self.trouble.take() {
            Some(trouble) => Err(trouble),
            None => Input::of(&self.path),
        }
    }

    /// What it is called in reports.
    pub(super) fn name(&self) -> String {
        match self.path == Path::new("-") {
            true => "stdin".into(),
            false => self.path.to_string_lossy().into_owned(),
        }
    }
}

/// What is checked.
pub(super) enum Input {
    /// What came through a pipe, which cannot be read twice.
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Input {
    /// For validation.
    pub(super) fn source(&self) -> Source<'_> {
        match self {
            Input::Bytes(read) => Source::Bytes(read),
            Input::File(path) => Source::File(path),
        }
    }

    /// Finds the places of rising offsets, on a second way through it.
    ///
    /// # Errors
    /// When it cannot be opened again.
    pub(super) fn positions(&self) -> Result<Positions<Box<dyn Read + '_>>> {
        Ok(Positions::new(match self {
            Input::Bytes(read) => Box::new(read.as_slice()),
            Input::File(path) => {
                Box::new(crate::disk::open_regular(path).map_err(|e| cannot_read(path, &e))?)
            }
        }))
    }

    /// The place of a byte, as far as it can be found.
    pub(super) fn position(&self, offset: u64) -> Option<Position> {
        self.positions().ok()?.of(offset).ok()
    }

    /// What was named by hand and cannot be read is wrong input, and no failure of the disk. A pipe
    /// that is open already is read; one in a folder would wait for whoever writes to it.
    fn of(file: &Path) -> Result<Input> {
        if file == Path::new("-") {
            return Ok(Input::Bytes(read_pipe(std::io::stdin().lock(), file)?));
        }
        // `check <(unpack batch.json.gz)` gives such a name.
        let of_process = ["/dev/stdin", "/dev/fd", "/proc/self/fd"];
        if of_process.iter().any(|place| file.starts_with(place))
            && let Some(pipe) = open_pipe(file).map_err(|e| cannot_read(file, &e))?
        {
            return Ok(Input::Bytes(read_pipe(pipe, file)?));
        }
        let path = file.canonicalize().map_err(|e| cannot_read(file, &e))?;
        crate::disk::open_regular(&path).map_err(|e| cannot_read(file, &e))?;
        Ok(Input::File(path))
    }
}

/// The error for a file that was named and cannot be read.
pub(crate) fn cannot_read(file: &Path, e: &std::io::Error) -> Trouble {
    match e.kind() {
        std::io::ErrorKind::PermissionDenied => Trouble::io("opening", file, e),
        _ => Trouble::new(
            Kind::Input,
            format!("{} cannot be read: {e}", file.display()),
            "give the path of a regular file, or - for standard input",
        ),
    }
}

/// Opens what this process has open already, if that is a pipe.
fn open_pipe(path: &Path) -> std::io::Result<Option<File>> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    if !path.metadata()?.file_type().is_fifo() {
        return Ok(None);
    }
    // Its writer may be gone: opening must not wait for another, but reading for the rest.
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let pipe = File::options().read(true).custom_flags(flags).open(path)?;
    rustix::fs::fcntl_setfl(&pipe, rustix::fs::OFlags::empty())?;
    Ok(Some(pipe))
}

/// Reads what comes through a pipe: all of it is kept in memory.
fn read_pipe(pipe: impl Read, name: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(MAX_PIPED_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Trouble::io("reading", name, &e))?;
    if bytes.len() as u64 > MAX_PIPED_BYTES {
        return Err(Trouble::new(
            Kind::Input,
            format!("more than {MAX_PIPED_BYTES} bytes from a pipe"),
            "write them to a file and give its path: files are not kept in memory",
        ));
    }
    Ok(bytes)
}
