//! `init`: a new home, with everything in it that people may want to change.

use std::fs;

use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::classifier::{write_files, write_shipped};
use crate::config::Home;
use crate::evaluate::MATRICES;
use crate::trouble::{Kind, Result, Trouble};

use crate::talk::note;

/// The configuration with every key as a comment.
const CONFIGURATION: &str = include_str!("kycdrop.toml");

/// Creates a home; an existing one is not changed.
pub(super) fn init(home: &Home) -> Result<u8> {
    let file = home.config_file();
    if !home.is_made()? {
        super::place::refuse_inside_another(home)?;
    }
    fs::create_dir_all(&home.root).map_err(|e| Trouble::io("making", &home.root, &e))?;
    if fs::symlink_metadata(&file).is_ok() {
        return Err(Trouble::new(
            Kind::Setup,
            format!(
                "{} is already a home: {} exists",
                home.root.display(),
                file.display()
            ),
            "nothing was changed; `kycdrop doctor` checks it",
        ));
    }
    let rules = Rules {
        home: None,
        into_inbox: false,
        existing: Existing::Refuse,
        refusal: Kind::Setup,
    };
    AtomicFile::create(&file, rules)?.write(CONFIGURATION.as_bytes())?;
    let folder = home.classifiers();
    let wrote = write_shipped(&folder).map_err(|e| Trouble::io("making", &folder, &e))?;
    let risk = home.risk();
    write_files(&risk, MATRICES).map_err(|e| Trouble::io("making", &risk, &e))?;
    home.make_folders()?;
    let classifiers = if wrote {
        "the shipped values, to adapt"
    } else {
        "unchanged"
    };
    note!(
        "Created a home at {}\n  kycdrop.toml   the configuration, with comments\n  classifiers/   {classifiers}\n  risk/          an example of a risk matrix, to approve or to remove\n  watch-dir/     drop files into inbox/batch-customers; answers appear in outbox\nNext: kycdrop doctor, then kycdrop run",
        home.root.display()
    );
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::CONFIGURATION;
    use crate::config::Config;

    #[test]
    fn every_commented_line_is_a_key_with_its_default() {
        let lines: Vec<&str> = CONFIGURATION
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| {
                line.split_once(" = ").is_some_and(|(key, _)| {
                    !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                })
            })
            .collect();
        let mut uncommented: Config = toml::from_str(&lines.join("\n")).expect("a configuration");
        // The keys whose default is that they are not there.
        assert!(uncommented.metrics_file.take().is_some());
        assert!(uncommented.branch.take().is_some());
        assert_eq!(
            format!("{uncommented:?}"),
            format!("{:?}", Config::default())
        );
        let default = format!("{:?}", Config::default());
        for line in &lines {
            let key = line.split(" = ").next().expect("a key");
            assert!(default.contains(&format!("{key}: ")), "{key}");
        }
        // Whoever adds a key explains it here.
        assert_eq!(lines.len(), default.matches(": ").count());
    }
}
