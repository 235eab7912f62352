//! Files in, files and rows out: what is answered and what is kept.

#[path = "../common/mod.rs"]
mod common;
#[path = "../faults/mod.rs"]
mod faults;
#[path = "../schemas/mod.rs"]
mod schemas;

mod answers;
mod business_units;
mod classifier_files;
mod classifiers;
mod decisions;
mod dictionary;
mod evaluations;
mod event_files;
mod examples;
mod folders;
mod half_copied;
mod json_suite;
mod life;
mod migrations;
mod no_request;
mod rebuilt;
mod repeats;
mod rules;
mod samples;
mod screening;
mod shared_findings;
mod sums;
mod unfinished;
mod warnings;
mod what_it_is;
mod worklist;
