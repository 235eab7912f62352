//! Power cuts, with a file system and a disk of the test's own: whatever the moment, what was on the
//! disk then is enough for every file to be answered once.
//!
//! It needs Linux, root, loop devices and `mkfs.ext4`, and runs only when asked to, for as many cuts:
//!
//! ```sh
//! TMPDIR=/dev/shm KYCDROP_POWER_LOSS=200 cargo test --test daemon power -- --nocapture
//! ```
//!
//! Without the variable it says that it did not run. `KYCDROP_POWER_FS=xfs` takes another file system; with `btrfs`
//! it fails now and then, because a file that was moved may have both names there after a cut, the one
//! that its sender wrote it under included (docs/INSTALL.md).
//!
//! The home lies on an *inner* file system, whose disk is a file of an *outer* file system, whose disk
//! is a file again. What the inner file system holds in memory only is not in the inner disk: a copy of
//! that is a power cut of a disk that keeps whatever it was sent. What the inner disk was sent and was
//! never told to flush lies in the memory of the outer file system, and is not in the outer disk: a
//! copy of that is a power cut of a disk that loses its cache. Both are done in turn. The copy is made
//! while kycdrop is dead at a fault point, or stopped (SIGSTOP) at a random moment; then it takes the
//! disk's place, is mounted, which replays its log, and work begins again.
//!
//! A system call in hand is ended before a stopped process stops, so that a cut falls between two of
//! them: inside of one only as far as the cache is lost.

#![cfg(all(target_os = "linux", debug_assertions))]

use crate::common;
use crate::faults;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{Office, WORKLIST, cannot_run, needs};
use faults::{Daemon, Dice, assert_each_answered_once, batch_of};
use kycdrop::fault::STEPS;
use rustix::process::{Pid, Signal, kill_process};

/// A new disk after so many cuts, so that first starts are cut too and the checks stay quick.
const CUTS_OF_A_DISK: u64 = 25;

fn tool(name: &str, args: &[&str], path: &Path) {
    let output = Command::new(name).args(args).arg(path).output();
    let output = output.unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(output.status.success(), "{name} {args:?}: {output:?}");
}

fn unmount(path: &Path) {
    tool("umount", &[], path);
}

fn mount(image: &Path, at: &Path) {
    let image = image.to_str().expect("text");
    tool("mount", &["-o", "loop,noatime", image], at);
}

/// What a disk has been sent so far, and what it is at: fields of `/sys/block/*/stat`.
fn sent_to(mounted: &Path) -> (String, String) {
    let table = fs::read_to_string("/proc/self/mounts").expect("the mounts");
    let at = mounted.to_str().expect("text");
    let line = table.lines().find(|l| l.split(' ').nth(1) == Some(at));
    let device = line.and_then(|l| l.split(' ').next()).expect("mounted");
    let device = device.strip_prefix("/dev/").expect("a device");
    let stat = fs::read_to_string(format!("/sys/block/{device}/stat")).expect("its figures");
    let field = |n| stat.split_whitespace().nth(n).expect("a figure").to_owned();
    (field(4), field(8))
}

/// Which disk the power is cut of.
#[derive(Clone, Copy, Debug)]
enum Loses {
    /// What was not sent to the disk.
    Memory,
    /// What the disk was not told to flush, too.
    Cache,
}

/// The two disks, the inner one mounted as an office's home.
struct Disk {
    folder: tempfile::TempDir,
    home: PathBuf,
    mounted: bool,
}

impl Disk {
    fn new(office: &Office) -> Disk {
        let kind = std::env::var("KYCDROP_POWER_FS").unwrap_or_else(|_| "ext4".into());
        let (args, megabytes): (&[&str], u64) = match kind.as_str() {
            // Nothing is left to be made in the background.
            "ext4" => (&["-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"], 40),
            "xfs" => (&["-q"], 310),
            _ => (&["-q"], 120),
        };
        let mut disk = Disk {
            folder: tempfile::tempdir().expect("a temporary folder"),
            home: office.path().to_path_buf(),
            mounted: false,
        };
        let outer = File::create(disk.outer()).expect("the outer disk");
        outer
            .set_len((megabytes + megabytes / 4 + 30) << 20)
            .expect("its size");
        tool(
            "mkfs.ext4",
            &["-q", "-E", "lazy_itable_init=0"],
            &disk.outer(),
        );
        fs::create_dir(disk.mounted_outer()).expect("a folder");
        mount(&disk.outer(), &disk.mounted_outer());
        // Every block is there from the beginning, so that what comes later takes its place.
        let mut inner = File::create(disk.inner()).expect("the inner disk");
        for _ in 0..megabytes {
            inner.write_all(&vec![0; 1 << 20]).expect("room");
        }
        tool(&format!("mkfs.{kind}"), args, &disk.inner());
        tool("sync", &["-f"], &disk.mounted_outer());
        mount(&disk.inner(), &disk.home);
        disk.mounted = true;
        disk
    }

    fn outer(&self) -> PathBuf {
        self.folder.path().join("outer.img")
    }

    fn mounted_outer(&self) -> PathBuf {
        self.folder.path().join("outer")
    }

    fn inner(&self) -> PathBuf {
        self.mounted_outer().join("inner.img")
    }

    fn copied(&self) -> PathBuf {
        self.folder.path().join("copy.img")
    }

    /// Copies a disk as it is at one moment. Nothing runs that would write to it, but the file
    /// systems do so now and then by themselves.
    fn copy(&self, loses: Loses) {
        let (disk, mounted) = match loses {
            Loses::Memory => (self.inner(), self.home.clone()),
            Loses::Cache => (self.outer(), self.mounted_outer()),
        };
        loop {
            let before = sent_to(&mounted);
            let from = disk.to_str().expect("text");
            tool("cp", &["--sparse=always", from], &self.copied());
            if before.1 == "0" && before == sent_to(&mounted) {
                return;
            }
        }
    }

    /// Puts the copy in the place of the disk, and mounts it.
    fn power_on(&mut self, lost: Loses) {
        unmount(&self.home);
        self.mounted = false;
        match lost {
            Loses::Memory => {
                let from = self.copied();
                let from = from.to_str().expect("text");
                // Into the blocks that are there.
                let args = ["--sparse=never", "--no-preserve=all", from];
                tool("cp", &args, &self.inner());
                tool("sync", &["-f"], &self.mounted_outer());
            }
            Loses::Cache => {
                unmount(&self.mounted_outer());
                fs::rename(self.copied(), self.outer()).expect("renamed");
                mount(&self.outer(), &self.mounted_outer());
            }
        }
        mount(&self.inner(), &self.home);
        self.mounted = true;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.home).output();
        }
        let outer = self.mounted_outer();
        let _ = Command::new("umount").arg("-l").arg(outer).output();
    }
}

/// How many customers a file has stands in its name: `p12-40`.
fn count_of(name: &str) -> usize {
    let (_, count) = name.split_once('-').expect("a count");
    count.parse().expect("a number")
}

/// Drops a file as a careful sender does: durable before it has its name, and with it.
fn drop_durably(office: &Office, name: &str) {
    let folder = office.at("watch-dir/inbox/batch-customers");
    fs::create_dir_all(&folder).expect("the inbox");
    let hidden = folder.join(format!(".{name}"));
    let mut file = File::create(&hidden).expect("a file");
    file.write_all(batch_of(name, count_of(name)).as_bytes())
        .expect("written");
    file.sync_all().expect("durable");
    fs::rename(hidden, folder.join(format!("{name}.json"))).expect("renamed into place");
    File::open(folder)
        .and_then(|f| f.sync_all())
        .expect("durable");
}

/// The answers and worklists that can be seen, with their bytes.
fn answers(office: &Office) -> BTreeMap<String, Vec<u8>> {
    let files = office.files("watch-dir/outbox").into_iter();
    files
        .filter_map(|f| {
            let bytes = fs::read(office.at("watch-dir/outbox").join(&f)).ok()?;
            Some((f, bytes))
        })
        .collect()
}

/// What can be seen after a cut is whole and stands in the history, before anybody mends anything.
fn assert_what_is_seen_is_recorded(office: &Office, when: &str) {
    let seen = answers(office);
    if seen.is_empty() {
        return;
    }
    // A copy: to look at it is to replay its log.
    let aside = tempfile::tempdir().expect("a temporary folder");
    for file in ["kycdrop.db", "kycdrop.db-wal"] {
        let _ = fs::copy(office.at(file), aside.path().join(file));
    }
    let history = rusqlite::Connection::open(aside.path().join("kycdrop.db")).expect("a history");
    for (name, bytes) in seen {
        let is_response = name.ends_with(".response.json");
        // A worklist goes first, and is durable with its response.
        let stem = WORKLIST.iter().find_map(|end| name.strip_suffix(end));
        let response = stem.map(|stem| format!("watch-dir/outbox/{stem}.response.json"));
        if response.is_some_and(|response| !office.at(response).exists()) {
            continue;
        }
        let whole = match name.ends_with(".csv") {
            true => bytes.ends_with(b"\r\n"),
            false => serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(),
        };
        assert!(whole, "{when}: {name} is not whole");
        if !is_response {
            continue;
        }
        let sql = "SELECT count(*) FROM batch WHERE response_file = ?1 AND status = 200";
        let rows: i64 = history
            .query_row(sql, [&name], |row| row.get(0))
            .expect("rows");
        assert_eq!(rows, 1, "{when}: {name} is answered and not recorded");
    }
}

/// `once` dies at a step, or ends.
fn cut_at_step(office: &Office, disk: &Disk, fault: &str, loses: Loses) {
    let output = office
        .command(&["once"])
        .env("KYCDROP_FAULT", format!("{fault}=kill"))
        .output()
        .expect("it runs");
    let died = output.status.signal() == Some(9);
    assert!(died || output.status.success(), "{fault}: {output:?}");
    disk.copy(loses);
}

/// The daemon is at work, and files come, when the power goes.
fn cut_while_it_works(
    office: &Office,
    disk: &Disk,
    dice: &mut Dice,
    loses: Loses,
    names: &mut Vec<String>,
) -> BTreeMap<String, Vec<u8>> {
    let mut daemon = Daemon::start(office, &[]);
    // Some are cut while they start.
    if dice.throw(4) > 0 {
        daemon.wait_for_log("kycdrop watches");
    }
    for _ in 0..dice.throw(3) {
        let name = format!("p{}-{}", names.len(), 1 + dice.throw(40));
        drop_durably(office, &name);
        names.push(name);
    }
    std::thread::sleep(Duration::from_micros(dice.throw(40_000)));
    assert!(daemon.runs(), "ended by itself: {}", daemon.log());
    let pid = Pid::from_raw(daemon.id() as i32).expect("a process");
    kill_process(pid, Signal::STOP).expect("a signal to our own child");
    let seen = answers(office);
    disk.copy(loses);
    daemon.kill();
    seen
}

#[test]
fn power_cuts_lose_and_double_nothing() {
    let Ok(wanted) = std::env::var("KYCDROP_POWER_LOSS") else {
        let reason = format!("{}: KYCDROP_POWER_LOSS is not set", needs::ASKED_FOR);
        cannot_run("power::power_cuts_lose_and_double_nothing", &reason);
        return;
    };
    let wanted: u64 = wanted.parse().expect("a number of cuts");
    let mut dice = Dice::of("KYCDROP_POWER_SEED");
    let mut cuts = 0;
    while cuts < wanted {
        cuts += one_disk(cuts, wanted.min(cuts + CUTS_OF_A_DISK), &mut dice);
    }
}

/// Cuts from this one up to that one, on one disk.
fn one_disk(first: u64, end: u64, dice: &mut Dice) -> u64 {
    let office = Office::new();
    let mut disk = Disk::new(&office);
    office.write(
        "kycdrop.toml",
        "settle = \"0s\"\nsettle_timeout = \"0s\"\nscan_interval = \"20ms\"\nthreads = 2\n",
    );
    fs::create_dir_all(office.at("watch-dir/inbox/batch-customers")).expect("the inbox");
    tool("sync", &["-f"], office.path());
    let mut names = Vec::new();
    for cut in first..end {
        let loses = [Loses::Memory, Loses::Cache][cut as usize % 2];
        for _ in 0..1 + dice.throw(4) {
            // Some go the parallel way.
            let count = match dice.throw(30) {
                0 => 900,
                n => n,
            };
            let name = format!("p{}-{count}", names.len());
            drop_durably(&office, &name);
            names.push(name);
        }
        let (when, seen) = if cut / 2 % 2 == 0 {
            let step = STEPS[(cut / 4) as usize % STEPS.len()];
            let fault = format!("{step}@{}", 1 + dice.throw(2));
            cut_at_step(&office, &disk, &fault, loses);
            (fault, answers(&office))
        } else {
            let seen = cut_while_it_works(&office, &disk, dice, loses, &mut names);
            ("at work".to_owned(), seen)
        };
        disk.power_on(loses);
        let when = format!("cut {cut}, {when}, loses {loses:?}");
        println!("{when}: {} of {} seen", answers(&office).len(), names.len());
        assert_what_is_seen_is_recorded(&office, &when);
        // Sometimes the next cut comes before anybody has mended what this one left.
        if dice.throw(3) == 0 && cut + 1 < end {
            continue;
        }
        office.once();
        assert_each_answered_once(&office, &names, count_of);
        let after = answers(&office);
        for (name, bytes) in seen {
            let same = after.get(&name) == Some(&bytes);
            assert!(same, "{when}: {name} was seen, and is another now");
        }
        for name in &names {
            let mut archived = office.files("watch-dir/archive").into_iter();
            let file = archived.find(|f| f.ends_with(&format!("/{name}.json")));
            let path = office.at("watch-dir/archive").join(file.expect("archived"));
            let same = fs::read(path).expect("read") == batch_of(name, count_of(name)).as_bytes();
            assert!(same, "{when}: {name} is another file now");
        }
    }
    println!("{end} cuts: {} files, each answered once", names.len());
    end - first
}
