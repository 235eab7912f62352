//! `desk`: the page in the browser.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::config::Home;
use crate::desk::{self, Options};
use crate::talk::say;
use crate::trouble::Result;

/// Arguments of `desk`.
#[derive(clap::Args)]
#[command(after_help = "\
The page is on 127.0.0.1 alone, and asks for the token in the address that is
printed. Where the desk of this home is open already, its address is printed
and nothing else happens. The setting `desk` makes `kycdrop run` open it.

The desk answers no files: it puts them into the inbox, where `kycdrop run`
takes them.

Examples:
  kycdrop desk --open
  kycdrop desk --port 0      any port that is free")]
pub(super) struct Args {
    /// The port on 127.0.0.1; 0 takes any that is free [default: the setting desk_port]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Open the address in the browser
    #[arg(long)]
    open: bool,

    /// `kycdrop run` started it: it ends with its stdin
    #[arg(long, hide = true)]
    of_daemon: bool,
}

/// Serves the desk until a signal ends it.
pub(super) fn desk(home: Home, args: &Args) -> Result<u8> {
    let page_of = home.clone();
    let announce = |address: &str| {
        // A service manager would keep it in its journal, where more people read it.
        if args.of_daemon && std::env::var_os("JOURNAL_STREAM").is_some() {
            return Ok(());
        }
        super::stdout_result(writeln!(std::io::stdout(), "{address}"))?;
        if args.open {
            open(&desk::opening_page(&page_of));
        }
        Ok(())
    };
    if !args.of_daemon
        && let Some(address) = desk::address_of(&home)
    {
        announce(&address)?;
        return Ok(0);
    }
    let config = super::config_of(&home)?;
    let options = Options {
        port: args.port.unwrap_or(config.desk_port),
        of_daemon: args.of_daemon,
    };
    desk::serve(home, config, &options, announce)
}

/// Opens the page that leads to the desk in the browser. Whoever has none has the address.
fn open(page: &Path) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Err(e) = quiet.arg(page).spawn() {
        say!("kycdrop: no browser was opened ({program}: {e}); open the address yourself");
    }
}
