//! What makes a folder a home, and which home a path lies in.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::disk;
use crate::left_alone::is_left_alone;
use crate::text::nearest;
use crate::trouble::{Kind, Result, Trouble};

use super::Home;

impl Home {
    /// Whether the folder is a home: it has `kycdrop.toml`, `kycdrop.db`, or both `classifiers` and
    /// `watch-dir`.
    ///
    /// # Errors
    /// When that cannot be looked at: a home that cannot be examined is not one that is missing.
    pub fn is_made(&self) -> Result<bool> {
        let there =
            |path: PathBuf| disk::is_there(&path).map_err(|e| Trouble::io("looking at", &path, &e));
        Ok(there(self.config_file())?
            || there(self.database())?
            || (there(self.classifiers())? && there(self.watch_dir())?))
    }

    /// Whether the folder is there and may become a home: it has nothing in it, or only hidden files
    /// and what belongs to a home.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn is_blank(&self) -> Result<bool> {
        let to_error = |e| Trouble::io("reading", &self.root, &e);
        let Some(entries) = disk::if_there(fs::read_dir(&self.root)).map_err(to_error)? else {
            return Ok(false);
        };
        for entry in entries {
            let name = entry.map_err(to_error)?.file_name();
            let own = ["classifiers", "watch-dir"].iter().any(|own| name == *own)
                || name.to_string_lossy().starts_with("kycdrop.");
            if !own && !is_left_alone(&name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The home that a folder is or lies in: the nearest one upwards, up to the root. A folder above it
    /// that every user can write to is passed over: anybody can make it look like a home.
    pub fn around(folder: &Path) -> Option<Home> {
        let homes = folder.ancestors().map(|above| Home {
            root: above.to_owned(),
        });
        homes
            .filter(|home| home.root == folder || !is_open_to_all(&home.root))
            .find(|home| home.is_made().unwrap_or(false))
    }

    /// The home that a file lies in, or lay in before it was moved. The path itself counts, and then
    /// the folder that it leads to by links.
    pub fn of_file(file: &Path) -> Option<Home> {
        let file = absolute(file).ok()?;
        let folder = file.parent()?;
        Home::around(folder).or_else(|| {
            let mut there = folder
                .ancestors()
                .filter_map(|above| above.canonicalize().ok());
            Home::around(&there.next()?)
        })
    }

    /// The error for a folder that is not a home: it names the one that may have been meant.
    pub fn not_made(&self) -> Trouble {
        let root = self.root.display();
        let what = match self.root.exists() {
            true => format!(
                "{root} is not a home of kycdrop: it has no kycdrop.toml, no kycdrop.db, and not both classifiers and watch-dir"
            ),
            false => format!("there is no home of kycdrop at {root}: the folder does not exist"),
        };
        let hint = self.meant().map(|hint| hint + " ").unwrap_or_default();
        Trouble::new(
            Kind::Setup,
            what,
            format!(
                "{hint}Give the folder of a home with --home or KYCDROP_HOME, or work inside it; `kycdrop init` makes a new one, and so does `kycdrop run --init`"
            ),
        )
    }

    /// The home above, or the one beside it with a similar name.
    pub fn meant(&self) -> Option<String> {
        let parent = self.root.parent()?;
        if let Some(above) = Home::around(parent) {
            return Some(format!("Did you mean {}?", above.root.display()));
        }
        // A folder that is there was not mistyped.
        if self.root.exists() {
            return None;
        }
        let beside = fs::read_dir(parent).ok()?.flatten();
        let homes = beside.filter(|entry| {
            let home = Home { root: entry.path() };
            home.is_made().unwrap_or(false)
        });
        let names: Vec<String> = homes
            .filter_map(|home| home.file_name().into_string().ok())
            .collect();
        let given = self.root.file_name()?.to_string_lossy();
        let near = nearest(&given, names.iter().map(String::as_str))?;
        Some(format!("Did you mean {}?", parent.join(near).display()))
    }
}

/// The absolute path without `..`, as the system follows it: the folders above it in the path are
/// then those that it lies in.
///
/// # Errors
/// When the current folder is gone.
pub(super) fn absolute(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let parts: Vec<Component<'_>> = path.components().collect();
    let dots = parts.iter().rposition(|part| *part == Component::ParentDir);
    let (up, down) = parts.split_at(dots.map_or(0, |last| last + 1));
    let mut path: PathBuf = up.iter().collect();
    if dots.is_some() {
        path = path.canonicalize().unwrap_or(path);
    }
    path.extend(down);
    Ok(path)
}

/// Whether every user of the machine can write to the folder.
fn is_open_to_all(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(folder).is_ok_and(|m| m.permissions().mode() & 0o002 != 0)
}
