//! Which home a command works on: the one that is given, the one that a file lies in, or the one that
//! the current folder is or lies in. And whether `run` and `once` may make one.

use std::io::{self, IsTerminal};
use std::path::Path;

use crate::config::Home;
use crate::talk::{self, note};
use crate::text::printable;
use crate::trouble::{Kind, Result, Trouble};

use super::{Args, Command};

/// The home of a command. A folder that is given is taken as it is; otherwise the home is looked for
/// upwards, from the file that the command is about or from the current folder.
///
/// # Errors
/// When the folder that is given is not a home, and the command needs one.
pub(super) fn home_of(args: &Args) -> Result<Home> {
    // A word that names nothing here is not a path, though it may be the name of a file.
    let is_path = |path: &&Path| path.components().count() > 1 || path.exists();
    let file = args.command.file().filter(is_path);
    let of_file = file.and_then(Home::of_file);
    if let Some(given) = &args.home {
        let home = Home::at(given)?;
        if args.command.works_on_a_home() && !home.is_made()? && !home.is_blank()? {
            return Err(home.not_made());
        }
        if let (Some(file), Some(other)) = (file, of_file)
            && !is_same(&other, &home)
        {
            let (file, other) = (file.display().to_string(), other.root.display());
            note!(
                "kycdrop: {} lies in another home, {other}",
                printable(&file)
            );
        }
        return Ok(home);
    }
    let current = Home::at(Path::new("."))?;
    if args.command.makes_a_home_here() {
        return Ok(current);
    }
    let around = Home::around(&current.root);
    match (file, of_file) {
        (Some(file), Some(home)) => {
            if !around.is_some_and(|around| is_same(&around, &home)) {
                let (file, root) = (file.display().to_string(), home.root.display());
                note!(
                    "kycdrop: the home is {root}, where {} lies",
                    printable(&file)
                );
            }
            Ok(home)
        }
        _ => Ok(around.unwrap_or(current)),
    }
}

/// Whether two paths lead to the same home.
fn is_same(one: &Home, other: &Home) -> bool {
    let real = |home: &Home| home.root.canonicalize().ok();
    one.root == other.root || (real(one).is_some() && real(one) == real(other))
}

impl Command {
    /// The file, dropped or answered, that the command is about.
    fn file(&self) -> Option<&Path> {
        match self {
            Command::Check(args) => args.files.first().map(Path::new),
            Command::Explain(args) => args.what.first().map(Path::new),
            Command::Report(args) => args.batch.as_deref().map(Path::new),
            Command::Demo(args) => Some(&args.output),
            Command::Risk(args) => args.file(),
            _ => None,
        }
    }

    /// Whether it makes a home in the very folder that it is called in.
    fn makes_a_home_here(&self) -> bool {
        match self {
            Command::Init => true,
            Command::Run(args) | Command::Once(args) => args.init,
            _ => false,
        }
    }

    /// Whether it needs a home, or refuses a given folder that is not one. `run` and `once` may make one,
    /// and `doctor` says itself what is missing.
    fn works_on_a_home(&self) -> bool {
        !matches!(
            self,
            Command::Init
                | Command::Run(_)
                | Command::Once(_)
                | Command::Doctor(_)
                | Command::Errors(_)
                | Command::Fields(_)
                | Command::Completions(_)
                | Command::Man(_)
        )
    }
}

/// Lets `run` and `once` work in a home, or in a folder that is to become one: it is empty, `--init`
/// was given, or a person at a terminal said yes.
///
/// # Errors
/// When the folder is not a home, and is not to become one.
pub(super) fn to_work_in(home: &Home, init: bool) -> Result<()> {
    if home.is_made()? {
        return Ok(());
    }
    refuse_inside_another(home)?;
    if !init && !home.is_blank()? && !is_wanted(home)? {
        return Err(home.not_made());
    }
    note!("kycdrop: making a home at {}", home.root.display());
    std::fs::create_dir_all(&home.root).map_err(|e| Trouble::io("making", &home.root, &e))
}

/// Refuses to make a home inside another one, where it would only be a second history by mistake.
///
/// # Errors
/// When the folder lies in a home.
pub(super) fn refuse_inside_another(home: &Home) -> Result<()> {
    match home.root.parent().and_then(Home::around) {
        None => Ok(()),
        Some(outer) => Err(Trouble::new(
            Kind::Setup,
            format!(
                "{} lies inside the home {}",
                home.root.display(),
                outer.root.display()
            ),
            format!(
                "did you mean --home {}? A home cannot be made inside another one",
                outer.root.display()
            ),
        )),
    }
}

/// Asks at the terminal; without one the answer is no.
fn is_wanted(home: &Home) -> Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(false);
    }
    talk::put(&question(home));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.map_err(|e| Trouble::new(Kind::Io, format!("reading the answer: {e}"), ""))?;
    let answer = answer.trim().to_lowercase();
    Ok(answer == "y" || answer == "yes")
}

/// Whether to make a home; the one that may have been meant comes first.
fn question(home: &Home) -> String {
    let root = home.root.display().to_string();
    let meant = home.meant().map(|hint| hint + " ").unwrap_or_default();
    format!(
        "{} is not a home of kycdrop. {}Make a new one at {0}? [y/N] ",
        printable(&root),
        printable(&meant)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_the_home_that_may_be_meant() {
        let dir = tempfile::tempdir().expect("a folder");
        let office = dir.path().join("office");
        std::fs::create_dir(&office).expect("a folder");
        std::fs::write(office.join("kycdrop.toml"), "").expect("a file");
        let asked = question(&Home::at(&dir.path().join("ofice")).expect("a path"));
        let meant = format!("Did you mean {}? Make a new one at ", office.display());
        assert!(asked.contains(&meant), "{asked}");
    }
}
