//! `completions` and `man`: what shells and manuals need, made from the arguments themselves.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use clap_mangen::Man;

use crate::atomic_file::{self, AtomicFile, Existing, Readers, Rules};
use crate::config::Home;
use crate::trouble::{Kind, Result, Trouble};

use crate::talk::note;

/// Arguments of `completions`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kycdrop completions bash > /etc/bash_completion.d/kycdrop
  kycdrop completions zsh > \"${fpath[1]}/_kycdrop\"")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Arguments of `man`.
#[derive(clap::Args)]
pub(super) struct ManArgs {
    /// The folder to write the pages to, such as /usr/local/share/man/man1
    dir: PathBuf,
}

/// Prints the completions of a shell.
pub(super) fn completions(args: &CompletionsArgs) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::grammar(), "kycdrop", &mut text);
    super::stdout_result(std::io::stdout().lock().write_all(&text))?;
    Ok(0)
}

/// Writes a manual page for each command.
pub(super) fn man(home: &Home, args: &ManArgs) -> Result<u8> {
    atomic_file::refuse_folder_of_home(home, &args.dir)?;
    std::fs::create_dir_all(&args.dir).map_err(|e| Trouble::io("writing", &args.dir, &e))?;
    let mut grammar = super::grammar().disable_help_subcommand(true);
    grammar.build();
    pages(home, &args.dir, &grammar)?;
    note!(
        "wrote the manual to {}; man {}/kycdrop.1 shows it",
        args.dir.display(),
        args.dir.display()
    );
    Ok(0)
}

/// Writes the page of a command, and those of the commands below it.
fn pages(home: &Home, dir: &Path, command: &clap::Command) -> Result<()> {
    for below in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        pages(home, dir, below)?;
    }
    let page = Man::new(command.clone());
    let path = dir.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text)
        .map_err(|e| Trouble::io("writing", &path, &e))?;
    let rules = Rules {
        home: Some(home),
        into_inbox: false,
        existing: Existing::ReplaceIf(is_our_page),
        refusal: Kind::Input,
    };
    AtomicFile::create(&path, rules)?.write_for(&text, Readers::All)
}

fn is_our_page(beginning: &[u8]) -> bool {
    String::from_utf8_lossy(beginning)
        .lines()
        .any(|line| line.starts_with(".TH kycdrop"))
}
