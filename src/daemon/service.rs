//! Talking to systemd: ready, alive, ending. Does nothing where nobody listens.

use std::cell::Cell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The socket of whoever started this process as a service.
#[derive(Clone, Default)]
pub(super) struct Service(Rc<Inner>);

#[derive(Default)]
struct Inner {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How often the watchdog wants to hear something.
    every: Option<Duration>,
    last: Cell<Option<Instant>>,
}

impl Service {
    /// The service manager that the environment names, if it does.
    pub(super) fn from_environment() -> Service {
        let mut inner = Inner {
            socket: std::env::var_os("NOTIFY_SOCKET").and_then(|name| connect(&name)),
            ..Inner::default()
        };
        let ours =
            std::env::var("WATCHDOG_PID").map_or(true, |pid| pid == std::process::id().to_string());
        let micros = std::env::var("WATCHDOG_USEC").ok();
        if let Some(micros) = micros.and_then(|text| text.parse().ok())
            && ours
            && micros > 0
        {
            inner.every = Some(Duration::from_micros(micros) / 3);
        }
        Service(Rc::new(inner))
    }

    /// The longest time without a notification.
    pub(super) fn longest_silence(&self) -> Duration {
        self.0.every.unwrap_or(Duration::MAX)
    }

    /// Work has begun.
    pub(super) fn ready(&self) {
        self.send("READY=1");
    }

    /// Work continues. Called often; sent as often as the watchdog expects it.
    pub(super) fn alive(&self) {
        let Some(every) = self.0.every else { return };
        let now = Instant::now();
        if self.0.last.get().is_none_or(|last| now - last >= every) {
            self.0.last.set(Some(now));
            self.send("WATCHDOG=1");
        }
    }

    /// One line for people who ask the service manager.
    pub(super) fn status(&self, text: &str) {
        self.send(&format!("STATUS={}", crate::text::printable(text)));
    }

    /// The end comes.
    pub(super) fn stopping(&self) {
        self.send("STOPPING=1");
    }

    fn send(&self, message: &str) {
        if let Some((socket, address)) = &self.0.socket {
            let _ = socket.send_to_addr(message.as_bytes(), address);
        }
    }
}

fn connect(name: &OsStr) -> Option<(UnixDatagram, SocketAddr)> {
    let address = match name.as_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', rest @ ..] => {
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(rest).ok()?
        }
        _ => SocketAddr::from_pathname(name).ok()?,
    };
    let socket = UnixDatagram::unbound().ok()?;
    // A service manager that does not listen must not stop the work.
    socket.set_nonblocking(true).ok()?;
    Some((socket, address))
}
