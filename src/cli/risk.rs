//! `risk`: the institution's risk matrices, tried out, and the evaluation of one request in words.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::catalog::{CUSTOMER, Endpoint};
use crate::classifier::{ClassifierFile, ClassifierSet};
use crate::clock;
use crate::config::Home;
use crate::daemon;
use crate::evaluate::{
    Case, Evaluation, MATRICES, Matrix, MatrixName, Refused, matrix_files, matrix_for,
    parse_matrix, read_matrices,
};
use crate::ingest::{Again, classifiers_of};
use crate::regular_file;
use crate::request::Tree;
use crate::talk::{note, say};
use crate::text::counted;
use crate::trouble::{Kind, Result, Trouble};
use crate::validate::{Judge, TextPool};

use super::output::{self, TextFormat};
use super::risk_check::{self, Tried};
use super::risk_page;
use super::risk_try;

/// Arguments of `risk`.
#[derive(clap::Args)]
#[command(after_help = "\
Only reevaluate saves anything. docs/RISK.md says how a matrix is written.

Examples:
  kycdrop risk check                         the matrices of the home, and their golden profiles
  kycdrop risk check new/retail.toml         one before it is put in place
  kycdrop risk explain request.json          the evaluation of a request, for an auditor
  kycdrop risk try new/retail.toml           what it would change among the customers
  kycdrop risk reevaluate                    evaluate them with a matrix that is new
  kycdrop risk explain --customer 3 --format json batch.json

Exit codes: 0 done, 65 a matrix has a problem or a finding, or a file is not a
request, 78 no matrix is for the category.")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try matrices: levels out of reach, factors that change nothing, band edges, golden profiles
    Check {
        /// Files of matrices, with their profiles in a folder profiles beside them [default: those of
        /// the home]
        files: Vec<PathBuf>,
    },
    /// Evaluate one request and say how the result comes about
    Explain {
        /// A request of the endpoint customer, or a batch; - reads stdin
        file: PathBuf,
        /// Which customer of a batch, from 1
        #[arg(long, value_name = "N", default_value_t = 1)]
        customer: usize,
        /// The matrix to use, instead of that of the home, also before the day on which it is valid
        #[arg(long, value_name = "FILE")]
        matrix: Option<PathBuf>,
        /// The output format
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextFormat,
    },
    /// Try a matrix on the standing customers of the history: who would move to another level
    Try {
        /// Files of matrices; customers of other categories are left out
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The output format
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextFormat,
    },
    /// Evaluate standing customers again who asked for it, with the matrices of the home
    #[command(after_help = REEVALUATE)]
    Reevaluate {
        /// Those too whom the matrices in use have rated already
        #[arg(long, conflicts_with = "unrated")]
        all: bool,
        /// Only those whom no matrix has rated
        #[arg(long)]
        unrated: bool,
    },
}

const REEVALUATE: &str = "\
Each gets a new evaluation with events of its own: under the communicationNumber of its
request if that has no events yet, else under reevaluation-N. What was decided stays as
it is until the new evaluation is decided. No other kycdrop may work on the home.";

impl Args {
    /// The file that the command is about.
    pub(super) fn file(&self) -> Option<&Path> {
        match &self.command {
            Command::Check { files } | Command::Try { files, .. } => {
                files.first().map(PathBuf::as_path)
            }
            Command::Reevaluate { .. } => None,
            Command::Explain { file, .. } => Some(file),
        }
    }
}

/// Checks matrices or explains an evaluation.
pub(super) fn risk(home: &Home, args: &Args) -> Result<u8> {
    let classifiers = classifiers_of(home)?;
    match &args.command {
        Command::Check { files } => check(home, files, &classifiers),
        Command::Try { files, format } => try_on_history(home, files, &classifiers, *format),
        Command::Reevaluate { all, unrated } => {
            let which = match (all, unrated) {
                (true, _) => Again::All,
                (_, true) => Again::Unrated,
                _ => Again::Changed,
            };
            reevaluate(home, which)
        }
        Command::Explain {
            file,
            customer,
            matrix,
            format,
        } => {
            let matrices = match matrix {
                Some(path) => matrix_files(std::slice::from_ref(path), &classifiers)?,
                None => of_home(home, &classifiers)?,
            };
            let today = clock::today();
            // One that is named is tried before its day.
            let day = match matrix {
                Some(_) => latest(&matrices, &today),
                None => &today,
            };
            let evaluator = Evaluator {
                matrices: &matrices,
                classifiers: &classifiers,
                day,
            };
            explain(home, (file, *customer), &evaluator, *format)
        }
    }
}

/// The matrices of a home; the shipped example where it has no folder for them.
fn of_home(home: &Home, classifiers: &[ClassifierFile]) -> Result<Vec<Matrix>, Refused> {
    let folder = home.risk();
    if folder.exists() {
        return read_matrices(&folder, classifiers);
    }
    say!("the home has no folder risk: this is the shipped example");
    let read = |(name, text): &(&str, &str)| parse_matrix(name, text, classifiers);
    MATRICES
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(Refused)
}

fn check(home: &Home, files: &[PathBuf], classifiers: &[ClassifierFile]) -> Result<u8> {
    let matrices = match files {
        [] => of_home(home, classifiers),
        files => matrix_files(files, classifiers),
    };
    // A file with a problem is a result of this command.
    let matrices = matrices.map_err(|e| match Trouble::from(e) {
        e if e.kind == Kind::Setup => Trouble {
            kind: Kind::Input,
            ..e
        },
        e => e,
    })?;
    let set = ClassifierSet::from_files(classifiers)?;
    let mut profiles: Vec<PathBuf> = match files {
        [] => vec![home.risk().join("profiles")],
        files => files.iter().map(|f| f.with_file_name("profiles")).collect(),
    };
    profiles.sort();
    profiles.dedup();
    let mut tried = Tried::default();
    matrices.iter().for_each(|matrix| tried.matrix(matrix));
    for folder in &profiles {
        risk_check::profiles(folder, (&matrices, &set), &mut tried)?;
    }
    output::print(&tried.text, TextFormat::Text)?;
    note!(
        "{}, {}: {}",
        counted(matrices.len() as u64, "matrix", "matrices"),
        counted(tried.profiles, "golden profile", "golden profiles"),
        match tried.findings {
            0 => "no findings".to_owned(),
            n => counted(n, "finding", "findings"),
        }
    );
    Ok(if tried.findings == 0 {
        0
    } else {
        Kind::Input as u8
    })
}

fn try_on_history(
    home: &Home,
    files: &[PathBuf],
    classifiers: &[ClassifierFile],
    format: TextFormat,
) -> Result<u8> {
    let matrices = matrix_files(files, classifiers)?;
    let set = ClassifierSet::from_files(classifiers)?;
    let conn = super::history_of(home)?;
    let today = clock::today();
    let trial = risk_try::trial(&conn, &matrices, (&set, latest(&matrices, &today)))?;
    let shown = match format {
        TextFormat::Json => output::json(&trial.page())?,
        TextFormat::Text => trial.text(),
    };
    output::print(&shown, format)?;
    Ok(0)
}

fn reevaluate(home: &Home, which: Again) -> Result<u8> {
    let config = super::config_of(home)?;
    let done = daemon::evaluate_again(home.clone(), config, which)?;
    note!(
        "{} evaluated again, {} of them decided by the matrix; {} left: no matrix is for their category",
        counted(done.evaluated, "customer", "customers"),
        done.decided,
        done.without_matrix
    );
    Ok(0)
}

/// What a request is evaluated with.
struct Evaluator<'e> {
    matrices: &'e [Matrix],
    classifiers: &'e [ClassifierFile],
    /// The day (`yyyy-MM-dd`) on which the matrices are asked.
    day: &'e str,
}

/// The first day from today on at which every matrix is valid.
pub(super) fn latest<'d>(matrices: &'d [Matrix], today: &'d str) -> &'d str {
    matrices
        .iter()
        .map(|m| &*m.name().valid_from)
        .fold(today, Ord::max)
}

fn explain(
    home: &Home,
    (file, number): (&Path, usize),
    evaluator: &Evaluator<'_>,
    format: TextFormat,
) -> Result<u8> {
    let bytes = read(file)?;
    let name = file.display();
    let not_a_request = |what: String| {
        let remedy = "`kycdrop check` says what is wrong with a request";
        Trouble::new(Kind::Input, format!("{name}: {what}"), remedy)
    };
    let text = std::str::from_utf8(&bytes).map_err(|e| not_a_request(e.to_string()))?;
    let text = nth_customer(text, number).map_err(not_a_request)?;
    let set = ClassifierSet::from_files(evaluator.classifiers)?;
    let config = super::config_of(home)?;
    let judge = Judge {
        endpoint: Endpoint::Customer,
        multi_organization: config.multi_organization,
        classifiers: &set,
    };
    let mut tree = Tree::new();
    read_customer(text, &mut tree).map_err(not_a_request)?;
    let judged = judge.judge(text, &mut tree, &mut TextPool::default());
    if !judged.findings.is_empty() {
        let findings = counted(judged.findings.len() as u64, "finding", "findings");
        note!(
            "the endpoint customer would reject this customer with {findings}; it is evaluated all the same"
        );
    }
    let case = Case::of(tree.root(text, &CUSTOMER), &set, &[]);
    let category = case.category();
    let matrix = matrix_for(evaluator.matrices, category, evaluator.day).map_err(|e| {
        let remedy = "the evaluation of such a request stays pending; docs/RISK.md says how a matrix gets its categories";
        Trouble::new(Kind::Setup, e.to_string(), remedy)
    })?;
    let evaluation = matrix.evaluate(case);
    let shown = match format {
        TextFormat::Json => output::json(&Explained {
            evaluation: &evaluation,
            matrix: matrix.name(),
        })?,
        TextFormat::Text => risk_page::text(&evaluation, matrix.name(), matrix.show),
    };
    output::print(&shown, format)?;
    Ok(0)
}

/// An evaluation with the matrix that made it.
#[derive(Serialize)]
struct Explained<'e> {
    #[serde(flatten)]
    evaluation: &'e Evaluation,
    matrix: &'e MatrixName,
}

fn read(file: &Path) -> Result<Vec<u8>> {
    /// The most bytes of a file: it is kept in memory.
    const MAX_BYTES: u64 = 1 << 30;
    let read = match file == Path::new("-") {
        true => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .take(MAX_BYTES)
                .read_to_end(&mut bytes)
                .map(|_| bytes)
        }
        false => regular_file::read(file, MAX_BYTES),
    };
    read.map_err(|e| {
        let remedy = "give the path of a request, or - for standard input";
        Trouble::new(
            Kind::Input,
            format!("{} cannot be read: {e}", file.display()),
            remedy,
        )
    })
}

#[derive(Deserialize)]
struct Batch<'b> {
    #[serde(borrow)]
    customers: Vec<&'b RawValue>,
}

/// The text of a customer of a batch, or of the only one.
fn nth_customer(text: &str, number: usize) -> Result<&str, String> {
    let text = text.trim_start_matches('\u{feff}');
    let Ok(batch) = serde_json::from_str::<Batch<'_>>(text) else {
        return match number {
            1 => Ok(text),
            _ => Err(format!(
                "there is no customer {number}: it is a single request"
            )),
        };
    };
    let customer = number.checked_sub(1).and_then(|i| batch.customers.get(i));
    let count = batch.customers.len() as u64;
    let none = || {
        format!(
            "there is no customer {number}: the file has {}",
            counted(count, "customer", "customers")
        )
    };
    customer.map(|c| c.get()).ok_or_else(none)
}

/// Reads one customer.
pub(super) fn read_customer(text: &str, tree: &mut Tree) -> Result<(), String> {
    match tree.read(text, &CUSTOMER) {
        Ok(true) => Ok(()),
        Ok(false) => Err("the customer is no object".into()),
        Err(fault) => Err(fault.to_string()),
    }
}
