//! The findings of a batch as CSV, and the request to fix: what is put beside a response, at any time.

use std::fs::OpenOptions;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;

use rusqlite::Connection;

use crate::answer_name::WorklistFile;
use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::config::Home;
use crate::explain::{Explainer, Worklist, no_customer};
use crate::history::ask::{self, Batch};
use crate::ingest::thread_pool;
use crate::talk::say;
use crate::text::BYTE_ORDER_MARK;
use crate::trouble::{Kind, Result, Trouble, WriteError};

use super::output;

/// A batch, or the customer at this position of it.
pub(super) struct Part {
    pub(super) batch: Batch,
    pub(super) only: Option<u64>,
}

impl Part {
    /// Writes what was rejected to stdout, or to a new file.
    pub(super) fn write(
        &self,
        home: &Home,
        conn: &Connection,
        kind: WorklistFile,
        to: &Path,
    ) -> Result<()> {
        let batch = &self.batch;
        if batch.set_id.is_none() {
            return Err(Trouble::new(
                Kind::Input,
                format!(
                    "batch {} was not validated: it has no customers",
                    batch.batch_id
                ),
                format!(
                    "`kycdrop explain {}` shows what is wrong with the file",
                    batch.batch_id
                ),
            ));
        }
        let rejected = match self.only {
            Some(position) => match ask::judged(conn, batch.batch_id, position)? {
                Some(judged) => u64::from(judged.state == ask::State::Rejected),
                None => return Err(no_customer(batch, position)),
            },
            None => batch.rejected,
        };
        if rejected == 0 {
            say!("nothing to fix: nothing was rejected");
            // A table without rows is one; a request without customers is none.
            if kind == WorklistFile::RejectedJson {
                return Ok(());
            }
        }
        if to == Path::new("-") {
            return self.to_stdout(home, conn, kind);
        }
        let rules = Rules {
            home: Some(home),
            into_inbox: false,
            existing: Existing::Refuse,
            refusal: Kind::Input,
        };
        let file = AtomicFile::create(to, rules)?;
        let out = OpenOptions::new().write(true).open(file.content());
        let out = out.map_err(|e| file.to_error(&e))?;
        self.write_to(home, conn, kind, BufWriter::new(out))
            .map_err(|e| match e {
                WriteError::Trouble(e) => e,
                WriteError::Io(e) => file.to_error(&e),
            })?;
        file.finish()?;
        say!("wrote {}", to.display());
        Ok(())
    }

    fn to_stdout(&self, home: &Home, conn: &Connection, kind: WorklistFile) -> Result<()> {
        let mut stdout = std::io::stdout().lock();
        let mut text = Vec::new();
        let written = match stdout.is_terminal() {
            // It is not to be steered.
            true => self.write_to(home, conn, kind, &mut text),
            false => self.write_to(home, conn, kind, BufWriter::new(&mut stdout)),
        };
        drop(stdout);
        super::stdout_result(match written {
            Ok(()) => {
                let text = String::from_utf8_lossy(&text);
                // What spreadsheets need.
                let text = text.trim_start_matches(BYTE_ORDER_MARK);
                output::write_safely(&text.replace("\r\n", "\n"))
            }
            Err(WriteError::Io(e)) => Err(e),
            Err(WriteError::Trouble(e)) => return Err(e),
        })
    }

    fn write_to(
        &self,
        home: &Home,
        conn: &Connection,
        kind: WorklistFile,
        out: impl Write,
    ) -> Result<(), WriteError> {
        let config = super::config_of(home)?;
        let pool = thread_pool(config.threads)?;
        let worklist = Worklist {
            batch: &self.batch,
            explainer: &Explainer::new(conn, self.batch.set_id)?,
            pool: &pool,
            separator: config.csv_separator.byte(),
            only: self.only,
        };
        let mut files = [(kind, out)];
        worklist.write(conn, &mut files)?;
        let [(_, mut out)] = files;
        Ok(out.flush()?)
    }
}
