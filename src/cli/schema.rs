//! `schema`: the request of an endpoint as a JSON Schema.

use std::io::Write;

use crate::catalog::Endpoint;
use crate::config::Home;
use crate::ingest::to_check_with;
use crate::schema::{self, Basis};
use crate::trouble::{Kind, Result, Trouble};

use crate::talk::say;

/// Arguments of `schema`.
#[derive(clap::Args)]
#[command(after_help = "\
The schema (2020-12) accepts whatever kycdrop accepts. What it cannot say is in
its x-notSaid and in docs/SCHEMA.md; `kycdrop check` says everything.

Examples:
  kycdrop schema batch-customers > batch-customers.schema.json
  kycdrop schema customer --codes > customer.schema.json")]
pub(super) struct Args {
    /// The endpoint: batch-customers, validate-batch-customers, customer or simplifiedcustomer
    #[arg(value_parser = super::endpoint)]
    endpoint: Endpoint,

    /// List the codes of the home's classifiers that are valid today; of the shipped ones if it has none
    #[arg(long)]
    codes: bool,
}

/// Prints the schema.
pub(super) fn schema(home: &Home, args: &Args) -> Result<u8> {
    let config = super::config_of(home)?;
    let set = match args.codes {
        false => None,
        true => {
            if !home.classifiers().exists() {
                say!("the home has no classifiers: the codes are those of the shipped ones");
            }
            let existing = super::history_if_any(home)?;
            Some(to_check_with(home, &config, existing.as_ref())?.0)
        }
    };
    let schema = schema::schema(Basis {
        endpoint: args.endpoint,
        multi_organization: config.multi_organization,
        classifiers: set.as_ref(),
    });
    let mut text = serde_json::to_vec_pretty(&schema)
        .map_err(|e| Trouble::new(Kind::Internal, format!("writing the schema: {e}"), ""))?;
    text.push(b'\n');
    super::stdout_result(std::io::stdout().lock().write_all(&text))?;
    Ok(0)
}
