//! Random kills while files arrive: whatever the moment, every file is answered once and every
//! accepted customer is in the history once. A few seconds in an ordinary run;
//! `KYCDROP_SOAK_KILLS=1000 cargo test --test daemon soak -- --nocapture` for a long one.

use crate::common;
use crate::faults;

use std::time::{Duration, Instant};

use common::Office;
use faults::{Daemon, Dice, assert_each_answered_once, batch_of, wait_for};

/// How long an ordinary run takes about.
const SHORT: Duration = Duration::from_secs(12);

/// How many customers a file has stands in its name: `s12-40`.
fn count_of(name: &str) -> usize {
    let (_, count) = name.split_once('-').expect("a count");
    count.parse().expect("a number")
}

fn drop_one(office: &Office, name: &str) {
    let inbox = office.at("watch-dir/inbox/batch-customers");
    std::fs::create_dir_all(&inbox).expect("the inbox");
    let hidden = inbox.join(format!(".{name}"));
    std::fs::write(&hidden, batch_of(name, count_of(name))).expect("written");
    std::fs::rename(hidden, inbox.join(format!("{name}.json"))).expect("renamed into place");
}

/// How much longer a daemon lives. Some die while they start and finish what the one before left, most of
/// them at work.
fn lifetime(daemon: &mut Daemon, office: &Office, dropped: usize, dice: &mut Dice) -> Duration {
    match dice.throw(4) {
        0 => Duration::from_millis(20 + dice.throw(180)),
        _ => {
            daemon.wait_for_log("kycdrop watches");
            let answered = || office.answers().len();
            let before = answered();
            // A file that takes longer than a life would never be answered.
            if dice.throw(8) == 0 && before < dropped {
                wait_for("one more answer", || answered() > before);
            }
            Duration::from_millis(dice.throw(400))
        }
    }
}

/// Drops files at random moments.
fn drop_for(life: Duration, office: &Office, names: &mut Vec<String>, dice: &mut Dice) {
    let born = Instant::now();
    while born.elapsed() < life {
        if dice.throw(8) == 0 {
            // Mostly small ones; some go through the parallel way.
            let count = match dice.throw(40) {
                0 => 1200,
                n => 1 + n,
            };
            let name = format!("s{}-{count}", names.len());
            drop_one(office, &name);
            names.push(name);
        }
        std::thread::sleep(Duration::from_millis(1 + dice.throw(15)));
    }
}

#[test]
fn kills_at_random_moments_lose_and_double_nothing() {
    let wanted: Option<u64> = std::env::var("KYCDROP_SOAK_KILLS")
        .ok()
        .map(|text| text.parse().expect("a number of kills"));
    let mut dice = Dice::of("KYCDROP_SOAK_SEED");
    let office = Office::configured("scan_interval = \"20ms\"\nthreads = 2\n");
    let mut names = Vec::new();
    let (begun, mut kills, mut answered_before) = (Instant::now(), 0, 0);
    loop {
        let enough = match wanted {
            Some(wanted) => kills >= wanted,
            None => begun.elapsed() > SHORT,
        };
        if enough {
            break;
        }
        let mut daemon = Daemon::start(&office, &[]);
        let life = lifetime(&mut daemon, &office, names.len(), &mut dice);
        drop_for(life, &office, &mut names, &mut dice);
        assert!(daemon.runs(), "ended by itself: {}", daemon.log());
        daemon.kill();
        kills += 1;
        std::fs::remove_file(daemon.log_file()).expect("its log");
        if kills % 50 == 0 {
            let answered = office.answers().len();
            println!("{kills} kills, {} files, {answered} answered", names.len());
            assert!(answered >= answered_before, "an answer went");
            answered_before = answered;
        }
    }
    let mut last = Daemon::start(&office, &[]);
    last.wait_for_log("kycdrop watches");
    let state = || {
        let answered = office.answers().len();
        let done = answered >= names.len() && office.files("watch-dir/work").is_empty();
        (answered, done)
    };
    // As long as answers come, however slow the machine is.
    while let (before, false) = state() {
        wait_for("one more answer", || {
            let (answered, done) = state();
            answered > before || done
        });
    }
    assert!(last.stop().success(), "{}", last.log());
    assert_each_answered_once(&office, &names, count_of);
    println!("{kills} kills, {} files, each answered once", names.len());
}
