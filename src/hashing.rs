//! The length and the hash of a file, counted while it is read.

use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{disk, fault};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashed {
    /// Its length.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// Hashes what is read through it.
pub(crate) struct HashingReader<R> {
    file: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R> HashingReader<R> {
    pub(crate) fn new(file: R) -> HashingReader<R> {
        HashingReader {
            file,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    /// What was read so far.
    pub(crate) fn end(self) -> Hashed {
        Hashed {
            bytes: self.bytes,
            sha256: crate::hex(&self.hasher.finalize()),
        }
    }
}

impl<R: Read> Read for HashingReader<R> {
    #[expect(
        clippy::indexing_slicing,
        reason = "a reader fills no more than the buffer"
    )]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        fault::point("source.read")?;
        let n = self.file.read(buf)?;
        self.hasher.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
}

/// Reads a whole file for its length and hash.
///
/// # Errors
/// When it is not a regular file, or cannot be read.
pub(crate) fn hash_file(path: &Path) -> io::Result<Hashed> {
    let mut reader = HashingReader::new(disk::open_regular(path)?);
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.end())
}
