//! The classifiers that ship with kycdrop, written out where a home has none yet.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

macro_rules! shipped {
    ($($name:literal)*) => {
        /// File name and text of every shipped classifier.
        pub const SHIPPED: &[(&str, &str)] = &[
            $((
                concat!($name, ".toml"),
                include_str!(concat!("../../classifiers/", $name, ".toml")),
            )),*
        ];
    };
}

shipped! {
    "accountType" "activityType" "addressType" "appealReasonType" "businessUnit" "country"
    "currency" "decisionGround" "incomeSourceType" "introductionSourceType" "legalForm"
    "operationType" "paymentPurposeType" "region" "relationType" "riskManagementCategory"
    "serviceType" "sourceOfWealth" "turnoverType"
}

/// Writes the shipped classifiers into a folder that holds no classifier yet. A folder with even
/// one is the institution's own and is left as it is: what is missing there is an error, since
/// nobody should be judged against values that the institution did not choose.
///
/// Returns whether it wrote them.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write_shipped(folder: &Path) -> io::Result<bool> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        if entry?.path().extension().is_some_and(|e| e == "toml") {
            return Ok(false);
        }
    }
    for (name, text) in SHIPPED {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(folder.join(name))?
            .write_all(text.as_bytes())?;
    }
    Ok(true)
}
