//! The daemon over time: kills, full disks, attacks, signals, and everything that it must outlive.

#[path = "../common/mod.rs"]
mod common;
#[path = "../faults/mod.rs"]
mod faults;

mod attack;
mod bombs;
mod daemon;
mod damage;
mod fairness;
mod flips;
mod footing;
mod held;
mod history_care;
mod in_work;
mod intake;
mod kills;
mod limits;
mod one_file;
mod overwritten;
mod pauses;
mod power;
mod rescreen;
mod secrets;
mod service;
mod signals;
mod soak;
mod stuck;
mod swapped;
mod sweep;
mod unreadable;
