//! Any bytes as the data of a screening list, or as its description: a list that is not refused has
//! entries, and each has an id and names.

#![no_main]

use std::io::{self, Cursor};

use kycdrop::lists::{Opened, read_list};
use kycdrop::screening::Folds;
use libfuzzer_sys::fuzz_target;

/// The first byte of the input chooses one of these, or the input is the description.
const FORMATS: &[&str] = &[
    "opensanctions-simple",
    "ftm",
    "senzing",
    "ofac",
    "un",
    "eu",
    "csv",
];

const TABLE: &[u8] = b"id,name\n1,Ona\n";

/// Between the two files of a list of OFAC, and at the end of each.
const MARK: u8 = 0x1a;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, data) = input;
    let day = "2026-11-20".parse().expect("a day");
    let first = data.iter().position(|byte| *byte == MARK);
    let (one, other) = data.split_at(first.map_or(data.len(), |at| at + 1));
    let (description, data) = match FORMATS.get(choice as usize % (FORMATS.len() + 1)) {
        Some(format) => {
            let (file, data) = match *format {
                "ofac" => ("[\"data\", \"other\"]", one),
                _ => ("\"data\"", data),
            };
            let head = "title = \"T\"\nprocess = \"PEP\"\n";
            (
                format!("{head}format = \"{format}\"\nfile = {file}\n"),
                data,
            )
        }
        None => {
            let text = String::from_utf8_lossy(data).into_owned();
            // What an institution knows of names lies beside its lists.
            let _ = Folds::of_toml(&text);
            (text, TABLE)
        }
    };
    let open = |name: &str| match name {
        "data" => Ok(data),
        "other" => Ok(other),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let list = read_list("x", &description, day, None, |name| {
        let bytes = Box::new(Cursor::new(open(name)?));
        Ok(Opened {
            bytes,
            written: day,
        })
    });
    match list.content {
        Ok(content) => {
            assert!(!content.entities.is_empty() && content.version.len() == 64);
            for entity in &content.entities {
                assert!(!entity.id.is_empty() && !entity.names.is_empty());
                assert!(entity.names.iter().all(|name| !name.text.trim().is_empty()));
            }
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty() && !refusal.remedy().is_empty()),
    }
});
