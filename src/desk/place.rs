//! `kycdrop.desk` in the home: who holds the desk, its address, and what the browser's cookie must say.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::config::Home;
use crate::disk;
use crate::hex;
use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

/// The most bytes of a file in it.
const MAX_BYTES: u64 = 4096;

/// The name of the page that leads to the address.
const OPENING: &str = "open.html";

/// What a browser must know.
pub(super) struct Secrets {
    /// In the address, new at each start: whoever opens it gets the session.
    pub token: String,
    /// In the cookie. It stays the same, so that open pages survive a restart.
    pub session: String,
    /// In every form, so that no other page can send one.
    pub form: String,
}

/// The folder, held by the one desk of the home. Its address goes with it.
pub(super) struct Place {
    folder: PathBuf,
    _lock: Option<File>,
}

/// The folder of a home.
pub(super) fn folder(home: &Home) -> PathBuf {
    home.root.join("kycdrop.desk")
}

/// The address of the desk that is open on the home; None where none is.
pub(crate) fn address_of(home: &Home) -> Option<String> {
    let folder = folder(home);
    let held = disk::lock_folder(&folder).is_err_and(|e| e.kind() == ErrorKind::WouldBlock);
    let address = regular_file::read(&folder.join("address"), MAX_BYTES).ok();
    let address = address.filter(|_| held)?;
    Some(String::from_utf8_lossy(&address).trim().to_owned())
}

/// The page that leads to the address of the desk that is open.
pub(crate) fn opening_page(home: &Home) -> PathBuf {
    folder(home).join(OPENING)
}

impl Place {
    /// Takes the folder, making it where it is missing, and clears what the last desk left.
    ///
    /// # Errors
    /// When another desk holds it, or it cannot be made.
    pub(super) fn take(home: &Home) -> Result<Place> {
        let folder = folder(home);
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => {
                return Err(Trouble::io("making", &folder, &e));
            }
            _ => {}
        }
        let lock = disk::lock_folder(&folder).map_err(|e| match e.kind() {
            ErrorKind::WouldBlock => Trouble::new(
                Kind::Busy,
                format!("the desk of {} is open already", home.root.display()),
                "`kycdrop desk` prints its address",
            ),
            _ => Trouble::io("locking", &folder, &e),
        })?;
        let place = Place {
            folder,
            _lock: lock,
        };
        place.clear()?;
        Ok(place)
    }

    /// Removes what belongs to a desk that is no more: its address, and files that were never sent.
    fn clear(&self) -> Result<()> {
        let to_error = |e| Trouble::io("clearing", &self.folder, &e);
        for entry in fs::read_dir(&self.folder).map_err(to_error)? {
            let entry = entry.map_err(to_error)?;
            if entry.file_name() != "session" {
                disk::if_there(fs::remove_file(entry.path())).map_err(to_error)?;
            }
        }
        Ok(())
    }

    /// The secrets; the session is made where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, or the system gives no random bytes.
    pub(super) fn secrets(&self) -> Result<Secrets> {
        let path = self.folder.join("session");
        let read = disk::if_there(regular_file::read(&path, MAX_BYTES));
        let read = read.map_err(|e| Trouble::io("reading", &path, &e))?;
        let session = match read {
            Some(bytes) if bytes.len() == 64 && bytes.iter().all(u8::is_ascii_hexdigit) => {
                String::from_utf8_lossy(&bytes).into_owned()
            }
            _ => {
                let session = random()?;
                self.write(&path, &session)?;
                session
            }
        };
        Ok(Secrets {
            token: random()?,
            form: hex(&Sha256::digest(format!("form {session}"))),
            session,
        })
    }

    /// Leaves the address where `kycdrop desk` finds it, and a page that leads to it: a browser is started
    /// with the page's path, since every user of the machine sees what a process was started with.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn announce(&mut self, address: &str) -> Result<()> {
        let page = maud::html! {
            (maud::DOCTYPE)
            meta http-equiv="refresh" content={ "0; url=" (address) };
        };
        self.write(&self.folder.join(OPENING), &page.into_string())?;
        self.write(&self.folder.join("address"), address)
    }

    fn write(&self, path: &Path, text: &str) -> Result<()> {
        let write = || {
            disk::if_there(fs::remove_file(path))?;
            let mut options = fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            file.write_all(text.as_bytes())
        };
        write().map_err(|e| Trouble::io("writing", path, &e))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What stays is cleared by the next desk.
        let _ = self.clear();
    }
}

/// 256 random bits, as hexadecimal.
pub(super) fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| {
        Trouble::new(
            Kind::Io,
            format!("the system gives no random bytes: {e}"),
            "",
        )
    })?;
    Ok(hex(&bytes))
}
