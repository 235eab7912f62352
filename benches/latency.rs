//! How long the sender of a small file waits for its answer from a running daemon, and what the
//! daemon costs while it has nothing to do. Linux only: it reads the daemon's figures from /proc.
//!
//! ```sh
//! cargo bench --bench latency                                     # a file every 200 ms for 20 seconds
//! KYCDROP_SECONDS=1200 cargo bench --bench latency
//! KYCDROP_HELD=100000 cargo bench --bench latency                 # beside so many links in the inbox
//! ```
//!
//! A file is renamed into the inbox with `settle = "0s"`; its wait ends when its answer can be opened.

#[cfg(target_os = "linux")]
mod support;

#[cfg(target_os = "linux")]
mod linux {
    use std::error::Error;
    use std::fs;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use super::support::minimal;

    const EVERY: Duration = Duration::from_millis(200);
    const MAX_WAIT: Duration = Duration::from_secs(60);
    const IDLE: Duration = Duration::from_secs(20);

    /// A daemon that is killed when the bench ends, whatever way.
    struct Daemon(Child);

    impl Drop for Daemon {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    impl Daemon {
        /// Processor time so far: user and system.
        fn processor_time(&self) -> Result<Duration, Box<dyn Error>> {
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
            // The name in parentheses may hold anything; utime and stime are the 12th and 13th
            // fields after it, in hundredths of a second.
            let after = stat.rsplit(')').next().unwrap_or_default();
            let ticks = after.split_whitespace().skip(11).take(2).map(str::parse);
            let ticks: u64 = ticks.collect::<Result<Vec<u64>, _>>()?.iter().sum();
            Ok(Duration::from_millis(ticks * 10))
        }

        /// The most memory that it ever had, in kB.
        fn peak_memory(&self) -> Result<String, Box<dyn Error>> {
            let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
            let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
            Ok(line.unwrap_or_default().trim().to_owned())
        }
    }

    fn number(variable: &str, default: u64) -> u64 {
        let given = std::env::var(variable).ok();
        given.and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    fn wait_for(path: &Path) -> Result<(), Box<dyn Error>> {
        let begun = Instant::now();
        while fs::File::open(path).is_err() {
            if begun.elapsed() > MAX_WAIT {
                return Err(format!("{} did not come", path.display()).into());
            }
            sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    fn drop_file(home: &Path, no: u64) -> Result<Duration, Box<dyn Error>> {
        let customer = minimal().replace("0000000001", &format!("{no:010}"));
        let inbox = home.join("watch-dir/inbox/batch-customers");
        let (hidden, name) = (inbox.join(".dropping"), inbox.join(format!("{no}.json")));
        fs::write(&hidden, format!("{{\"customers\":[{customer}]}}"))?;
        let begun = Instant::now();
        fs::rename(&hidden, &name)?;
        let answer = format!("watch-dir/outbox/batch-customers/{no}.response.json");
        wait_for(&home.join(answer))?;
        Ok(begun.elapsed())
    }

    pub(crate) fn main() -> Result<(), Box<dyn Error>> {
        let (seconds, held) = (number("KYCDROP_SECONDS", 20), number("KYCDROP_HELD", 0));
        let folder = tempfile::tempdir()?;
        let home = folder.path();
        fs::write(home.join("kycdrop.toml"), "settle = \"0s\"\n")?;
        let inbox = home.join("watch-dir/inbox/batch-customers");
        fs::create_dir_all(&inbox)?;
        for i in 0..held {
            std::os::unix::fs::symlink("/nowhere", inbox.join(format!("held-{i}.json")))?;
        }
        let child = Command::new(env!("CARGO_BIN_EXE_kycdrop"))
            .arg("--home")
            .arg(home)
            .arg("run")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let daemon = Daemon(child);
        // The first answer comes when the daemon has started and looked once at everything.
        println!("first answer after {:?}", drop_file(home, 0)?);
        let (begun, worked) = (Instant::now(), daemon.processor_time()?);
        let mut waits = Vec::new();
        for no in 1.. {
            let due = EVERY * u32::try_from(no)?;
            if due.as_secs() >= seconds {
                break;
            }
            sleep(due.saturating_sub(begun.elapsed()));
            waits.push(drop_file(home, no)?);
        }
        waits.sort();
        let at = |share: f64| waits.get((waits.len() as f64 * share) as usize);
        let worked = daemon.processor_time()? - worked;
        println!(
            "{} files beside {held} held names: p50 {:?}, p99 {:?}, longest {:?}; processor {:.2} ms a file; peak {}",
            waits.len(),
            at(0.5).unwrap_or(&Duration::ZERO),
            at(0.99).unwrap_or(&Duration::ZERO),
            waits.last().unwrap_or(&Duration::ZERO),
            worked.as_secs_f64() * 1000.0 / waits.len().max(1) as f64,
            daemon.peak_memory()?
        );
        let before = daemon.processor_time()?;
        sleep(IDLE);
        let idle = daemon.processor_time()? - before;
        println!(
            "idle: {:.2} s of processor time a minute",
            idle.as_secs_f64() * 60.0 / IDLE.as_secs_f64()
        );
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("cannot run here: it reads the daemon's figures from Linux' /proc");
}
