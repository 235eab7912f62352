//! The desk, asked as a browser asks it: pages, forms, and who is let in. tests/browser has what only a
//! browser shows.

#[path = "../common/mod.rs"]
mod common;

mod batch;
mod client;
mod drop;
mod guard;
mod process;
