//! The pages under docs that are generated or that name tests: they are current and true.

#[path = "../asking/mod.rs"]
mod asking;
#[path = "../common/mod.rs"]
mod common;

mod architecture;
mod exit_codes;
mod guide;
mod operations;
mod pages;
mod risk;
mod screening;
mod sql_page;
