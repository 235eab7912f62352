//! The desk, asked as a browser asks it: pages, forms, and who is let in. tests/browser has what only a
//! browser shows.

#[path = "../common/mod.rs"]
mod common;

#[path = "../asking/mod.rs"]
mod asking;

mod ask;
mod batch;
mod classifiers;
mod client;
mod customer;
mod decisions;
mod drop;
mod figures;
mod guard;
mod process;
