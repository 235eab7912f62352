//! `export`: what is new in the history, as Parquet files that a head office reads from many branches.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::atomic_file::refuse_folder_of_home;
use crate::config::Home;
use crate::export::{self, Branch, Wanted};
use crate::text::printable;
use crate::trouble::{Kind, Result, Trouble};

/// Arguments of `export`.
#[derive(clap::Args)]
#[command(after_help = "\
Each run writes what was answered since the last one, to DIR/TABLE/branch=NAME/date=DAY/, and never
changes a file that is there; what was interrupted is finished by the next run. The paths of new files,
below DIR, go to stdout. Several branches may write into one DIR. docs/EXPORT.md tells how it is read.

Examples:
  kycdrop export /srv/export --branch vilnius-3
  kycdrop export out | rsync --recursive --files-from=- out head:/srv/branches
  kycdrop export /srv/branches --verify")]
pub struct Args {
    /// The folder of the export; made if it is not there
    dir: PathBuf,

    /// Name of this branch [default: branch in kycdrop.toml]; with --verify only this one
    #[arg(long, value_name = "NAME", value_parser = str::parse::<Branch>)]
    branch: Option<Branch>,

    /// Leave out the column payload: the customers as they came
    #[arg(long)]
    without_payload: bool,

    /// Write nothing: check every file of every branch in DIR against the manifests
    #[arg(long, conflicts_with = "without_payload")]
    verify: bool,
}

/// Exports, or checks an export.
pub fn export(home: &Home, args: &Args) -> Result<u8> {
    if args.verify {
        return verify(&args.dir, args.branch.as_ref());
    }
    let config = super::config_of(home)?;
    let branch = args.branch.clone().or(config.branch).ok_or_else(|| {
        Trouble::new(
            Kind::Setup,
            "which branch is this? An export needs a name that no other branch has",
            format!(
                "write branch = \"NAME\" into {}, or give --branch NAME",
                home.config_file().display()
            ),
        )
    })?;
    refuse_folder_of_home(home, &args.dir)?;
    let conn = super::history_of(home)?;
    let wanted = Wanted {
        dir: &args.dir,
        branch,
        payload: !args.without_payload,
    };
    let done = export::export(&conn, &wanted)?;
    let mut out = std::io::stdout().lock();
    for run in &done.runs {
        for path in export::paths(run) {
            super::stdout_result(writeln!(out, "{}", path.display()))?;
        }
        let rows: u64 = run.files.iter().map(|f| f.rows).sum();
        let bytes: u64 = run.files.iter().map(|f| f.bytes).sum();
        eprintln!(
            "exported: batches {} to {} of {}, {} files, {rows} rows, {bytes} bytes",
            run.first_batch,
            run.last_batch,
            run.branch,
            run.files.len()
        );
    }
    if done.runs.is_empty() {
        let until = match done.last_batch {
            0 => "the history has no answered batch".to_owned(),
            last => format!("everything up to batch {last} is exported"),
        };
        eprintln!("nothing new: {until}");
    }
    if let Some(batch) = done.unpublished {
        eprintln!(
            "left for the next export: batch {batch} and after, whose answers are not published yet"
        );
    }
    Ok(0)
}

fn verify(dir: &Path, only: Option<&Branch>) -> Result<u8> {
    let mut out = std::io::stdout().lock();
    let found = export::verify(dir, only, &mut |problem| {
        let line = format!("{:<8}  {}", problem.what.name(), problem.path);
        let line = match problem.detail.as_str() {
            "" => line,
            detail => format!("{line}  ({detail})"),
        };
        super::stdout_result(writeln!(out, "{}", printable(&line)))
    })?;
    for branch in &found.pending {
        eprintln!("an export of {branch} was interrupted: its next one finishes it");
    }
    let branches = if found.branches == 1 {
        "branch"
    } else {
        "branches"
    };
    let looked_at = format!(
        "{} {branches}, {} files, {} rows, {} bytes",
        found.branches, found.files, found.rows, found.bytes
    );
    if found.problems > 0 {
        return Err(Trouble::new(
            Kind::Input,
            format!(
                "{}: {} of what was looked at ({looked_at}) is not as it was exported",
                dir.display(),
                found.problems
            ),
            "missing, changed: put the file back from the branch or a copy; unlisted: move it away, readers would read it; doubled: move every folder of the branch away, and bring all of its files again",
        ));
    }
    eprintln!("all as it was exported: {looked_at}");
    Ok(0)
}
