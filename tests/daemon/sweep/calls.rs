//! The system calls that can fail, how each does, and which of them a traced run made.

use std::collections::HashMap;

/// What can fail, and how. `retval=0` of a write: the disk took nothing, and said so.
///
/// What the standard library repeats until it works (EINTR) fails one time only.
pub(super) const CALLS: &[(&str, &[&str])] = &[
    (
        "openat",
        &[
            "EIO", "EACCES", "EMFILE", "ENOSPC", "EROFS", "ENOMEM", "EINTR",
        ],
    ),
    ("read", &["EIO", "EINTR"]),
    ("pread64", &["EIO"]),
    ("write", &["EIO", "ENOSPC", "EDQUOT", "EINTR", "retval=0"]),
    ("pwrite64", &["EIO", "ENOSPC", "retval=0"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("fdatasync", &["EIO", "ENOSPC"]),
    ("rename", &["EIO", "ENOSPC", "EACCES", "EROFS"]),
    ("renameat", &["EIO", "ENOSPC", "EACCES", "EROFS"]),
    ("renameat2", &["EIO", "ENOSPC", "EACCES", "EROFS"]),
    ("link", &["EIO", "ENOSPC"]),
    ("linkat", &["EIO", "ENOSPC"]),
    ("unlink", &["EIO", "EACCES", "EROFS"]),
    ("unlinkat", &["EIO", "EACCES", "EROFS"]),
    ("rmdir", &["EIO", "EACCES"]),
    ("mkdir", &["EIO", "ENOSPC", "EACCES", "EROFS"]),
    ("mkdirat", &["EIO", "ENOSPC", "EACCES", "EROFS"]),
    ("getdents64", &["EIO", "ENOMEM"]),
    ("statx", &["EIO", "EACCES"]),
    ("newfstatat", &["EIO", "EACCES"]),
    ("fstat", &["EIO"]),
    ("lseek", &["EIO"]),
    ("access", &["EIO", "EACCES"]),
    ("readlink", &["EIO", "EACCES"]),
    ("getcwd", &["ENOENT"]),
    ("flock", &["EINTR", "ENOLCK"]),
    ("fcntl", &["EAGAIN", "ENOLCK"]),
    ("ftruncate", &["EIO", "ENOSPC"]),
    ("fallocate", &["EIO", "ENOSPC"]),
    ("mmap", &["ENOMEM"]),
    ("statfs", &["EIO"]),
    ("fstatfs", &["EIO"]),
    ("fchmod", &["EIO", "EPERM", "EROFS"]),
    ("fchown", &["EIO", "EPERM"]),
    ("clone3", &["EAGAIN"]),
    ("socketpair", &["EMFILE"]),
    ("pipe2", &["EMFILE"]),
    ("eventfd2", &["EMFILE"]),
    ("inotify_init1", &["EMFILE"]),
    ("inotify_add_watch", &["ENOSPC", "EACCES"]),
    ("epoll_create1", &["EMFILE"]),
    ("epoll_ctl", &["ENOMEM", "ENOSPC"]),
    ("epoll_wait", &["EINTR"]),
    ("poll", &["EINTR"]),
    ("ppoll", &["EINTR"]),
    ("getrandom", &["EINTR"]),
];

/// How a call fails.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub call: &'static str,
    pub how: &'static str,
    number: usize,
    /// All after it fail as well.
    pub and_on: bool,
}

impl Fault {
    pub(super) fn name(&self, scene: &str) -> String {
        let on = if self.and_on { "+" } else { "" };
        format!("{scene}: {} {} {}{on}", self.call, self.how, self.number)
    }

    pub(super) fn option(&self) -> String {
        let how = match self.how.starts_with("retval") {
            true => self.how.to_owned(),
            false => format!("error={}", self.how),
        };
        let on = if self.and_on { "+" } else { "" };
        format!("--inject={}:{how}:when={}{on}", self.call, self.number)
    }
}

/// What can be made to fail of the calls in a trace.
pub(super) fn faults_of(trace: &str) -> Vec<Fault> {
    let mut made: HashMap<(&str, &str), usize> = HashMap::new();
    let mut before_main = HashMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let Some((call, _)) = call.trim_start().split_once('(') else {
            continue;
        };
        if call == "umask" && before_main.is_empty() {
            // The first thing that the program does.
            before_main = made.iter().map(|((_, call), n)| (*call, *n)).collect();
        }
        *made.entry((thread, call)).or_default() += 1;
    }
    let mut faults = Vec::new();
    for (call, ways) in CALLS {
        let first = before_main.get(call).copied().unwrap_or_default() + 1;
        let last = made
            .iter()
            .filter(|((_, made), _)| made == call)
            .map(|(_, n)| *n)
            .max();
        for number in first..=last.unwrap_or_default() {
            for how in *ways {
                for and_on in [false, true] {
                    // Whoever begins anew after EINTR would never end.
                    if !(and_on && *how == "EINTR") {
                        faults.push(Fault {
                            call,
                            how,
                            number,
                            and_on,
                        });
                    }
                }
            }
        }
    }
    faults
}
