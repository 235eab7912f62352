//! Long tables on a terminal go through the pager that people have chosen.

use std::io::Write;
use std::process::{Command, Stdio};

/// Shows text in `$KYCDROP_PAGER`, `$PAGER` or less; without one of them, or with `cat`, on stdout.
pub fn show(text: &str) -> std::io::Result<()> {
    let chosen = ["KYCDROP_PAGER", "PAGER"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_else(|| "less".into());
    let mut words = chosen.split_whitespace();
    let child = words
        .next()
        .filter(|program| *program != "cat")
        .and_then(|program| {
            let mut command = Command::new(program);
            command.args(words).stdin(Stdio::piped());
            if std::env::var_os("LESS").is_none() {
                // What fits is just printed; wide lines are cut; the screen is left as it is.
                command.env("LESS", "FRSX");
            }
            command.spawn().ok()
        });
    let Some(mut child) = child else {
        return std::io::stdout().write_all(text.as_bytes());
    };
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever leaves the pager early has seen enough.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait().map(|_| ())
}
