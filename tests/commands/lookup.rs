//! `explain` finds what is asked for, by whatever people know of it.

use crate::asking;
use crate::common;

use asking::{a_wrong_batch, printed, refused};
use common::{Office, company, person, with};
use serde_json::{Value, json};

/// What a command says to people when it succeeds.
fn said(office: &Office, args: &[&str]) -> String {
    let output = office.run(args);
    assert!(output.status.success(), "{args:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Two offices' customers, accepted and rejected.
fn an_office() -> Office {
    let office = Office::new();
    let named = |id: &str, first: &str, last: &str| {
        with(person(id), json!({"firstName": first, "lastName": last}))
    };
    let wrong = json!({"riskLevel": "low"});
    office.batch(
        "first",
        &[
            named("1", "Rūta", "Žąsinaitė"),
            with(named("2", "Jonas", "Žąsinas"), wrong.clone()),
            with(company("3"), json!({"title": "UAB Gandras"})),
        ],
    );
    office.batch(
        "second",
        &[
            with(named("4", "Petras", "Kazlauskas"), wrong),
            with(
                named("1", "Rūta", "Žąsinaitė"),
                json!({"communicationNumber": "N-9", "action": "UPDATE"}),
            ),
        ],
    );
    office
}

#[test]
fn a_batch_is_found_by_every_name_that_its_files_have() {
    let office = a_wrong_batch();
    let by_number = printed(&office, &["explain", "1"]);
    let archived = office.files("watch-dir/archive").remove(0);
    let archived = office.at("watch-dir/archive").join(archived);
    let copy = office.at("copy of what was sent");
    std::fs::copy(&archived, &copy).expect("a copy");
    for name in [
        "last",
        "LAST",
        "wrong",
        "wrong.findings.csv",
        "wrong.findings.json",
        "wrong.rejected.json",
        "wrong.2.json",
        "watch-dir/inbox/batch-customers/wrong.json",
        "/elsewhere/wrong.json",
        "C:\\inbox\\wrong.json",
        &archived.to_string_lossy(),
        &copy.to_string_lossy(),
    ] {
        assert_eq!(printed(&office, &["explain", name]), by_number, "{name}");
    }
}

#[test]
fn the_second_response_of_a_name_belongs_to_its_own_batch() {
    let office = Office::new();
    for id in ["1", "2"] {
        office.drop(
            "batch-customers/x.json",
            json!({"customers": [person(id)]}).to_string(),
        );
        office.once();
    }
    for (name, batch) in [
        ("x~2.response.json", 2),
        ("x~2", 2),
        ("x.response.json", 1),
        ("x", 2),
        ("x~2.findings.csv", 2),
    ] {
        let out = printed(&office, &["explain", name]);
        assert!(out.starts_with(&format!("batch {batch} ")), "{name}: {out}");
    }
    assert_eq!(said(&office, &["explain", "x"]), "earlier: batch 1\n");
}

#[test]
fn a_worklist_with_the_number_of_its_batch_is_found() {
    let office = Office::new();
    for id in ["1", "2"] {
        let wrong = with(person(id), json!({"riskLevel": "low"}));
        office.drop(
            "batch-customers/x.json",
            json!({"customers": [wrong]}).to_string(),
        );
        office.once();
        let response = office.at("watch-dir/outbox/batch-customers/x.response.json");
        std::fs::remove_file(response).expect("fetched");
    }
    let second = "batch-customers/x~2.findings.csv";
    assert!(
        office
            .files("watch-dir/outbox")
            .contains(&second.to_owned())
    );
    let out = printed(&office, &["explain", second]);
    assert!(out.starts_with("batch 2 "), "{out}");
}

#[test]
fn a_file_that_was_changed_since_is_named_as_such() {
    let office = an_office();
    let file = office.write("first.json", "{}");
    let file = file.to_string_lossy();
    let out = printed(&office, &["explain", &file]);
    assert!(out.starts_with("batch 1 "), "{out}");
    assert!(said(&office, &["explain", &file]).contains("is not as it was in batch 1"));
    let new = office.write("new.json", "{}");
    let (code, said) = refused(&office, &["explain", &new.to_string_lossy()]);
    assert_eq!(code, Some(65));
    assert!(said.contains("kycdrop check"), "{said}");
}

#[test]
fn a_customer_is_found_by_ids_and_by_parts_of_the_name() {
    let office = an_office();
    for (asked, shown) in [
        (
            "X-2",
            "customer 2  Jonas Žąsinas  customerExtId X-2  communicationNumber N-2  rejected\n",
        ),
        ("N-2", "customer 2  Jonas Žąsinas  "),
        (
            "N-3",
            "customer 3  UAB Gandras  customerExtId X-3  communicationNumber N-3  accepted\n  nothing to fix\n",
        ),
        ("gandr", "customer 3  UAB Gandras  "),
        ("zasinas", "customer 2  Jonas Žąsinas  "),
        ("ŽĄSINAS jonas", "customer 2  Jonas Žąsinas  "),
        ("Kazlausk", "batch 2  "),
        // The newest request of a customer.
        (
            "X-1",
            "customer 2  Rūta Žąsinaitė  customerExtId X-1  communicationNumber N-9  accepted\n",
        ),
        (
            "ruta",
            "customer 2  Rūta Žąsinaitė  customerExtId X-1  communicationNumber N-9  accepted\n",
        ),
        (
            "N-1",
            "customer 1  Rūta Žąsinaitė  customerExtId X-1  communicationNumber N-1  accepted\n",
        ),
    ] {
        let out = printed(&office, &["explain", asked]);
        assert!(out.contains(shown), "{asked}: {out}");
    }
    let others = "the newest request of this customer; `kycdrop history X-1` shows all\n";
    for asked in ["X-1", "ruta"] {
        assert_eq!(said(&office, &["explain", asked]), others);
    }
}

#[test]
fn a_customer_that_was_only_validated_is_found_by_its_ids() {
    let office = Office::new();
    let body = json!({"customers": [person("1"), person("2")]});
    office.answer("validate-batch-customers", "v", &body);
    for asked in ["X-2", "N-2"] {
        let out = printed(&office, &["explain", asked]);
        assert!(
            out.contains("\ncustomer 2  customerExtId X-2 "),
            "{asked}: {out}"
        );
    }
}

#[test]
fn a_rejected_customer_without_an_id_is_found_by_the_name() {
    let office = Office::new();
    let nameless = with(
        company("2"),
        json!({"customerExtId": null, "communicationNumber": 7}),
    );
    office.batch("a", &[person("1"), nameless]);
    let out = printed(&office, &["explain", "pavyzdys"]);
    assert!(
        out.contains("\ncustomer 2  UAB Pavyzdys  communicationNumber 7  rejected\n"),
        "{out}"
    );
    let out = printed(&office, &["history", "pavyzdys"]);
    assert!(out.contains("`kycdrop explain 1 --customer 2`"), "{out}");
}

#[test]
fn several_customers_are_listed_with_the_command_that_explains_each() {
    let office = a_wrong_batch();
    let out = printed(&office, &["explain", "N-1"]);
    insta::assert_snapshot!(out);
    let office = an_office();
    let out = printed(&office, &["explain", "zasina", "--format", "json"]);
    let out: Value = serde_json::from_str(&out).expect("JSON");
    let hit = |i: usize| (&out["found"][i]["customer"], &out["found"][i]["position"]);
    assert_eq!(hit(0), (&json!(2), &json!(1)));
    assert_eq!(out["found"][1]["name"], "Jonas Žąsinas");
    assert_eq!(out["more"], false);
}

#[test]
fn many_customers_of_a_name_are_not_all_listed() {
    let office = Office::new();
    let customers: Vec<Value> = (0..25).map(|i| person(&i.to_string())).collect();
    office.batch("many", &customers);
    let out = printed(&office, &["explain", "petraite"]);
    assert!(
        out.starts_with("20 customers and more; a longer text finds fewer\n"),
        "{out}"
    );
}

#[test]
fn an_error_is_found_by_its_text() {
    let office = a_wrong_batch();
    let by_code = printed(&office, &["explain", "O005"]);
    for text in [
        &["CommunicationNumber already used in amlyze"][..],
        &["communicationnumber", "already", "used"],
        &["NUMBER already used in amlyze."],
    ] {
        let args: Vec<&str> = ["explain"].iter().chain(text).copied().collect();
        let out = printed(&office, &args);
        // Two codes have this text.
        assert!(out.starts_with(&by_code), "{text:?}: {out}");
        assert!(out.contains("\nO001  "), "{text:?}: {out}");
    }
    for both in [
        "O005  CommunicationNumber already used in amlyze",
        "O005: CommunicationNumber already used",
    ] {
        assert_eq!(printed(&office, &["explain", both]), by_code, "{both}");
    }
    let filled = "Problem with Address (index: 1 ). Country is mandatory and can't be empty";
    let out = printed(&Office::new(), &["explain", filled]);
    assert!(out.starts_with("Q004.ADR02  "), "{out}");
    let many = printed(&office, &["explain", "mandatory"]);
    assert!(
        many.ends_with("`kycdrop explain CODE` explains each.\n"),
        "{many}"
    );
}

#[test]
fn what_could_be_several_things_is_the_best_defined_one_and_the_others_are_named() {
    let office = Office::new();
    let named = |id: &str| {
        with(
            person("1"),
            json!({"customerExtId": id, "communicationNumber": id}),
        )
    };
    office.batch("O005", &[named("1")]);
    office.batch("2", &[with(named("O005"), json!({"riskLevel": "low"}))]);
    let out = printed(&office, &["explain", "1"]);
    assert!(out.starts_with("batch 1 "), "{out}");
    let hints = said(&office, &["explain", "1"]);
    assert!(
        hints.contains("a communicationNumber: add --as communicationNumber\n"),
        "{hints}"
    );
    assert!(
        hints.contains("a customerExtId: add --as customerExtId\n"),
        "{hints}"
    );
    let out = printed(&office, &["explain", "1", "--as", "customerExtId"]);
    assert!(
        out.contains("\ncustomer 1  Ona Petraitė  customerExtId 1 "),
        "{out}"
    );
    let out = printed(&office, &["explain", "O005"]);
    assert!(out.starts_with("O005  CommunicationNumber"), "{out}");
    for (kind, batch) in [
        ("file", 1),
        ("customerExtId", 2),
        ("communicationNumber", 2),
    ] {
        let out = printed(&office, &["explain", "O005", "--as", kind]);
        assert!(out.starts_with(&format!("batch {batch} ")), "{kind}: {out}");
    }
    // A number of a customer is of a batch.
    let out = printed(&office, &["explain", "O005", "--customer", "1"]);
    assert!(out.starts_with("batch 1 "), "{out}");
    let of_name = ["explain", "1", "--as", "name", "--customer", "1"];
    assert_eq!(refused(&office, &of_name).0, Some(65));
    let (code, said) = refused(&office, &["explain", "1", "--as", "customer"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("customerExtId, text, name"), "{said}");
}

#[test]
fn a_name_without_its_ending_is_an_id_before_it_is_a_file() {
    let office = Office::new();
    let named = |id: &str, ext_id: &str| {
        with(
            person("1"),
            json!({"customerExtId": ext_id, "communicationNumber": id}),
        )
    };
    office.batch("other", &[named("S-1", "X-1"), named("S-3", "S-2")]);
    office.batch("S-1", &[person("5")]);
    office.batch("S-2", &[person("6")]);
    for (asked, kind) in [("S-1", "a communicationNumber"), ("S-2", "a customerExtId")] {
        let out = printed(&office, &["explain", asked]);
        assert!(out.starts_with("batch 1 "), "{out}");
        let hints = said(&office, &["explain", asked]);
        assert!(
            hints.contains("this could also be a file name: add --as file\n"),
            "{hints}"
        );
        let file = format!("{asked}.json");
        let by_file = printed(&office, &["explain", &file]);
        assert!(by_file.contains(&file), "{by_file}");
        assert_eq!(
            printed(&office, &["explain", asked, "--as", "file"]),
            by_file
        );
        let path = format!("batch-customers/{asked}");
        assert_eq!(printed(&office, &["explain", &path]), by_file);
        assert!(!said(&office, &["explain", &file]).contains(kind));
    }
}

#[test]
fn what_is_not_found_is_said_with_what_was_looked_for_and_what_is_near() {
    let office = an_office();
    for (asked, near) in [
        ("frist.json", "did you mean first.json?"),
        ("inbox/secnod.json", "did you mean second.json?"),
        ("C016.I66", "did you mean C016.I06"),
        ("X-22", "did you mean X-2"),
        ("Kazluaskas", "did you mean Kazlauskas?"),
        ("secnod", "did you mean second?"),
        ("Kąžļūášķāšx", "did you mean Kazlauskas?"),
        (
            "X-2\u{200b}",
            "it contains a zero width space (U+200B) as character 4; did you mean X-2?",
        ),
        ("X-2\u{200b}", "nothing is found for X-2\\u{200b}, "),
        ("nothing-like-it", "`kycdrop status`"),
    ] {
        let (code, said) = refused(&office, &["explain", asked]);
        assert_eq!(code, Some(65));
        assert!(said.contains(near), "{asked}: {said}");
        let kinds = "may be a batch number, an error code, a file name, a communicationNumber, a customerExtId, an error text or a customer's name";
        assert!(said.contains(kinds), "{said}");
    }
    for nothing in [&["explain", ""][..], &["explain", " ", ""]] {
        let (code, said) = refused(&office, nothing);
        assert_eq!(code, Some(65));
        assert!(said.contains("WHAT is empty"), "{said}");
    }
    let (_, said) = refused(&office, &["explain", "X-2", "--as", "file"]);
    assert!(
        said.contains("nothing is found for X-2, which may be a file name"),
        "{said}"
    );
}

#[test]
fn a_search_that_takes_too_long_ends_and_says_so() {
    let office = Office::new();
    let wrong: Vec<Value> = (0..600)
        .map(|i| with(person(&i.to_string()), json!({"riskLevel": "low"})))
        .collect();
    office.batch("many", &wrong);
    let oldest = ["explain", "N-0", "--timeout", "1ns"];
    let (code, said) = refused(&office, &oldest);
    assert_eq!(code, Some(65));
    assert!(said.contains("--timeout 0 looks at all"), "{said}");
    let out = printed(&office, &["explain", "N-0", "--timeout", "0"]);
    assert!(out.contains("\ncustomer 1  Ona Petraitė"), "{out}");
}

#[test]
fn the_newest_customers_of_a_name_are_listed_accepted_or_not() {
    let office = Office::new();
    let wrong = |i: usize| with(person(&i.to_string()), json!({"riskLevel": "low"}));
    let customers: Vec<Value> = (0..25).map(wrong).collect();
    office.batch("wrong", &customers);
    office.batch("right", &[person("new")]);
    let out = printed(&office, &["explain", "petraite"]);
    let first = out.lines().nth(2).expect("a customer");
    assert!(first.contains("customerExtId X-new "), "{out}");
    assert!(out.starts_with("20 customers and more; "), "{out}");
}

#[test]
fn the_beginning_of_codes_stands_for_all_of_them() {
    let office = Office::new();
    let out = printed(&office, &["explain", "c016"]);
    for code in ["C016.I01  ", "C016.I06  "] {
        assert!(out.contains(code), "{out}");
    }
    assert!(!out.contains("C017."), "{out}");
    // A customer of this id is meant before them.
    let wrong = json!({"customerExtId": "C016", "riskLevel": "low"});
    office.batch("x", &[with(person("1"), wrong)]);
    let out = printed(&office, &["explain", "C016"]);
    assert!(out.starts_with("batch 1 "), "{out}");
}

#[test]
fn a_request_with_the_name_of_a_worklist_is_another_file_than_the_worklist() {
    let office = Office::new();
    let wrong = |id: &str| with(person(id), json!({"riskLevel": "low"}));
    office.batch("x", &[wrong("1")]);
    let names = ["x.findings.csv", "x.rejected.json", "x.response.json"];
    for (i, name) in names.iter().enumerate() {
        let body = json!({"customers": [wrong(&format!("{i}0"))]});
        office.drop(format!("batch-customers/{name}"), body.to_string());
        office.once();
    }
    for (i, name) in names.iter().enumerate() {
        let out = printed(&office, &["explain", name]);
        assert!(out.starts_with(&format!("batch {} ", i + 2)), "{out}");
        let answer = format!("watch-dir/outbox/batch-customers/{name}");
        let whole = office.at(&answer).to_string_lossy().into_owned();
        for path in [&answer, &whole] {
            let out = printed(&office, &["explain", path]);
            assert!(out.starts_with("batch 1 "), "{path}: {out}");
        }
        assert_eq!(said(&office, &["explain", &whole]), "", "{whole}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_not_unicode_is_found() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let office = Office::new();
    let name = OsStr::from_bytes(b"\xfe\xff.json");
    let inbox = office.at("watch-dir/inbox/batch-customers");
    std::fs::create_dir_all(&inbox).expect("a folder");
    let body = json!({"customers": [with(person("1"), json!({"riskLevel": "low"}))]});
    std::fs::write(inbox.join(name), body.to_string()).expect("the file is dropped");
    office.once();
    let output = office.command(&["explain"]).arg(name).output();
    let output = output.expect("the command runs");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.starts_with("batch 1 "), "{output:?}");
}
