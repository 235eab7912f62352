//! `completions` and `man`: what shells and manuals need, made from the arguments themselves.

use std::io::Write;
use std::path::PathBuf;

use clap_complete::Shell;

use crate::disk;
use crate::trouble::{Result, Trouble};

use super::talk::say;

/// Arguments of `completions`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kycdrop completions bash > /etc/bash_completion.d/kycdrop
  kycdrop completions zsh > \"${fpath[1]}/_kycdrop\"")]
pub struct CompletionsArgs {
    /// The shell that they are for
    shell: Shell,
}

/// Arguments of `man`.
#[derive(clap::Args)]
pub struct ManArgs {
    /// The folder that the pages are written to, such as /usr/local/share/man/man1
    dir: PathBuf,
}

/// Prints the completions of a shell.
pub fn completions(args: &CompletionsArgs) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::grammar(), "kycdrop", &mut text);
    super::stdout_result(std::io::stdout().lock().write_all(&text))?;
    Ok(0)
}

/// Writes a manual page for each command.
pub fn man(args: &ManArgs) -> Result<u8> {
    let wrong = |e: std::io::Error| Trouble::io("writing", &args.dir, &e);
    disk::make_folder(&args.dir).map_err(wrong)?;
    clap_mangen::generate_to(super::grammar(), &args.dir).map_err(wrong)?;
    say!(
        "wrote the manual to {}; man {}/kycdrop.1 shows it",
        args.dir.display(),
        args.dir.display()
    );
    Ok(0)
}
