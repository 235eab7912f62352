//! `export`: writes new batches of the history to Parquet files, for a head office with many branches.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::atomic_file::refuse_folder_of_home;
use crate::branch::Branch;
use crate::config::Home;
use crate::export::{self, ExportOptions};
use crate::text::{counted, printable};
use crate::trouble::{Kind, Result, Trouble};

use crate::talk::{note, say};

/// Arguments of `export`.
#[derive(clap::Args)]
#[command(after_help = "\
Each run writes the batches answered since the last run to
DIR/TABLE/branch=NAME/date=DAY/. It never changes an existing file, and
completes a run that was interrupted. The paths of new files, relative to DIR,
go to stdout. Several branches may write to one DIR. docs/EXPORT.md shows how
to read the files.

Examples:
  kycdrop export /srv/export --branch vilnius-3
  kycdrop export out | rsync --recursive --files-from=- out head:/srv/branches
  kycdrop export /srv/branches --verify")]
pub(super) struct Args {
    /// The folder to export to; created if missing
    dir: PathBuf,

    /// Name of this branch [default: branch in kycdrop.toml]; with --verify, check only this branch
    #[arg(long, value_name = "NAME", value_parser = str::parse::<Branch>)]
    branch: Option<Branch>,

    /// Leave out the column payload, the customers as they were received
    #[arg(long)]
    without_payload: bool,

    /// Write nothing: check every file of every branch in DIR against the manifests
    #[arg(long, conflicts_with = "without_payload")]
    verify: bool,
}

/// Exports, or checks an export.
pub(super) fn export(home: &Home, args: &Args) -> Result<u8> {
    if args.verify {
        return verify(&args.dir, args.branch.as_ref());
    }
    let config = super::config_of(home)?;
    let branch = args.branch.clone().or(config.branch).ok_or_else(|| {
        Trouble::new(
            Kind::Setup,
            "the export needs the name of this branch",
            format!(
                "write branch = \"NAME\" in {}, or give --branch NAME; no two branches may have the same name",
                home.config_file().display()
            ),
        )
    })?;
    refuse_folder_of_home(home, &args.dir)?;
    let conn = super::history_of(home)?;
    let wanted = ExportOptions {
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
        note!(
            "exported: batches {} to {} of {}, {}",
            run.first_batch,
            run.last_batch,
            run.branch,
            amounts(run.files.len() as u64, rows, bytes)
        );
    }
    if done.runs.is_empty() {
        let until = match done.last_batch {
            0 => "the history has no answered batch".to_owned(),
            last => format!("everything up to batch {last} is exported"),
        };
        note!("nothing new: {until}");
    }
    if let Some(batch) = done.unpublished {
        note!(
            "left for the next export: batch {batch} and later ones, until their responses are published"
        );
    }
    Ok(0)
}

fn amounts(files: u64, rows: u64, bytes: u64) -> String {
    format!(
        "{}, {}, {}",
        counted(files, "file", "files"),
        counted(rows, "row", "rows"),
        counted(bytes, "byte", "bytes")
    )
}

fn verify(dir: &Path, only: Option<&Branch>) -> Result<u8> {
    let mut out = std::io::stdout().lock();
    let found = export::verify(dir, only, &mut |problem| {
        let line = format!("{:<8}  {}", problem.kind.name(), problem.path);
        let line = match problem.detail.as_str() {
            "" => line,
            detail => format!("{line}  ({detail})"),
        };
        super::stdout_result(writeln!(out, "{}", printable(&line)))
    })?;
    for branch in &found.pending {
        say!("an export of {branch} was interrupted: its next run completes it");
    }
    let checked = format!(
        "{}, {}",
        counted(found.branches, "branch", "branches"),
        amounts(found.files, found.rows, found.bytes)
    );
    if found.problems > 0 {
        return Err(Trouble::new(
            Kind::Input,
            format!(
                "{}: {} in {checked}",
                dir.display(),
                counted(found.problems, "difference", "differences")
            ),
            "missing, changed: copy the file from the branch again; unlisted: move it away, or readers will read it; doubled: move every folder of the branch away, and copy all of its files again",
        ));
    }
    note!("no differences: {checked}");
    Ok(0)
}
