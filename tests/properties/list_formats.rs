//! Screening lists: what each format says is read, and a file that is not whole or not what it says is
//! refused. No bytes bring a reader down.

use std::io::{self, Cursor};

use chrono::NaiveDate;
use kycdrop::lists::{Content, List, Opened, Previous, Refusal, read_list};
use kycdrop::screening::{Quality, Subject};
use proptest::prelude::*;

/// A file of a list: its name and its bytes.
type File<'f> = (&'f str, &'f [u8]);

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub(super) fn read(description: &str, files: &[File<'_>], before: Option<u64>) -> List {
    let before = before.map(|entries| Previous { entries });
    read_list(
        "x",
        description,
        day("2026-06-15"),
        before.as_ref(),
        |name| {
            let file = files.iter().find(|(there, _)| *there == name);
            let (_, bytes) = file.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            Ok(Opened {
                bytes: Box::new(Cursor::new(bytes.to_vec())),
                written: day("2026-06-10"),
            })
        },
    )
}

/// The shortest description of a format; a list `o` has two files.
pub(super) fn of(format: &str) -> String {
    let file = match format {
        "ofac" => "[\"f\", \"alt\"]",
        _ => "\"f\"",
    };
    format!("title = \"T\"\nprocess = \"SANCTIONS\"\nformat = \"{format}\"\nfile = {file}\n")
}

pub(super) fn content(list: List) -> Content {
    list.content.unwrap_or_else(|e| panic!("{e}"))
}

pub(super) fn refused(list: List) -> Refusal {
    match list.content {
        Ok(content) => panic!("{content}"),
        Err(refusal) => refusal,
    }
}

/// `id subject[names] born countries (remarks)` of every entry; a weak name has a `~`, an alias a `+`.
fn told(content: &Content) -> Vec<String> {
    let entry = |e: &kycdrop::screening::Entity| {
        let names = e.names.iter().map(|name| match name.quality {
            Quality::Primary => name.text.to_string(),
            Quality::Alias => format!("+{}", name.text),
            Quality::Weak => format!("~{}", name.text),
        });
        let subject = match e.subject {
            Subject::Person => "P",
            Subject::Organization => "O",
            Subject::Unknown => "?",
        };
        format!(
            "{} {subject}[{}] {} {} ({})",
            e.id,
            names.collect::<Vec<_>>().join("|"),
            e.birth_dates.join(","),
            e.countries.join(","),
            e.remarks.join("|")
        )
    };
    content.entities.iter().map(entry).collect()
}

const SIMPLE: &str = "\"id\",\"schema\",\"name\",\"aliases\",\"birth_date\",\"countries\",\"addresses\",\"identifiers\",\"sanctions\",\"phones\",\"emails\",\"dataset\",\"first_seen\",\"last_seen\",\"last_change\"\n\
\"q-1\",\"Person\",\"Ona  Medžiotė\",\"Медзёте, Она;Ona Medziote\",\"1961;1961-04-05\",\"lt;ru\",\"\",\"\",\"Programme \"\"A\"\"\",\"\",\"\",\"Made up\",\"2026-01-01T00:00:00\",\"2026-06-01T07:00:00\",\"\"\n\
\"q-2\",\"Vessel\",\"RŪTA\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\n\
\"q-3\",\"LegalEntity\",\"UAB Miglos, Krantas\",\"\",\"\",\"lt\",\"\",\"\",\"\",\"\",\"\",\"Made up\",\"\",\"2026-06-02T07:00:00\",\"\"\n";

const FTM: &str = r#"{"id":"k-1","caption":"Ona","schema":"Person","properties":{"name":["Ona Medžiotė","Она Медзёте"],"alias":["Ona M."],"weakAlias":["Oniukė"],"birthDate":["1961-04-05"],"nationality":["lt"],"country":["ru"],"topics":["sanction","role.pep"],"addressEntity":[{"id":"a","schema":"Address","properties":{"full":["Kelias 1"]}}]},"target":true,"last_seen":"2026-06-01T07:00:00"}
{"id":"a-1","schema":"Address","properties":{"full":["Kelias 1"]},"target":false}
{"id":"k-2","schema":"Company","properties":{"name":["Miglos Krantas"],"jurisdiction":["lt"],"topics":["debarment"]},"target":true}
{"id":"k-3","schema":"Person","properties":{"name":["Jonas Medžiotis"],"topics":["role.rca"]},"target":false}
"#;

const SENZING: &str = r#"{"DATA_SOURCE":"X","RECORD_ID":"s-1","RECORD_TYPE":"PERSON","NAMES":[{"NAME_TYPE":"PRIMARY","NAME_FULL":"Ona Medžiotė"},{"NAME_TYPE":"ALIAS","NAME_LAST":"Medziote","NAME_FIRST":"Ona"}],"RISKS":[{"TOPIC":"role.pep"}],"DATES":[{"DATE_OF_BIRTH":"1961"},{"DATE_OF_DEATH":"2020"}],"COUNTRIES":[{"NATIONALITY":"lt"}]}
{"RECORD_ID":"s-2","RECORD_TYPE":null,"NAMES":[{"NAME_TYPE":"PRIMARY","NAME_FULL":"Member of a council"}]}
{"RECORD_ID":"s-3","RECORD_TYPE":"ORGANIZATION","NAMES":[{"NAME_TYPE":"PRIMARY","NAME_ORG":"Miglos Krantas"}],"RISKS":[{"TOPIC":"sanction"}]}
"#;

const SDN: &str = "1,\"MEDZIOTE, Ona Jono\",\"individual\",\"PROG-A\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 05 Apr 1961; alt. DOB circa 1962; POB Vilnius; a.k.a. 'ONIUKE'; a.k.a. 'MEDZIOKLE, Onute'.\"\r\n\
2,\"MIGLOS KRANTAS, UAB\",-0- ,\"PROG-B\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\
3,\"RUTA\",\"vessel\",\"PROG-B\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\u{1a}";

const ALT: &str = "1,10,\"aka\",\"MEDZIOTIENE, Ona\",-0- \r\n2,11,\"fka\",\"MIGLOS UAB\",-0- \r\n3,12,\"aka\",\"RUTELE\",-0- \r\n\u{1a}";

pub(super) const UN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-06-01T00:00:09.554Z"><!-- made up -->
 <INDIVIDUALS><INDIVIDUAL><DATAID>7</DATAID><FIRST_NAME>ONA</FIRST_NAME><SECOND_NAME>MEDZIOTE &amp; CO</SECOND_NAME>
  <THIRD_NAME/><UN_LIST_TYPE>Made up</UN_LIST_TYPE><REFERENCE_NUMBER>MUi.001</REFERENCE_NUMBER>
  <NATIONALITY><VALUE>Lithuania</VALUE></NATIONALITY><NAME_ORIGINAL_SCRIPT>Она Медзёте</NAME_ORIGINAL_SCRIPT>
  <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Ona Jono; Onut&#279; Jono (Онуте)</ALIAS_NAME></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME><![CDATA[Oniuke]]></ALIAS_NAME></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1961-04-05</DATE></INDIVIDUAL_DATE_OF_BIRTH>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1963</FROM_YEAR><TO_YEAR>1964</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
 </INDIVIDUAL></INDIVIDUALS>
 <ENTITIES><ENTITY><DATAID>8</DATAID><FIRST_NAME>MIGLOS KRANTAS</FIRST_NAME><REFERENCE_NUMBER>MUe.001</REFERENCE_NUMBER>
  <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>MK</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>
"#;

const EU: &str = "\u{feff}fileGenerationDate;Entity_LogicalId;Entity_SubjectType;Entity_Regulation_Programme;NameAlias_LastName;NameAlias_FirstName;NameAlias_WholeName;BirthDate_BirthDate;BirthDate_Year;Citizenship_CountryIso2Code\r\n\
01/06/2026;13;P;MADE;Medžiotė;Ona;Ona Medžiotė;;;\r\n\
31/05/2026;13;P;MADE;Medziote;Ona;;;;\r\n\
2026-06-01T10:00:00.000+02:00;13;P;MADE;;;;1961-04-05;1961;LT\r\n\
2026-06-01T10:00:00.000+02:00;14;E;MADE;;;\"Miglos; Krantas\";;;00\r\n\
;;;;;;;;;\r\n";

pub(super) const OWN: &str = "id,name,aliases,birth_date,country,reason\n\
1,Ona Medžiotė,Ona Medziote; Onutė,5.4.1961,LT,\"forged papers,\nmade up\"\n\
2,Miglos Krantas,,,,\n";

/// Every format with the same two entries, as text.
pub(super) const ALL: &[(&str, &str)] = &[
    ("opensanctions-simple", SIMPLE),
    ("ftm", FTM),
    ("senzing", SENZING),
    ("ofac", SDN),
    ("un", UN),
    ("eu", EU),
    ("csv", OWN),
];

fn read_as(format: &str, bytes: &[u8]) -> List {
    read(&of(format), &[("f", bytes), ("alt", ALT.as_bytes())], None)
}

#[test]
fn each_format_says_its_entries() {
    let expected: [&[&str]; 7] = [
        &[
            "q-1 P[Ona Medžiotė|+Медзёте, Она|+Ona Medziote] 1961,1961-04-05 LT,RU (Programme \"A\"|Made up)",
            "q-3 ?[UAB Miglos, Krantas]  LT (Made up)",
        ],
        &[
            "k-1 P[Ona Medžiotė|Она Медзёте|+Ona M.|~Oniukė] 1961-04-05 LT,RU (sanction|role.pep)",
            "k-2 O[Miglos Krantas]  LT (debarment)",
        ],
        &[
            "s-1 P[Ona Medžiotė|+Ona Medziote] 1961 LT (role.pep)",
            "s-3 O[Miglos Krantas]   (sanction)",
        ],
        &[
            "1 P[Ona Jono MEDZIOTE|~ONIUKE|~Onute MEDZIOKLE|+Ona MEDZIOTIENE] 1961-04-05,1962  (PROG-A)",
            "2 O[MIGLOS KRANTAS, UAB|+MIGLOS UAB]   (PROG-B)",
        ],
        &[
            "MUi.001 P[ONA MEDZIOTE & CO|+Она Медзёте|+Ona Jono|+Onutė Jono|+Онуте|~Oniuke] 1961-04-05,1963,1964  (Made up)",
            "MUe.001 O[MIGLOS KRANTAS|+MK]   ()",
        ],
        &[
            "13 P[Ona Medžiotė|+Ona Medziote] 1961-04-05,1961 LT (MADE)",
            "14 O[Miglos; Krantas]   (MADE)",
        ],
        &[
            "1 ?[Ona Medžiotė|+Ona Medziote|+Onutė] 1961-04-05 LT (forged papers,\nmade up)",
            "2 ?[Miglos Krantas]   ()",
        ],
    ];
    for ((format, text), expected) in ALL.iter().zip(expected) {
        let content = content(read_as(format, text.as_bytes()));
        assert_eq!(told(&content), expected, "{format}");
        // Those that say no day are from the day on which their file was written.
        let date = match *format {
            "opensanctions-simple" => "2026-06-02",
            "senzing" | "ofac" | "csv" => "2026-06-10",
            _ => "2026-06-01",
        };
        assert_eq!(content.date, day(date), "{format}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    for (format, text) in ALL {
        let bytes = text.as_bytes();
        let whole = told(&content(read_as(format, bytes)));
        for end in 0..bytes.len() {
            let Ok(content) = read_as(format, &bytes[..end]).content else {
                continue;
            };
            let cut = &bytes[..end];
            let at_line = cut.ends_with(b"\n")
                || cut.ends_with(b"\r")
                || (*format == "ftm" || *format == "senzing") && cut.ends_with(b"}");
            let nothing_lost = told(&content) == whole;
            let seen_by_nobody = at_line && !matches!(*format, "un" | "ofac");
            assert!(nothing_lost || seen_by_nobody, "{format} cut at {end}");
        }
    }
    // The mark of its end tells that a file of aliases is whole.
    for end in 0..ALT.len() {
        let files = [("f", SDN.as_bytes()), ("alt", &ALT.as_bytes()[..end])];
        refused(read(&of("ofac"), &files, None));
    }
}

#[test]
fn what_is_not_the_format_is_refused_with_its_place() {
    let sdn = "1,\"X, Y\",individual,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n";
    for (format, text, said) in [
        (
            "csv",
            "name\nOna\n\"Jonas\n",
            "f:3: a quotation mark is not closed",
        ),
        (
            "csv",
            "name,reason\nOna\n",
            "f:2: has 1 columns instead of 2",
        ),
        (
            "csv",
            "nam,reason\nOna,x\n",
            "f:1: there is no column name: did you mean nam?",
        ),
        ("csv", "name;reason\nOna;x\n", "its columns are name;reason"),
        ("csv", "", "not even the names of its columns"),
        ("csv", "name\n", "no person or organisation is in it"),
        ("csv", "id,name\n,Ona\n", "f:2: an entry has no id"),
        ("csv", "id,name\n1,-\n", "f:2: an entry has no name"),
        (
            "csv",
            "name\nOna\n\u{1a}\nJonas\n",
            "f:4: something is behind the mark of the end",
        ),
        (
            "opensanctions-simple",
            OWN.split_once(',').expect("columns").1,
            "there is no column id",
        ),
        ("eu", SIMPLE, "there is no column Entity_LogicalId"),
        ("ftm", "[\n", "f:1: the JSON ends too early"),
        (
            "ftm",
            "{\"id\":\"x\",\"schema\":\"Person\",\"properties\":{\"name\":[\"X\"]}\n",
            "f:1: the JSON ends too early",
        ),
        (
            "ftm",
            "{\"op\":\"ADD\",\"entity\":{}}\n",
            "f:1: has the changes of a list",
        ),
        ("ftm", "{\"id\":\"x\"}\n", "f:1: is no entity"),
        ("ftm", SENZING, "f:1: is no entity"),
        (
            "senzing",
            FTM,
            "f:1: is not an entity in JSON: missing field `RECORD_ID`",
        ),
        (
            "senzing",
            "{\"RECORD_ID\":7}\n",
            "f:1: is not an entity in JSON",
        ),
        (
            "un",
            "<html></html>",
            "is not the list of the United Nations",
        ),
        (
            "un",
            "<CONSOLIDATED_LIST>&boom;</CONSOLIDATED_LIST>",
            "there is no entity &boom;",
        ),
        (
            "un",
            "<CONSOLIDATED_LIST><A></B></CONSOLIDATED_LIST>",
            "f: is not XML",
        ),
        (
            "un",
            "<CONSOLIDATED_LIST/><CONSOLIDATED_LIST/>",
            "is not the list of the United Nations",
        ),
        ("un", "", "is cut off"),
        ("ofac", ALT, "is not the file of the primary names"),
        (
            "ofac",
            &SDN.replace('\u{1a}', ""),
            "alt: of the files of the list some end with the mark",
        ),
        ("ofac", "1,2,3\n", "f:1: has 3 columns"),
        (
            "ofac",
            &format!("{sdn}\u{1a}"),
            "alt:2: speaks of entry 2, which",
        ),
    ] {
        let refusal = refused(read_as(format, text.as_bytes()));
        assert!(
            refusal.to_string().contains(said),
            "{format} {text:?}: {refusal}"
        );
        assert!(refusal.remedy().len() > 20, "{refusal}");
    }
    let mut latin = UN.as_bytes().to_vec();
    latin[UN.find("ONA").expect("a name")] = 0xe6;
    let refusal = refused(read_as("un", &latin)).to_string();
    assert!(refusal.starts_with("f: is not XML"), "{refusal}");
    for (bytes, said) in [
        (&b"name\nOn\xe6\n"[..], "f:2: is not UTF-8"),
        (b"\xff\xfen\0a\0", "is UTF-16"),
        (b"PK\x03\x04", "is packed"),
        (b"name\nOna\n\0\0\0\0\0\0\0\0", "f:3: an entry has no name"),
    ] {
        let refusal = refused(read_as("csv", bytes));
        assert!(refusal.to_string().contains(said), "{refusal}");
    }
    assert!(matches!(
        refused(read(&of("un"), &[], None)),
        Refusal::Missing { .. }
    ));
}

#[test]
fn old_files_of_ofac_are_latin_1_and_long_remarks_go_on() {
    let row = |remarks: &str| {
        format!(
            "1,\"N\u{dc}SS, Jos\u{e9}\",individual,P,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"{remarks}\"\n"
        )
    };
    let latin = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    let names = latin(&row("DOB 1960; a.k.a. 'PEPI'; a.k.a. 'PE"));
    let description = of("ofac").replace("\"alt\"", "\"alt\", \"add\", \"comments\"");
    let files: [File<'_>; 4] = [
        ("f", &names),
        ("alt", b"1,7,aka,\"NUSS, Jose\",-0- \n"),
        ("add", b"1,9,-0- ,Riga,Latvia,-0- \n"),
        ("comments", b"1,\"PITO'; Linked To: NOBODY.\"\n"),
    ];
    let content = content(read(&description, &files, None));
    assert_eq!(
        told(&content),
        ["1 P[José NÜSS|+Jose NUSS|~PEPI|~PEPITO] 1960  (P)"]
    );
}

#[test]
fn topics_choose_entries() {
    let chosen = |topics: &str, format: &str, text: &str| {
        let description = format!("{}topics = {topics}\n", of(format));
        let read = read(&description, &[("f", text.as_bytes())], None);
        let content = content(read);
        let ids: Vec<_> = content.entities.iter().map(|e| e.id.to_string()).collect();
        (ids.join(" "), content.left_out)
    };
    assert_eq!(chosen("\"sanction\"", "ftm", FTM), ("k-1".into(), 3));
    assert_eq!(
        chosen("[\"role.rca\", \"debarment\"]", "ftm", FTM),
        ("k-2 k-3".into(), 2)
    );
    assert_eq!(chosen("\"role.*\"", "ftm", FTM), ("k-1 k-3".into(), 2));
    assert_eq!(chosen("\"role.*\"", "senzing", SENZING), ("s-1".into(), 2));
}

#[test]
fn an_own_table_may_have_any_columns() {
    let description = of("csv")
        + "separator = \";\"\n[columns]\nname = [\"vardas\", \"Pavardė\"]\naliases = [\"kiti\", \"buvę\"]\nweak_aliases = \"pravardė\"\nschema = \"kas\"\n";
    let table =
        "vardas;pavardė;kiti;buvę;pravardė;kas\nOna;Medžiotė;A;B;C;person\n;Miglos;;;;company\n";
    let same = content(read(&description, &[("f", table.as_bytes())], None));
    let told_names = told(&same);
    let names: Vec<_> = told_names
        .iter()
        .map(|t| t.split_once(' ').expect("an id").1)
        .collect();
    assert_eq!(names, ["P[Ona Medžiotė|+A|+B|~C]   ()", "O[Miglos]   ()"]);
    // Without a column for it, the id of a row is that of its content.
    let other = table.replace("Ona;", "Rasa;");
    let other = told(&content(read(
        &description,
        &[("f", other.as_bytes())],
        None,
    )));
    assert_eq!(told_names[1], other[1]);
    assert_ne!(told_names[0].split(' ').next(), other[0].split(' ').next());
    let missing = refused(read(&description, &[("f", b"vardas;kiti\nOna;A\n")], None));
    assert!(
        missing.to_string().contains("f:1: there is no column kas"),
        "{missing}"
    );
}

fn any_format() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_bytes_bring_a_reader_down(
        (format, _) in any_format(),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        drop(read_as(format, &bytes));
    }

    #[test]
    fn no_change_of_a_file_brings_a_reader_down(
        (format, text) in any_format(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 1..5),
    ) {
        let mut bytes = text.as_bytes().to_vec();
        for (at, what, byte) in edits {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, *b"\"',;\n<>&{}[]()\x1a\xff".get(byte as usize % 16).unwrap_or(&0)),
                _ => drop(bytes.remove(at)),
            }
        }
        let list = read_as(format, &bytes);
        if let Ok(content) = list.content {
            prop_assert!(!content.entities.is_empty());
            prop_assert!(content.entities.iter().all(|e| !e.names.is_empty() && !e.id.is_empty()));
        }
    }

    #[test]
    fn no_text_brings_the_reading_of_descriptions_down(text in ".{0,200}", at in any::<prop::sample::Index>()) {
        drop(read(&text, &[], None));
        let base = of("csv");
        let lines: Vec<&str> = base.lines().collect();
        let mut lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        let at = at.index(lines.len());
        lines[at] = text;
        drop(read(&lines.join("\n"), &[("f", OWN.as_bytes())], None));
    }
}
