//! What the names in the outbox end with: those of responses, and of the worklists beside them.

use serde::Deserialize;

/// What the name of a response ends with.
pub(crate) const RESPONSE_ENDING: &str = ".response.json";

/// A file of the worklist, which says what is to be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum WorklistFile {
    /// A row for each finding, for spreadsheets.
    #[serde(rename = "findings.csv")]
    FindingsCsv,
    /// An object for each finding, for programs.
    #[serde(rename = "findings.json")]
    FindingsJson,
    /// A request with the rejected customers alone.
    #[serde(rename = "rejected.json")]
    RejectedJson,
}

impl WorklistFile {
    /// All of them.
    pub const ALL: [WorklistFile; 3] = [
        WorklistFile::FindingsCsv,
        WorklistFile::FindingsJson,
        WorklistFile::RejectedJson,
    ];

    /// Its own name, which is behind that of its file and a point: `x.findings.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            WorklistFile::FindingsCsv => "findings.csv",
            WorklistFile::FindingsJson => "findings.json",
            WorklistFile::RejectedJson => "rejected.json",
        }
    }

    /// Whether it is JSON.
    pub const fn is_json(self) -> bool {
        !matches!(self, WorklistFile::FindingsCsv)
    }
}
