//! `rescreen`: standing customers against what changed in the screening lists.

use crate::config::Home;
use crate::daemon;
use crate::talk::{note, say};
use crate::text::counted;
use crate::trouble::{Kind, Result};

/// Arguments of `rescreen`.
#[derive(clap::Args)]
#[command(after_help = "\
The entries of the lists that are new or have changed since the last time are
compared with every standing customer and related entity. A new match waits for
a person, as one of a request does, under a number of its own; a pair that is
known already is not asked again. An interrupted run goes on where it was. No
other kycdrop may work on the home meanwhile.

Exit codes: 0 done, 65 a list was refused, so that its processes were not
screened.")]
pub(super) struct Args {}

/// Screens them, and says what was found.
pub(super) fn rescreen(home: &Home) -> Result<u8> {
    let config = super::config_of(home)?;
    let (done, unscreened) = daemon::rescreen(home.clone(), config)?;
    for (process, why) in &unscreened {
        say!("{} was not screened: {why}", process.name());
    }
    note!(
        "{} changed; {} compared, {} found",
        counted(done.changed, "entry", "entries"),
        counted(done.customers, "customer", "customers"),
        counted(done.matches, "new match", "new matches")
    );
    if done.matches > 0 {
        note!("`kycdrop decisions` lists what waits for a decision");
    }
    Ok(
        if unscreened.iter().any(|(_, why)| why.starts_with("list ")) {
            Kind::Input as u8
        } else {
            0
        },
    )
}
