//! The command line: what each command reads, writes and says.

#[path = "../asking/mod.rs"]
mod asking;
#[path = "../common/mod.rs"]
mod common;
#[path = "../exporting/mod.rs"]
mod exporting;
#[path = "../faults/mod.rs"]
mod faults;
#[path = "../terminal/mod.rs"]
mod terminal;

mod asking_limits;
mod asking_sql;
mod check_files;
mod check_formats;
mod classifiers_command;
mod commands;
mod decide;
mod demo;
mod explain;
mod export;
mod export_trouble;
mod first_steps;
mod history_command;
mod home;
mod in_a_pipe;
mod lists;
mod lookup;
mod not_regular;
mod on_a_terminal;
mod own_targets;
mod pager;
mod pending;
mod read_only;
mod report;
mod report_figures;
mod risk;
mod risk_history;
mod schema;
mod screen;
mod screening_history;
mod settings;
mod sqlite3_command;
mod status;
