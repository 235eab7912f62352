//! A look at a file that is not a request: what it is instead. It is asked only once the parser has
//! refused the file, so it decides nothing.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem;

use crate::invisible::{is_invisible, name_of};

use super::form::Form::{self, Answer, Document, NotStrict, Packed, Text};
use super::invalid::{InvalidKind, InvalidRequest};
use super::split::Body;

/// How much of the beginning and of the end of a file is looked at.
const ENDS: u64 = 64 << 10;

/// How much is looked at before and behind the fault.
const AROUND: u64 = 512;

/// What files of a kind begin with, or have at a place near their beginning.
const MAGIC: &[(usize, &[u8], Form)] = &[
    (0, b"%PDF-", Document("a PDF document")),
    (0, b"{\\rtf", Document("a text document (RTF)")),
    (0, b"SQLite format 3\0", Document("an SQLite database")),
    (0, b"PAR1", Document("a Parquet file")),
    (0, b"\x89PNG", Document("an image (PNG)")),
    (0, b"\xff\xd8\xff", Document("an image (JPEG)")),
    (0, b"GIF8", Document("an image (GIF)")),
    (0, b"II*\0", Document("an image (TIFF)")),
    (0, b"MM\0*", Document("an image (TIFF)")),
    (8, b"WEBP", Document("an image (WebP)")),
    (4, b"ftyp", Document("an image or a film")),
    (0, b"MZ\x90\0", Document("a program")),
    (0, b"\x7fELF", Document("a program")),
    (0, b"\x1f\x8b", Packed("compressed with gzip")),
    (0, b"BZh", Packed("compressed with bzip2")),
    (0, b"\xfd7zXZ\0", Packed("compressed with xz")),
    (0, b"\x28\xb5\x2f\xfd", Packed("compressed with Zstandard")),
    (0, b"\x04\x22\x4d\x18", Packed("compressed with LZ4")),
    (0, b"7z\xbc\xaf\x27\x1c", Packed("a 7-Zip archive")),
    (0, b"Rar!\x1a\x07", Packed("a RAR archive")),
    (0, b"MSCF\0", Packed("a cabinet archive")),
    (257, b"ustar", Packed("a tar archive")),
    (
        0,
        b"-----BEGIN ",
        Packed("an encrypted or signed message (PGP, PEM)"),
    ),
];

const EXCEL: Form = Document("an Excel workbook");
const WORD: Form = Document("a Word document");
const POWERPOINT: Form = Document("a PowerPoint presentation");

/// Words that other languages have as values.
const OTHER_WORDS: &[&str] = &[
    "NaN",
    "nan",
    "Infinity",
    "inf",
    "undefined",
    "True",
    "False",
    "None",
];

/// The columns that `findings.csv` begins with.
const FINDINGS: [&str; 3] = ["customer", "name", "customerExtId"];

/// What the values of a table are separated by.
const SEPARATED: &[(char, &str)] = &[
    (';', "a table of values separated by semicolons (CSV)"),
    ('\t', "a table of values separated by tabs (TSV)"),
    (',', "a table of values separated by commas (CSV)"),
    ('|', "a table of values separated by |"),
];

/// What a file is that was refused for this fault; None where its bytes do not show it, or where it
/// is only cut short.
///
/// # Errors
/// When it cannot be read.
pub fn form_of(
    mut file: impl Read + Seek,
    fault: &InvalidRequest,
    body: Body,
) -> io::Result<Option<Form>> {
    if fault.kind == InvalidKind::EndsEarly || fault.form.is_some() {
        return Ok(fault.form);
    }
    let size = file.seek(SeekFrom::End(0))?;
    let mut part = |from: u64, to: u64| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        let len = to.saturating_sub(from);
        file.by_ref().take(len).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let head = part(0, ENDS)?;
    let tail = part(size.saturating_sub(ENDS), size)?;
    if let Some(form) = of_bytes(&head, &tail).or_else(|| of_encoding(&head)) {
        return Ok(Some(form));
    }
    let text = String::from_utf8_lossy(&head);
    let at = fault.offset;
    let before = part(at.saturating_sub(AROUND), at)?;
    let behind = part(at, at.saturating_add(AROUND))?;
    let is_end = at.saturating_add(AROUND) >= size;
    Ok(of_text(&text, body).or_else(|| of_place(&before, &behind, is_end)))
}

/// Of a file that is not text.
fn of_bytes(head: &[u8], tail: &[u8]) -> Option<Form> {
    let is = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    if is(0, b"PK\x03\x04") || is(0, b"PK\x05\x06") || is(0, b"PK\x07\x08") {
        return Some(of_zip(head, tail));
    }
    if is(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Some(of_old_office(head, tail));
    }
    let known = MAGIC.iter().find(|(at, magic, _)| is(*at, magic));
    known.map(|(.., form)| *form)
}

/// Of a zip archive: office documents are such, and the names of what is inside tell them apart.
fn of_zip(head: &[u8], tail: &[u8]) -> Form {
    // The first entry of an OpenDocument is stored as it is.
    let open_document = [
        (
            &b"spreadsheet"[..],
            Document("a spreadsheet (OpenDocument)"),
        ),
        (&b"text"[..], Document("a text document (OpenDocument)")),
        (&b""[..], Document("an OpenDocument file")),
    ];
    let stored = b"mimetypeapplication/vnd.oasis.opendocument.";
    if let Some(of) = head.get(30..).and_then(|h| h.strip_prefix(stored)) {
        let known = open_document.iter().find(|(kind, _)| of.starts_with(kind));
        return known.map_or(Packed("a zip archive"), |(_, form)| *form);
    }
    let names = names_in_zip(tail).unwrap_or_default();
    let has = |folder: &[u8]| names.iter().any(|name| name.starts_with(folder));
    match () {
        () if has(b"xl/") => EXCEL,
        () if has(b"word/") => WORD,
        () if has(b"ppt/") => POWERPOINT,
        () => Packed("a zip archive"),
    }
}

/// The names in the directory at the end of a zip archive, as far as it is there.
fn names_in_zip(tail: &[u8]) -> Option<Vec<&[u8]>> {
    let end = memmem::rfind(tail, b"PK\x05\x06")?;
    let size = tail.get(end + 12..)?.first_chunk::<4>()?;
    let start = end.saturating_sub(u32::from_le_bytes(*size) as usize);
    let directory = tail.get(start..end)?;
    let name = |at: usize| {
        let entry = directory.get(at..)?;
        let len = u16::from_le_bytes(*entry.get(28..)?.first_chunk()?);
        entry.get(46..)?.get(..usize::from(len))
    };
    let entries = memmem::find_iter(directory, b"PK\x01\x02");
    Some(entries.filter_map(name).collect())
}

/// Of an office document as they were before 2007, or of an encrypted one.
fn of_old_office(head: &[u8], tail: &[u8]) -> Form {
    let has = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [head, tail]
            .iter()
            .any(|part| memmem::find(part, &name).is_some())
    };
    match () {
        () if has("EncryptedPackage") => Document("an Office document with a password"),
        () if has("Workbook") || has("Book") => EXCEL,
        () if has("WordDocument") => WORD,
        () => Document("an Office document of an old format"),
    }
}

/// Of text that is not UTF-8 from its first character on. A table in it is named as one.
fn of_encoding(head: &[u8]) -> Option<Form> {
    let plain = |b: u8| b.is_ascii_graphic() || b.is_ascii_whitespace();
    let (name, width, place) = match *head {
        [0xff, 0xfe, 0, 0, ..] => ("UTF-32 (little endian)", 4, 0),
        [0, 0, 0xfe, 0xff, ..] => ("UTF-32 (big endian)", 4, 3),
        [0xff, 0xfe, ..] => ("UTF-16 (little endian)", 2, 0),
        [0xfe, 0xff, ..] => ("UTF-16 (big endian)", 2, 1),
        [a, 0, 0, 0, ..] if plain(a) => ("UTF-32 without a byte order mark", 4, 0),
        [0, 0, 0, a, ..] if plain(a) => ("UTF-32 without a byte order mark", 4, 3),
        [a, 0, b, 0, ..] if plain(a) && plain(b) => ("UTF-16 without a byte order mark", 2, 0),
        [0, a, 0, b, ..] if plain(a) && plain(b) => ("UTF-16 without a byte order mark", 2, 1),
        _ => return None,
    };
    // What stands in ASCII is enough to see a table.
    let ascii = |unit: &[u8]| match unit.iter().filter(|b| **b != 0).count() {
        1 => char::from(unit.get(place).copied().unwrap_or(b'?')),
        _ => '?',
    };
    let text: String = head.chunks_exact(width).map(ascii).collect();
    match of_text(text.trim_start_matches('?'), Body::List) {
        Some(form @ Text(_)) => Some(form),
        _ => Some(Form::Encoding(name)),
    }
}

/// Of text that does not begin as a JSON object does.
fn of_text(text: &str, body: Body) -> Option<Form> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
    let start: String = text.chars().take(16).collect();
    let start = start.to_ascii_lowercase();
    let begins = |with: &[&str]| with.iter().any(|with| start.starts_with(with));
    let behind = text.get(1..).unwrap_or_default().trim_start();
    match text.chars().next()? {
        '{' => of_answer(behind),
        'c' if is_findings(text) => Some(Answer("a list of findings")),
        '[' if behind.starts_with(['{', ']']) => Some(Form::BareList(body)),
        '"' if behind.starts_with(['{', '[']) => Some(Form::JsonInText),
        '<' if begins(&["<!doctype html", "<html"]) => Some(Text("an HTML page")),
        '<' if behind.starts_with(|c: char| c.is_alphabetic() || matches!(c, '?' | '!')) => {
            Some(Text("XML"))
        }
        _ if begins(&["---", "%yaml", "customers:"]) => Some(Text("YAML")),
        _ => separated(text).map(Text),
    }
}

/// Whether a table begins with the columns of `findings.csv`.
fn is_findings(text: &str) -> bool {
    text.split([',', ';', '\t'])
        .take(FINDINGS.len())
        .eq(FINDINGS)
}

/// Of an object, by what is behind its brace.
fn of_answer(text: &str) -> Option<Form> {
    let is = |key: &str| text.starts_with(key);
    match () {
        () if is("\"batch\":") && text.contains("\"findings\":[") => {
            Some(Answer("a list of findings"))
        }
        () if is("\"results\":") || is("\"resultType\":") => Some(Answer("a response")),
        () => None,
    }
}

/// Of a table: its first two lines have as many values.
fn separated(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (first, second) = (lines.next()?, lines.next());
    let values = |line: &str, separator: char| {
        let mut quoted = false;
        let parts = line.chars().filter(|c| {
            quoted ^= *c == '"';
            !quoted && *c == separator
        });
        parts.count() + 1
    };
    // Excel takes such a line for itself.
    let (first, second) = match first.trim().strip_prefix("sep=") {
        Some(separator) => (separator, None),
        None => (first, second),
    };
    let is = |separator: char| {
        let several = values(first, separator) > 1;
        several
            && match second {
                Some(second) => values(second, separator) == values(first, separator),
                // Prose has commas too.
                None => !first.contains(' '),
            }
    };
    SEPARATED
        .iter()
        .find(|(c, _)| is(*c))
        .map(|(_, name)| *name)
}

/// Of what stands at the fault.
fn of_place(before: &[u8], behind: &[u8], is_end: bool) -> Option<Form> {
    let first = *behind.first()?;
    let ends = |b: &u8| matches!(b, 0 | 0x1a) || b.is_ascii_whitespace();
    if matches!(first, 0 | 0x1a) && is_end && behind.iter().all(ends) {
        return Some(Form::Ending(first));
    }
    let behind = match std::str::from_utf8(behind) {
        Err(e) if e.valid_up_to() == 0 && e.error_len().is_some() => {
            return Some(Form::CodePage(first));
        }
        _ => String::from_utf8_lossy(behind),
    };
    let before = String::from_utf8_lossy(before);
    let before = before.trim_end();
    let c = behind.chars().next()?;
    let word: &str = behind
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
        .next()?;
    Some(match c {
        _ if !c.is_alphanumeric() && name_of(c).is_some() => Form::Character(c),
        '}' | ']' if before.ends_with(',') => {
            NotStrict("a comma stands before the bracket that closes: remove the comma")
        }
        '\'' => NotStrict("a single quotation mark stands here: JSON has double ones only"),
        '/' | '#' => NotStrict("a comment stands here: JSON has no comments; remove it"),
        _ if OTHER_WORDS.contains(&word) => NotStrict(
            "NaN, Infinity, undefined, True, False or None stands here: JSON has numbers, true, false and null",
        ),
        _ if !word.is_empty() && behind.get(word.len()..)?.trim_start().starts_with(':') => {
            NotStrict("a key without quotation marks stands here: write it in double ones")
        }
        _ if c.is_alphanumeric() && ends_typographically(before) => NotStrict(
            "a text before this place ends with a typographic quotation mark: write straight ones; word processors replace them",
        ),
        _ => return None,
    })
}

/// Whether a text seems to end with a typographic quotation mark: one stands before what comes after
/// a text.
fn ends_typographically(before: &str) -> bool {
    let typographic = |c: char| matches!(c, '\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201a}');
    before.match_indices(typographic).any(|(at, mark)| {
        let behind = before.get(at + mark.len()..).unwrap_or_default();
        behind.trim_start().starts_with([',', ':', '}', ']'])
    })
}
