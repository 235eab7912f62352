//! `screen`: a name and files of names against lists, and what is said of each hit.

use crate::asking;
use crate::common;

use asking::{printed, refused};
use common::Office;

const LIST: &str = "\
id,schema,name,aliases,birth_date,countries
x-1,Person,Andrei Pavlovich Morozov,Андрей Павлович Морозов;Andrew Morozov,1970-05-17,ru
x-2,Company,Marlin Shipping GmbH,,,
x-3,LegalEntity,Bank of the Blue Lake,,,
x-4,Person,\"Haddad, Karim\",,1962;1963,sy
";

/// An office with a list in its home.
fn office() -> Office {
    let office = Office::new();
    office.once();
    std::fs::create_dir_all(office.at("lists")).expect("a folder");
    std::fs::write(office.at("lists/made-up.csv"), LIST).expect("a list");
    office
}

/// The path of a file in the office.
fn path(office: &Office, name: &str) -> String {
    office.at(name).to_string_lossy().into_owned()
}

/// The first three columns of each row.
fn hits(printed: &str) -> Vec<String> {
    let row = |line: &str| {
        line.splitn(4, [',', '\t'])
            .take(3)
            .collect::<Vec<_>>()
            .join(" ")
    };
    printed.lines().map(row).collect()
}

#[test]
fn a_name_is_found_and_explained() {
    let office = office();
    let name = "Morozovas Andrejus Pavlovičius";
    let rows = printed(&office, &["screen", name, "--dob", "1970-05-17"]);
    let head = "query_id,entity_id,score,list,name,names_score,born,countries,words,list_date,list_version";
    assert_eq!(rows.lines().next(), Some(head));
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert!(
        rows.contains("1,x-1,0.9") && rows.contains("made-up"),
        "{rows}"
    );
    assert!(rows.contains("morozovas = morozov"), "{rows}");
    let text = printed(
        &office,
        &["screen", name, "--country", "lt", "--format", "text"],
    );
    for said in [
        "x-1  Andrei Pavlovich Morozov",
        "% of the weight",
        "other countries",
    ] {
        assert!(text.contains(said), "{text}");
    }
    let none = office.run(&["screen", "Ona Kazlauskaitė"]);
    assert!(none.status.success());
    assert!(String::from_utf8_lossy(&none.stderr).contains("no match at 0.75 or above"));
}

#[test]
fn a_file_is_screened_in_its_order() {
    let office = office();
    let (csv_file, tsv_file) = (path(&office, "names.csv"), path(&office, "names.tsv"));
    let csv = "query_id,name,first,last,schema,dob,note\n\
               a,Karim Haddad,,,Person,,\n\
               b,,Ona,Kazlauskaitė,Person,,\n\
               c,,Karim,HADDAD,Person,1999-01-02,\n\
               d,\"Marlin Shipping, UAB\",,,Organization,,\n\
               e,Bank Blue Lake,,,Organization,,\n\
               f,Андрей Морозов,,,Person,,\n";
    std::fs::write(office.at("names.csv"), csv).expect("written");
    std::fs::write(
        office.at("names.tsv"),
        csv.replace("Marlin Shipping, UAB", "Marlin Shipping UAB")
            .replace(',', "\t")
            .replace('"', ""),
    )
    .expect("written");
    let found = hits(&printed(
        &office,
        &["screen", "--file", &csv_file, "--min-score", "0.3"],
    ));
    let ids: Vec<_> = found
        .iter()
        .map(|h| h.rsplit_once(' ').expect("a score").0)
        .collect();
    assert_eq!(
        ids,
        [
            "query_id entity_id",
            "a x-4",
            "c x-4",
            "d x-2",
            "e x-3",
            "f x-1"
        ]
    );
    assert_eq!(found[1], "a x-4 1.000");
    assert_eq!(found[3], "d x-2 1.000");
    let tabs = [
        "screen",
        "--file",
        &tsv_file,
        "--min-score",
        "0.3",
        "--format",
        "tsv",
    ];
    assert_eq!(hits(&printed(&office, &tabs)), found);
    let json = printed(
        &office,
        &[
            "screen",
            "--file",
            &csv_file,
            "--min-score",
            "0.3",
            "--format",
            "json",
        ],
    );
    let json: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json.len(), 5);
    assert_eq!(json[1]["entity_id"], "x-4");
    let nothing = printed(
        &office,
        &[
            "screen", "--file", &csv_file, "--best", "0", "--format", "json",
        ],
    );
    assert_eq!(
        serde_json::from_str::<Vec<serde_json::Value>>(&nothing)
            .expect("JSON")
            .len(),
        0
    );
}

#[test]
fn own_folds_lie_beside_the_lists() {
    let office = office();
    let screen = [
        "screen",
        "Karimkalns Haddad",
        "--min-score",
        "0.1",
        "--format",
        "csv",
    ];
    let before = printed(&office, &screen);
    std::fs::write(office.at("lists/folds.toml"), "[endings]\nkalns = 0.02\n").expect("written");
    assert_ne!(printed(&office, &screen), before);
    std::fs::write(office.at("lists/folds.toml"), "[endings]\nkalns = 7\n").expect("written");
    let (code, said) = refused(&office, &screen);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("folds.toml"), "{said}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let office = office();
    let (code, said) = refused(&office, &["screen", "X", "--lists", "nowhere"]);
    assert_eq!(code, Some(78));
    assert!(said.contains("there is no list in nowhere"), "{said}");
    std::fs::write(office.at("names.csv"), "name\nKarim\n").expect("written");
    let output = office.run(&[
        "screen",
        "--file",
        &office.at("names.csv").to_string_lossy(),
    ]);
    assert_eq!(output.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no column query_id"));
    assert_eq!(office.run(&["screen"]).status.code(), Some(2));
    assert_eq!(
        office
            .run(&["screen", "X", "--min-score", "2"])
            .status
            .code(),
        Some(2)
    );
}
