//! Which files `check` looks at, in which order and for which endpoint.

use std::path::{Path, PathBuf};

use crate::check::{Listed, cannot_read, endpoint_of};
use crate::left_alone::is_left_alone;
use crate::trouble::{Kind, Trouble};

/// The files that were named, and those of the folders that were. Also how many files of the folders
/// are not named `.json`: they are not checked.
pub(super) fn list(named: &[PathBuf]) -> (Vec<Listed>, u64) {
    let (mut files, mut others) = (Vec::new(), 0);
    for path in named {
        match path.is_dir() {
            true => others += add_folder(path, &mut files),
            false => files.push(Listed::at(path)),
        }
    }
    (files, others)
}

/// Adds the regular files of a folder and of those below it, in the order of their paths. No link is
/// followed, as in the inbox.
fn add_folder(root: &Path, files: &mut Vec<Listed>) -> u64 {
    let (mut found, mut others) = (Vec::new(), 0);
    let of_root = root.file_name().and_then(endpoint_of);
    let mut folders = vec![(root.to_path_buf(), of_root)];
    while let Some((folder, endpoint)) = folders.pop() {
        let mut add = |path: PathBuf, trouble| {
            found.push(Listed {
                // `.` goes without saying.
                path: path
                    .strip_prefix(".")
                    .map(Path::to_path_buf)
                    .unwrap_or(path),
                endpoint,
                trouble,
            });
        };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) => {
                let trouble = cannot_read(&folder, &e);
                add(folder, Some(trouble));
                continue;
            }
        };
        for entry in entries {
            let looked = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)));
            match looked {
                Ok((path, _)) if path.file_name().is_some_and(is_left_alone) => {}
                Ok((path, kind)) if kind.is_dir() => {
                    let own = path.file_name().and_then(endpoint_of);
                    folders.push((path, own.or(endpoint)));
                }
                Ok((path, kind)) if kind.is_file() && is_json(&path) => add(path, None),
                Ok(_) => others += 1,
                Err(e) => add(folder.clone(), Some(cannot_read(&folder, &e))),
            }
        }
    }
    if found.is_empty() {
        found.push(Listed {
            path: root.to_path_buf(),
            endpoint: None,
            trouble: Some(Trouble::new(
                Kind::Input,
                format!(
                    "{} cannot be read: no file in this folder is named .json",
                    root.display()
                ),
                "give the path of a folder with requests, or of a file",
            )),
        });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    files.append(&mut found);
    others
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
}
