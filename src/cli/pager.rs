//! Long answers on a terminal go through the pager that people have chosen.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Columns stay below each other: a pager without options cuts lines.
    Table,
    /// Sentences: a pager without options folds lines.
    Account,
}

/// Shows text in `$KYCDROP_PAGER`, `$PAGER` or less. Where no person reads, and without one of them,
/// or with `cat`, it goes to stdout.
pub(super) fn show(text: &str, kind: Kind) -> std::io::Result<()> {
    let Some(mut command) = chosen(kind).filter(|_| std::io::stdout().is_terminal()) else {
        return std::io::stdout().lock().write_all(text.as_bytes());
    };
    // Ctrl-C is the pager's while it shows something; without us it would lose the terminal.
    let pressed = Arc::new(AtomicBool::new(false));
    let ours = signal_hook::flag::register(signal_hook::consts::SIGINT, pressed);
    let shown = match command.spawn() {
        // There is none of this name.
        Err(_) => std::io::stdout().lock().write_all(text.as_bytes()),
        Ok(mut child) => {
            if let Some(mut stdin) = child.stdin.take() {
                // Whoever leaves the pager early has seen enough.
                let _ = stdin.write_all(text.as_bytes());
            }
            child.wait().map(|_| ())
        }
    };
    if let Ok(ours) = ours {
        signal_hook::low_level::unregister(ours);
    }
    shown
}

fn chosen(kind: Kind) -> Option<Command> {
    let chosen = ["KYCDROP_PAGER", "PAGER"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_else(|| "less".into());
    // As a shell splits it; a pager whose quotes do not match is not one.
    let mut words = shlex::split(&chosen)?.into_iter();
    let program = words.next().filter(|program| program != "cat")?;
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // What fits is just printed, and the screen is left as it is.
        let options = match kind {
            Kind::Table => "FRSX",
            Kind::Account => "FRX",
        };
        command.env("LESS", options);
    }
    Some(command)
}
