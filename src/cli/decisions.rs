//! `decisions`: the evaluations that wait for a person, or for a risk matrix, and the matches of screening.

use crate::config::Home;
use crate::history::{Answer, Cell, OpenEvaluation, OpenMatch, open_evaluations, open_matches};
use crate::talk::note;
use crate::text::counted;
use crate::trouble::Result;

use super::output::{Format, Printer};

/// Arguments of `decisions`.
#[derive(clap::Args)]
#[command(after_help = "\
The oldest first. `why` says why the matrix leaves it to a person. Without a
level no matrix has rated the customer, `why` says why not, and there is nothing
to decide yet.

Examples:
  kycdrop decisions
  kycdrop decisions --format csv > waiting.csv")]
pub(super) struct Args {
    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

const COLUMNS: [&str; 10] = [
    "communication_number",
    "customer_ext_id",
    "business_unit",
    "name",
    "process",
    "related",
    "since",
    "score",
    "level",
    "why",
];

/// Lists them, and says how to decide.
pub(super) fn decisions(home: &Home, args: &Args) -> Result<u8> {
    let conn = super::history_of(home)?;
    let mut printer = Printer::new(Format::or_default(args.format));
    printer.columns(&COLUMNS.map(str::to_owned))?;
    let (mut for_a_person, mut for_a_matrix) = (0, 0);
    open_evaluations(&conn, 0, |open| {
        match open.rating {
            Ok(_) => for_a_person += 1,
            Err(_) => for_a_matrix += 1,
        }
        printer.row(cells(open))?;
        Ok(true)
    })?;
    let mut matches = 0;
    open_matches(&conn, 0, |open| {
        if let Some(open) = open {
            matches += 1;
            printer.row(match_cells(open))?;
        }
        Ok(true)
    })?;
    printer.end()?;
    let evaluations = counted(for_a_person, "evaluation waits", "evaluations wait");
    let matches_wait = counted(
        matches,
        "match of screening waits",
        "matches of screening wait",
    );
    note!("{evaluations} for a person, {for_a_matrix} for a risk matrix\n{matches_wait}");
    if for_a_person > 0 {
        note!(
            "to decide: kycdrop decide NUMBER --accept|--reject --ground CODE --by NAME\n  `kycdrop classifiers show decisionGround` lists the codes of grounds"
        );
    }
    if matches > 0 {
        note!(
            "to decide on a match: kycdrop decide NUMBER --screening PROCESS [--related N]\n  --confirm|--dismiss --by NAME --reason TEXT"
        );
    }
    Ok(0)
}

fn match_cells(open: OpenMatch) -> Vec<Cell> {
    let text = |text: Option<String>| text.map_or(Cell::Null, Cell::Text);
    vec![
        Cell::Text(open.communication_number),
        Cell::Text(open.customer_ext_id),
        text(open.business_unit),
        Cell::Text(open.name),
        Cell::Text(open.process),
        open.related.map_or(Cell::Null, Cell::Integer),
        Cell::Text(open.since),
        Cell::Real(open.score),
        Cell::Null,
        Cell::Text(open.why),
    ]
}

fn cells(open: OpenEvaluation) -> Vec<Cell> {
    let text = |text: Option<String>| text.map_or(Cell::Null, Cell::Text);
    let (score, level, why) = match open.rating {
        Ok(rating) => {
            let reasons = rating.reasons.iter();
            let reasons: Vec<String> = reasons.map(|(r, about)| r.in_words(about)).collect();
            (
                Cell::Real(rating.score),
                Cell::Text(rating.level),
                reasons.join("; "),
            )
        }
        Err(why_not) => (Cell::Null, Cell::Null, why_not),
    };
    vec![
        Cell::Text(open.communication_number),
        Cell::Text(open.customer_ext_id),
        text(open.business_unit),
        text(open.name),
        Cell::Text("kyc_scoring".into()),
        Cell::Null,
        Cell::Text(open.since),
        score,
        level,
        Cell::Text(why),
    ]
}
