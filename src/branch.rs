//! The name of a branch, as it is used in paths.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most characters of a name.
const MAX_CHARACTERS: usize = 64;

/// The name of a branch: ASCII letters, digits, `.`, `_` and `-`, beginning and ending with a letter
/// or a digit. Such a name needs no escaping in a path of the form `branch=NAME`, which readers do in
/// different ways.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Branch(String);

impl Branch {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of its folder below that of each table: `branch=NAME`.
    pub fn folder(&self) -> String {
        format!("branch={}", self.0)
    }

    /// The branch that a folder name states; None for any other name.
    pub fn of_folder(name: &str) -> Option<Branch> {
        name.strip_prefix("branch=")?.parse().ok()
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Branch {
    type Err = String;

    fn from_str(name: &str) -> Result<Branch, String> {
        let end = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = name.as_bytes();
        let valid = end(bytes.first())
            && end(bytes.last())
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
        // Readers take the text `null` for a missing value.
        if !valid || name.len() > MAX_CHARACTERS || name.eq_ignore_ascii_case("null") {
            return Err(format!(
                "\"{}\" is not a valid branch name: it becomes part of a path, so use 1 to \
                 {MAX_CHARACTERS} of a-z A-Z 0-9 . _ - with a letter or digit at both ends, such as vilnius-3 (but not null)",
                crate::text::printable(&crate::text::shortened(name, MAX_CHARACTERS))
            ));
        }
        Ok(Branch(name.to_owned()))
    }
}

impl TryFrom<String> for Branch {
    type Error = String;

    fn try_from(name: String) -> Result<Branch, String> {
        name.parse()
    }
}

impl From<Branch> for String {
    fn from(branch: Branch) -> String {
        branch.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_same_everywhere_is_a_name() {
        for name in ["vilnius", "007", "LT.vilnius_3-b", "7", &"x".repeat(64)] {
            assert_eq!(name.parse::<Branch>().map(|b| b.0).as_deref(), Ok(name));
        }
        let long = "x".repeat(65);
        let wrong = [
            "",
            ".",
            "..",
            "a/b",
            "../x",
            "a\\b",
            "-a",
            "a.",
            "_a",
            "a b",
            "Šiauliai",
            "a=b",
            "a%20b",
            "a*",
            "null",
            "NULL",
            "a\n",
            "\u{202e}a",
            long.as_str(),
        ];
        for name in wrong {
            let said = name.parse::<Branch>().expect_err(name);
            assert!(said.contains("such as") && !said.contains('\n'), "{said}");
        }
    }
}
