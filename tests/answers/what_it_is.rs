//! A file that is not a request says what it is, and what to do next: in the history, in the log, and in
//! `check`. The answer stays the 400 of the contract.

use crate::common;

use common::{Office, person, with};
use serde_json::json;

/// An archive with empty files of these names.
fn zip(names: &[&str], stored: &[u8]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (i, name) in names.iter().enumerate() {
        let content = if i == 0 { stored } else { b"" };
        let len = u16::try_from(name.len()).unwrap().to_le_bytes();
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend([[0; 11], [0; 11]].concat());
        bytes.extend([len, [0, 0]].concat());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend([0; 24]);
        directory.extend(len);
        directory.extend([0; 16]);
        directory.extend_from_slice(name.as_bytes());
    }
    let size = u32::try_from(directory.len()).unwrap();
    bytes.extend(directory);
    bytes.extend_from_slice(b"PK\x05\x06");
    bytes.extend([0; 8]);
    bytes.extend(size.to_le_bytes());
    bytes.extend([0; 6]);
    bytes
}

/// A text with so many bytes for each character.
fn wide(text: &str, width: usize, big: bool) -> Vec<u8> {
    let units: Vec<u32> = match width {
        2 => text.encode_utf16().map(u32::from).collect(),
        _ => text.chars().map(u32::from).collect(),
    };
    let bytes = units.into_iter().flat_map(|unit| match big {
        true => unit.to_be_bytes()[4 - width..].to_vec(),
        false => unit.to_le_bytes()[..width].to_vec(),
    });
    bytes.collect()
}

#[test]
fn what_is_taken_out_of_the_outbox_is_no_request() {
    let office = Office::configured("csv_separator = \";\"");
    let wrong = with(person("1"), json!({"riskLevel": "low"}));
    office.batch("x", &[wrong]);
    for (name, what) in [
        ("x.findings.csv", "a list of findings"),
        ("x.findings.json", "a list of findings"),
        ("x.response.json", "a response"),
    ] {
        let answer = office.at(format!("watch-dir/outbox/batch-customers/{name}"));
        let output = office.run(&["check", &answer.to_string_lossy()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{name}: {said}");
        let expected = format!("the file is {what} of kycdrop: correct the customers");
        assert!(said.contains(&expected), "{name}: {said}");
    }
    let fix = office.at("watch-dir/outbox/batch-customers/x.rejected.json");
    let output = office.run(&["check", &fix.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// Which file, its bytes, and what is said of it.
type Case = (&'static str, Vec<u8>, &'static str);

fn of_other_programs() -> Vec<Case> {
    let office = |name: &str| {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(512, 0);
        bytes.extend(wide(name, 2, false));
        bytes
    };
    let with = |start: &[u8]| [start, b"\0\0\0\x01 and more \xff"].concat();
    let mut tar = b"x.json".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar\x0000");
    let ods = b"application/vnd.oasis.opendocument.spreadsheet";
    vec![
        ("pdf", with(b"%PDF-1.7"), "a PDF document"),
        (
            "xlsx",
            zip(
                &["[Content_Types].xml", "docProps/app.xml", "xl/workbook.xml"],
                b"",
            ),
            "an Excel workbook",
        ),
        (
            "docx",
            zip(&["[Content_Types].xml", "word/document.xml"], b""),
            "a Word document",
        ),
        ("pptx", zip(&["ppt/presentation.xml"], b""), "a PowerPoint"),
        (
            "ods",
            zip(&["mimetype", "content.xml"], ods),
            "a spreadsheet (OpenDocument)",
        ),
        (
            "zip",
            zip(&["customers.json", "about xl/"], b"xl/"),
            "a zip archive: unpack",
        ),
        (
            "cut zip",
            zip(&["xl/workbook.xml"], b"")[..40].to_vec(),
            "a zip archive: unpack",
        ),
        ("xls", office("Workbook"), "an Excel workbook"),
        ("doc", office("WordDocument"), "a Word document"),
        (
            "locked",
            office("EncryptedPackage"),
            "an Office document with a password",
        ),
        ("msi", office("x"), "an Office document of an old format"),
        (
            "gzip",
            with(b"\x1f\x8b\x08"),
            "compressed with gzip: unpack",
        ),
        ("bzip2", with(b"BZh9"), "compressed with bzip2"),
        ("xz", with(b"\xfd7zXZ\0"), "compressed with xz"),
        (
            "zstd",
            with(b"\x28\xb5\x2f\xfd"),
            "compressed with Zstandard",
        ),
        ("7z", with(b"7z\xbc\xaf\x27\x1c"), "a 7-Zip archive"),
        ("rar", with(b"Rar!\x1a\x07\x01"), "a RAR archive"),
        ("tar", tar, "a tar archive"),
        ("pgp", b"-----BEGIN PGP MESSAGE-----\n".to_vec(), "decrypt"),
        ("png", with(b"\x89PNG\r\n"), "an image"),
        ("jpeg", with(b"\xff\xd8\xff\xe0"), "an image"),
        ("rtf", b"{\\rtf1 \"customers\"}".to_vec(), "RTF"),
        ("sqlite", with(b"SQLite format 3\0"), "an SQLite database"),
        ("parquet", with(b"PAR1"), "a Parquet file"),
        ("exe", with(b"MZ\x90\0"), "a program"),
    ]
}

fn other_text(one: &str) -> Vec<Case> {
    let text = |text: &str| text.as_bytes().to_vec();
    let table = "communicationNumber;firstName\n1;Ona\n2;\"Jonas; Petras\"\n";
    vec![
        (
            "xml",
            text("<?xml version=\"1.0\"?><customers/>"),
            "XML; kycdrop reads JSON only",
        ),
        ("html", text("\n<!DOCTYPE html><html>"), "an HTML page"),
        ("semicolons", text(table), "semicolons (CSV)"),
        ("commas", text("\u{feff}a,b,c\r\n1,2,3\r\n"), "commas (CSV)"),
        ("tabs", text("a\tb\n1\t2\n"), "tabs (TSV)"),
        ("of Excel", text("sep=;\r\na;b\r\n"), "semicolons (CSV)"),
        ("a head alone", text("firstName,lastName"), "commas (CSV)"),
        (
            "another code page",
            b"vardas;pavard\xeb\nOna;Petrait\xeb\n".to_vec(),
            "semicolons (CSV)",
        ),
        (
            "Unicode text",
            wide("\u{feff}vardas\tpavardė\r\nOna\tPetraitė\r\n", 2, false),
            "tabs (TSV)",
        ),
        ("yaml", text("customers:\n  - firstName: Ona\n"), "YAML"),
        (
            "ndjson",
            text(&format!("{one}\n{one}\n")),
            "JSON Lines, NDJSON",
        ),
        (
            "no brackets",
            text(&format!("{one},\n{one}\n")),
            "put the customers into one list",
        ),
        (
            "two requests",
            text(&format!("{{\"customers\":[{one}]}}\n{{\"customers\":[]}}")),
            "JSON Lines",
        ),
        (
            "a bare list",
            text(&format!(" [ {one}]")),
            "a bare list: wrap it as {\"customers\":[{…},…]}",
        ),
        (
            "a customer",
            text(one),
            "a single customer: drop it into customer, or wrap it",
        ),
        (
            "in capitals",
            text(&format!("{{\"Customers\":[{one}]}}")),
            "not {\"Customers\":[…]}",
        ),
        (
            "encoded twice",
            text(&json!(format!("{{\"customers\":[{one}]}}")).to_string()),
            "encoded twice",
        ),
        (
            "prose",
            text("Dear Sir, or Madam\nplease, find, attached"),
            "the request is not a JSON object",
        ),
    ]
}

fn other_encodings(whole: &str) -> Vec<Case> {
    let marked = format!("\u{feff}{whole}");
    let latin = whole.replace("Ona", "\u{1}").into_bytes();
    let latin = latin.iter().map(|b| if *b == 1 { 0xe0 } else { *b });
    vec![
        (
            "16le",
            wide(&marked, 2, false),
            "UTF-16 (little endian): save it as UTF-8",
        ),
        ("16be", wide(&marked, 2, true), "UTF-16 (big endian)"),
        (
            "16le bare",
            wide(whole, 2, false),
            "UTF-16 without a byte order mark",
        ),
        (
            "16be bare",
            wide(whole, 2, true),
            "UTF-16 without a byte order mark",
        ),
        ("32le", wide(&marked, 4, false), "UTF-32 (little endian)"),
        ("32be", wide(&marked, 4, true), "UTF-32 (big endian)"),
        (
            "32le bare",
            wide(whole, 4, false),
            "UTF-32 without a byte order mark",
        ),
        (
            "32be bare",
            wide(whole, 4, true),
            "UTF-32 without a byte order mark",
        ),
        (
            "latin",
            latin.collect(),
            "the byte 0xE0 is not UTF-8: the text is in another code page",
        ),
    ]
}

fn nearly_json(whole: &str) -> Vec<Case> {
    let changed = |from: &str, to: &str| whole.replacen(from, to, 1).into_bytes();
    let behind = |end: &str| format!("{whole}{end}").into_bytes();
    vec![
        ("NUL", behind("\0"), "NUL (0x00) stands at the end"),
        ("NULs", behind("\n\0\0\0"), "NUL (0x00) stands at the end"),
        (
            "Ctrl-Z",
            behind("\r\n\x1a"),
            "Ctrl-Z (0x1A) stands at the end",
        ),
        (
            "both",
            behind("\x1a\0\0"),
            "Ctrl-Z (0x1A) stands at the end",
        ),
        (
            "quotes of a key",
            changed("\"customers\"", "“customers”"),
            "typographic quotation mark (U+201C",
        ),
        (
            "quotes of a text",
            changed("\"Ona\"", "„Ona“"),
            "typographic quotation mark (U+201E",
        ),
        (
            "a closing quote",
            changed("\"Ona\"", "\"Ona”"),
            "ends with a typographic quotation mark",
        ),
        (
            "a no-break space",
            changed(":", ":\u{a0}"),
            "a no-break space (U+00A0) stands here",
        ),
        (
            "a zero width space",
            changed("[", "[\u{200b}"),
            "a zero width space (U+200B) stands here",
        ),
        (
            "two marks",
            format!("\u{feff}\u{feff}{whole}").into_bytes(),
            "zero width no-break space (U+FEFF)",
        ),
        (
            "single quotes",
            changed("\"Ona\"", "'Ona'"),
            "a single quotation mark",
        ),
        ("a comment", changed("[", "[ // all\n"), "a comment"),
        (
            "a comment before",
            format!("/* all */ {whole}").into_bytes(),
            "a comment",
        ),
        (
            "a comma in a list",
            changed("]}", ",]}"),
            "a comma stands before the bracket",
        ),
        (
            "a comma in an object",
            changed("}]", ",}]"),
            "a comma stands before the bracket",
        ),
        ("Python", changed("\"Ona\"", "None"), "NaN, Infinity"),
        ("not a number", changed("\"Ona\"", "NaN"), "NaN, Infinity"),
        ("infinite", changed("\"Ona\"", "-Infinity"), "NaN, Infinity"),
        (
            "a bare key",
            changed("\"customers\"", "customers"),
            "a key without quotation marks",
        ),
        (
            "a bare key inside",
            changed("\"firstName\"", "firstName"),
            "a key without quotation marks",
        ),
    ]
}

#[test]
fn a_file_that_is_no_request_says_what_it_is() {
    let office = Office::new();
    let one = person("1").to_string();
    let whole = json!({ "customers": [person("1")] }).to_string();
    let cases = [
        of_other_programs(),
        other_text(&one),
        other_encodings(&whole),
        nearly_json(&whole),
    ]
    .concat();
    for (name, bytes, _) in &cases {
        office.drop(format!("batch-customers/{name}.json"), bytes);
    }
    let output = office.run(&["once"]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    for (name, bytes, expected) in &cases {
        let row = office.rows(&format!(
            "SELECT status, customers, error FROM v_batch WHERE file_name = '{name}.json'"
        ));
        let error = row[0]["error"].as_str().expect(name);
        assert_eq!(
            (&row[0]["status"], &row[0]["customers"]),
            (&json!(400), &json!(0)),
            "{name}"
        );
        assert!(error.contains(expected), "{name}: {error}");
        assert!(
            error.starts_with("line ") && log.contains(error),
            "{name}: {error}"
        );
        for personal in ["Ona", "Petrait", "Jonas"] {
            assert!(!error.contains(personal), "{name}: {error}");
        }
        let path = office.write("checked.json", bytes);
        let said = office.run(&["check", path.to_str().unwrap()]);
        assert_eq!(said.status.code(), Some(65), "{name}");
        assert!(
            String::from_utf8_lossy(&said.stderr).contains(expected),
            "{name}"
        );
    }
}

#[test]
fn a_single_endpoint_says_what_else_came() {
    let office = Office::new();
    let one = person("1").to_string();
    for (name, body, expected) in [
        (
            "list",
            format!("[{one}]"),
            "all of them as {\"customers\":[{…},…]} into batch-customers",
        ),
        (
            "lines",
            format!("{one}\n{one}"),
            "drop each customer as a file of its own",
        ),
        (
            "batch",
            format!("{{\"customers\":[{one}]}}"),
            "a batch of customers: drop it into batch-customers",
        ),
    ] {
        for endpoint in ["customer", "simplifiedcustomer"] {
            office.drop(format!("{endpoint}/{name}.json"), &body);
            office.once();
            let row =
                office.rows("SELECT status, error FROM v_batch ORDER BY batch_id DESC LIMIT 1");
            assert_eq!(row[0]["status"], 400, "{name}");
            let error = row[0]["error"].as_str().expect(name);
            assert!(error.contains(expected), "{name}: {error}");
            let explained = office.run(&["explain", &format!("{name}.json")]);
            assert!(
                String::from_utf8_lossy(&explained.stdout).contains(expected),
                "{name}"
            );
            let path = office.write("checked.json", &body);
            let said = office.run(&["check", path.to_str().unwrap(), "--endpoint", endpoint]);
            assert!(
                String::from_utf8_lossy(&said.stderr).contains(expected),
                "{name}"
            );
        }
    }
    // What a customer may have besides is no batch.
    let mut with_more = person("2");
    with_more["customer"] = json!([]);
    office.answer("customer", "more", &with_more);
    let error = office.value("SELECT error FROM v_batch ORDER BY batch_id DESC LIMIT 1");
    assert_eq!(error, serde_json::Value::Null);
}

#[test]
fn a_single_customer_in_another_encoding_says_so() {
    let office = Office::new();
    let one = person("1").to_string();
    let mut cases = other_encodings(&one);
    cases.push(("NUL", format!("{one}\0").into_bytes(), "NUL (0x00)"));
    cases.push(("Ctrl-Z", format!("{one}\x1a").into_bytes(), "Ctrl-Z (0x1A)"));
    for (name, bytes, _) in &cases {
        office.drop(format!("customer/{name}.json"), bytes);
    }
    office.once();
    for (name, _, expected) in &cases {
        let sql = format!("SELECT error FROM v_batch WHERE file_name = '{name}.json'");
        let error = office.value(&sql);
        let error = error.as_str().expect(name);
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn what_stands_in_a_text_is_not_taken_for_what_the_file_is() {
    let office = Office::new();
    let accepted = json!({"customers": [with(person("1"), json!({
        "firstName": "„Ona“ // %PDF-1.7 <?xml?> NaN, \u{a0}'\u{1f600}\u{200b}",
    }))]});
    let text = format!("\u{feff}\r\n{accepted}\n");
    office.drop("batch-customers/sound.json", &text);
    // The fault is another one.
    let broken = text.replacen("\"customers\":[{", "\"customers\":[{]", 1);
    office.drop("batch-customers/broken.json", broken);
    office.drop("batch-customers/words.json", "Это не JSON");
    office.once();
    let rows = office.rows("SELECT status, error FROM v_batch ORDER BY file_name DESC");
    assert_eq!(
        rows[0]["error"],
        "line 1, column 1 (byte 0): the request is not a JSON object"
    );
    assert_eq!(
        (&rows[1]["status"], &rows[1]["error"]),
        (&json!(200), &json!(null))
    );
    let error = rows[2]["error"].as_str().expect("an error");
    assert!(error.contains("key must be a string"), "{error}");
}
