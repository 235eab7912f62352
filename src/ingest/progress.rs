//! Reports the progress of a large file, and asks whether it gives way.

/// Receives how much of a file has been judged.
pub trait Progress {
    /// A file of this many bytes begins.
    fn begin(&mut self, bytes: u64);

    /// So many of its bytes are judged and written.
    fn advance(&mut self, bytes: u64);

    /// It is done, or given up for now.
    fn end(&mut self);

    /// Whether a large file is to give way to others: it is taken back, and validated anew later.
    fn gives_way(&mut self) -> bool {
        false
    }
}

/// Reports nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn end(&mut self) {}
}
