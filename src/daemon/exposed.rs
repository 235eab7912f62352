//! What others can read of a home, although it holds customers' data: reported at every start.

use std::path::PathBuf;

use crate::config::Home;

/// The paths below a home that others than the owner (and the group, if the home is shared with it)
/// can get at.
pub(super) fn exposed(home: &Home) -> Vec<PathBuf> {
    use crate::disk::with_ending;
    let database = home.database();
    let inbox = home.inbox();
    let mut all: Vec<PathBuf> = vec![
        with_ending(&database, "-wal"),
        with_ending(&database, "-shm"),
        database,
        home.work(),
        home.outbox(),
        home.archive(),
        home.failed(),
    ];
    all.extend(crate::catalog::inbox_folders().map(|name| inbox.join(name)));
    all.push(inbox);
    all.retain(|path| is_open(path));
    all
}

/// Whether somebody who is kept out may read this, and get there.
fn is_open(path: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let mode = |path: &std::path::Path| path.metadata().map_or(0, |m| m.mode());
    // The two classes that may be kept out: the group and everybody else.
    [0o070, 0o007].iter().any(|class| {
        let kept_out = crate::disk::kept_out() & class;
        let may_read = mode(path) & kept_out & 0o444 != 0;
        may_read
            && path
                .ancestors()
                .skip(1)
                .filter(|a| !a.as_os_str().is_empty())
                .all(|a| mode(a) & kept_out & 0o111 != 0)
    })
}

/// Says once at the start what others can read.
pub(super) fn warn(home: &Home) {
    let exposed = exposed(home);
    if !exposed.is_empty() {
        let list: Vec<_> = exposed
            .iter()
            .map(|p| {
                p.strip_prefix(&home.root)
                    .unwrap_or(p)
                    .display()
                    .to_string()
            })
            .collect();
        tracing::warn!(
            "others can read customers' data here: {}; remove the permission with `chmod go-rwx` (or `o-rwx` with share_with_group)",
            list.join(", ")
        );
    }
}
