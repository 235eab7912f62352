//! `lists`: the screening lists, how each stands, and what is wrong with those that are refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::clock;
use crate::config::Home;
use crate::history::{Answer, Cell};
use crate::ingest::lists_of;
use crate::lists::{Lists, Refusal, Standing, read_folder};
use crate::talk::{note, say};
use crate::text::{counted, visible};
use crate::trouble::{Kind, Result};

use super::doctor::{Line, State, failed, line};
use super::output::{Format, Printer};

/// Arguments of `lists`.
#[derive(clap::Args)]
#[command(after_help = "\
Each list is read whole. One that is refused is not used, and nobody is \"no
match\" in its processes until it is put right. docs/LISTS.md says what belongs
into the folder. Exit codes: 0 all can be used, 78 one is refused.

Examples:
  kycdrop lists                   how the lists of the home stand
  kycdrop lists ~/new-lists       before installing them")]
pub(super) struct Args {
    /// The folder [default: lists in the home]
    dir: Option<PathBuf>,

    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

/// Reads and shows them.
pub(super) fn lists(home: &Home, args: &Args) -> Result<u8> {
    let folder = args.dir.clone().unwrap_or_else(|| home.lists());
    let lists = if args.dir.is_some() {
        read_folder(&folder, clock::utc_now().date_naive(), &BTreeMap::new())?
    } else if folder.exists() {
        of_home(home)?
    } else {
        note!(
            "there is no folder {}; docs/LISTS.md says what belongs there",
            folder.display()
        );
        Lists::default()
    };
    show(&lists, Printer::new(Format::or_default(args.format)))?;
    for (list, refusal) in lists.refused() {
        let what = refusal.to_string();
        say!(
            "{}: {}\n    {}",
            list.name,
            visible(&what),
            visible(&refusal.remedy())
        );
    }
    for file in &lists.undescribed {
        say!(
            "{}: no description mentions it, so it is not read",
            visible(file)
        );
    }
    let refused: Vec<&Refusal> = lists.refused().map(|(_, refusal)| refusal).collect();
    let usable = lists.all.len() - refused.len();
    let number = counted(usable as u64, "list", "lists");
    note!(
        "{number} to be used in {}, {} refused",
        folder.display(),
        refused.len()
    );
    Ok(match refused.is_empty() {
        true => 0,
        false if refused.iter().all(|refusal| refusal.may_pass()) => Kind::Busy as u8,
        false => Kind::Setup as u8,
    })
}

/// The lists of a home. One that lost more than a fifth of its entries is refused here as in work.
pub(super) fn of_home(home: &Home) -> Result<Lists> {
    match super::history_if_any(home)? {
        Some(history) => lists_of(&history, home),
        None => {
            let today = clock::utc_now().date_naive();
            read_folder(&home.lists(), today, &BTreeMap::new())
        }
    }
}

fn show(lists: &Lists, mut printer: Printer) -> Result<()> {
    let columns = [
        "list",
        "processes",
        "state",
        "entries",
        "names",
        "date",
        "age_days",
        "version",
        "title",
        "refused",
    ];
    printer.columns(&columns.map(str::to_owned))?;
    for standing in lists.standings() {
        printer.row(row(standing))?;
    }
    printer.end()
}

fn row(of: Standing) -> Vec<Cell> {
    let text = |text: Option<String>| text.map_or(Cell::Null, Cell::Text);
    let number = |n: Option<u64>| n.map_or(Cell::Null, |n| Cell::Integer(n as i64));
    let processes: Vec<&str> = of.processes.iter().map(|process| process.name()).collect();
    let state = if of.refused.is_some() {
        "refused"
    } else {
        "usable"
    };
    vec![
        Cell::Text(of.list),
        Cell::Text(processes.join(" ")),
        Cell::Text(state.to_owned()),
        number(of.entries),
        number(of.names),
        text(of.date.map(|date| date.to_string())),
        number(of.age_days.map(u64::from)),
        text(
            of.version
                .map(|hash| hash.get(..12).unwrap_or_default().to_owned()),
        ),
        Cell::Text(of.title),
        text(of.refused),
    ]
}

/// How the screening lists stand; no line where there is no folder of them.
pub(super) fn line_of_doctor(home: &Home) -> Option<Line> {
    let folder = home.lists();
    if !folder.exists() {
        return None;
    }
    let lists = match of_home(home) {
        Ok(lists) => lists,
        Err(e) => return Some(failed("lists", e)),
    };
    let found = lists.all.iter().map(|list| match &list.content {
        Ok(content) => format!("{}: {content}", list.name),
        Err(refusal) => format!("{} refused: {refusal}", list.name),
    });
    let found = match lists.all.is_empty() {
        true => "none".to_owned(),
        false => found.collect::<Vec<_>>().join("; "),
    };
    let (state, remedy) = match lists.refused().next() {
        Some(_) => (
            State::Fail,
            "`kycdrop lists` says how to put each right; until then nobody is \"no match\" there"
                .to_owned(),
        ),
        None if !lists.undescribed.is_empty() => (
            State::Warn,
            format!(
                "no description mentions {}, so it is not read: docs/LISTS.md",
                lists.undescribed.join(", ")
            ),
        ),
        None => (State::Ok, String::new()),
    };
    Some(line("lists", state, found, remedy))
}
