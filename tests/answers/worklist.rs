//! The worklist beside a response: what is to be fixed, and the request with it.

use serde_json::{Value, json};

use crate::common::{Office, WORKLIST, company, person, with};

fn read(office: &Office, name: &str) -> String {
    let path = office.at(format!("watch-dir/outbox/{name}"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn findings(office: &Office, name: &str) -> Vec<Value> {
    let text = read(office, &format!("{name}.findings.json"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all["findings"].as_array().expect("findings").clone()
}

/// The rows of a CSV file, the header too.
fn rows(office: &Office, name: &str) -> Vec<Vec<String>> {
    let text = read(office, &format!("{name}.findings.csv"));
    let text = text.strip_prefix('\u{feff}').expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).from_reader(text.as_bytes());
    let record = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader.records().map(|r| record(r.expect("CSV"))).collect()
}

/// A file of 300 customers, 29 of which have one or two errors.
fn three_hundred(corrected: bool) -> Value {
    let customer = |i: usize| {
        let one = person(&format!("W-{i}"));
        match i % 10 {
            3 if !corrected => with(
                one,
                json!({"citizenshipCountry": "LTU", "riskLevel": "HUGE"}),
            ),
            _ if i == 299 && !corrected => with(one, json!({"firstName": null})),
            _ => one,
        }
    };
    json!({"customers": (0..300).map(customer).collect::<Vec<_>>()})
}

#[test]
fn from_a_rejected_file_to_a_corrected_one_in_two_steps() {
    let office = Office::new();
    office.drop("batch-customers/x.json", three_hundred(false).to_string());
    office.once();
    // Open the list: every finding of every customer to fix, in the order of the file.
    let list = rows(&office, "batch-customers/x");
    assert_eq!(list.len(), 1 + 30 * 2 + 1, "{list:?}");
    assert_eq!(list[1][0], "4", "the fourth customer");
    assert_eq!(list.last().expect("a row")[0], "300");
    assert_eq!(findings(&office, "batch-customers/x").len(), 61);

    // Drop the corrected file.
    office.drop("batch-customers/x.json", three_hundred(true).to_string());
    office.once();
    let batch =
        &office.rows("SELECT accepted, repeated, rejected FROM v_batch WHERE batch_id = 2")[0];
    let counts = ["accepted", "repeated", "rejected"].map(|name| batch[name].clone());
    assert_eq!(counts, [json!(300), json!(269), json!(0)]);
    let new = office.files("watch-dir/outbox");
    let new: Vec<&str> = new
        .iter()
        .map(String::as_str)
        .filter(|name| name.contains('~'))
        .collect();
    assert_eq!(
        new,
        ["batch-customers/x~2.response.json"],
        "nothing is to be fixed"
    );
}

#[test]
fn the_rejected_customers_can_be_corrected_and_dropped_by_themselves() {
    let office = Office::new();
    office.drop("batch-customers/x.json", three_hundred(false).to_string());
    office.once();
    let to_fix = read(&office, "batch-customers/x.rejected.json");
    assert!(
        to_fix.contains("\n  \"citizenshipCountry\": \"LTU\""),
        "a line each: {to_fix}"
    );
    let mut to_fix: Value = serde_json::from_str(&to_fix).expect("JSON");
    for customer in to_fix["customers"].as_array_mut().expect("customers") {
        *customer = with(
            customer.take(),
            json!({"citizenshipCountry": "LT", "riskLevel": "LOW", "firstName": "Ona"}),
        );
    }
    office.drop("batch-customers/x.rejected.json", to_fix.to_string());
    office.once();
    let sql =
        "SELECT accepted || ' ' || repeated || ' ' || rejected FROM v_batch WHERE batch_id = 2";
    assert_eq!(office.value(sql), "31 0 0");
    assert_eq!(office.value("SELECT count(*) FROM assessment"), 300);
}

#[test]
fn a_row_says_all_that_is_needed() {
    let office = Office::new();
    let one = with(
        person("1"),
        json!({"firstName": "Žąsė", "citizenshipCountry": "Lithuania", "customerExtId": "12345678901234567890"}),
    );
    office.batch("x", &[person("0"), one]);
    let list = rows(&office, "batch-customers/x");
    let columns = "customer,name,customerExtId,communicationNumber,code,description,field,value,allowed,nearest,fix";
    assert_eq!(list[0].join(","), columns);
    let row = &list[1];
    assert_eq!(row[0], "2");
    assert!(row[1].starts_with("Žąsė "), "{row:?}");
    assert_eq!(
        row[2], "=\"12345678901234567890\"",
        "no spreadsheet makes a number of it"
    );
    assert_eq!(row[6..8], ["citizenshipCountry", "Lithuania"]);
    assert!(
        row[8].contains("country") && row[9] == "LT (Lithuania)",
        "{row:?}"
    );
    assert!(row[10].ends_with('.'), "{row:?}");
    let found = &findings(&office, "batch-customers/x")[0];
    assert_eq!(found["customer"], 2);
    assert_eq!(
        found["customerExtId"], "12345678901234567890",
        "a program gets it as it is"
    );
    assert_eq!(found["code"], row[4].as_str());
    assert_eq!(
        found["nearest"],
        json!([{"code": "LT", "name": "Lithuania"}])
    );
}

#[test]
fn a_validation_and_a_single_customer_have_one_too() {
    let office = Office::new();
    let wrong = with(company("7"), json!({"title": null}));
    let body = json!({"customers": [company("6"), wrong]});
    office.drop("validate-batch-customers/x.json", body.to_string());
    office.drop("simplifiedcustomer/y.json", "{\"firstName\": 1}");
    office.once();
    assert_eq!(rows(&office, "validate-batch-customers/x")[1][0], "2");
    let to_fix = read(&office, "validate-batch-customers/x.rejected.json");
    let to_fix: Value = serde_json::from_str(&to_fix).expect("JSON");
    assert_eq!(
        to_fix["customers"][0]["customerExtId"],
        company("7")["customerExtId"]
    );
    assert!(!findings(&office, "simplifiedcustomer/y").is_empty());
    assert_eq!(
        read(&office, "simplifiedcustomer/y.rejected.json"),
        "{\n  \"firstName\": 1\n}\n"
    );
}

#[test]
fn what_is_no_customer_at_all_is_in_it() {
    let office = Office::new();
    office.drop("batch-customers/x.json", "{\"customers\":[1,\"two\",null]}");
    office.drop("batch-customers/broken.json", "{\"customers\":[1}");
    office.once();
    assert_eq!(rows(&office, "batch-customers/x").len(), 4);
    let to_fix = read(&office, "batch-customers/x.rejected.json");
    assert_eq!(to_fix, "{\"customers\":[\n1,\n\"two\",\nnull\n]}\n");
    let names = office.files("watch-dir/outbox");
    assert!(
        !names
            .iter()
            .any(|n| n.contains("broken.f") || n.contains("broken.rej")),
        "{names:?}"
    );
}

#[test]
fn long_values_are_shortened_and_steer_nothing() {
    let office = Office::new();
    let long = "ž".repeat(5000);
    let bad = with(
        person("1"),
        json!({"lastName": "=HYPERLINK(1)\u{1b}[2J", "riskLevel": long, "title": [1]}),
    );
    office.batch("x", &[bad]);
    let csv = read(&office, "batch-customers/x.findings.csv");
    assert!(csv.len() < 8000 && !csv.contains('\u{1b}'), "{csv}");
    for row in rows(&office, "batch-customers/x") {
        assert!(!row.iter().any(|cell| cell.starts_with("=H")), "{row:?}");
    }
    let all = findings(&office, "batch-customers/x");
    let value = all.iter().find(|f| f["field"] == "riskLevel").expect("one")["value"].clone();
    let value = value.as_str().expect("text");
    assert!(
        value.starts_with("žž") && value.ends_with('…') && value.chars().count() < 200,
        "{value}"
    );
}

#[test]
fn no_long_name_or_id_is_repeated_with_each_finding() {
    let office = Office::new();
    let long = "9".repeat(100_000);
    let contacts = vec![json!({}); 100];
    let ids = json!({"customerExtId": &long, "communicationNumber": &long, "firstName": &long,
        "listContact": contacts});
    let longest = "8".repeat(256);
    let valid = json!({"customerExtId": &longest, "riskLevel": "low"});
    office.batch("x", &[with(person("1"), ids), with(person("2"), valid)]);
    for name in ["x.findings.csv", "x.findings.json"] {
        let text = read(&office, &format!("batch-customers/{name}"));
        assert!(text.len() < 1_000_000, "{name}: {}", text.len());
        assert!(text.contains(&longest), "{name}: a valid id is whole");
    }
    let cells = rows(&office, "batch-customers/x").concat();
    assert!(cells.iter().all(|cell| cell.len() < 32_767));
    assert!(read(&office, "batch-customers/x.rejected.json").contains(&long));
    let checked = office.at("x.json");
    std::fs::copy(
        office.at("watch-dir/outbox/batch-customers/x.rejected.json"),
        &checked,
    )
    .expect("a copy");
    for format in ["text", "csv", "json", "sarif", "junit"] {
        let output = office.run(&["check", "--format", format, &checked.to_string_lossy()]);
        assert!(output.stdout.len() < 1_500_000, "{format}");
    }
}

#[test]
fn what_was_given_is_not_what_is_nearest() {
    let office = Office::new();
    let wrong = json!({"riskManagementCategory": "ORG"});
    office.batch("x", &[with(person("1"), wrong)]);
    let all = findings(&office, "batch-customers/x");
    let category = all.iter().find(|f| f["field"] == "riskManagementCategory");
    assert_eq!(category.expect("a finding")["nearest"], json!([]));
}

#[test]
fn a_worklist_that_still_lies_there_is_kept() {
    let office = Office::new();
    let wrong = |id| with(person(id), json!({"riskLevel": "HUGE"}));
    office.batch("x", &[wrong("1")]);
    let before = read(&office, "batch-customers/x.rejected.json");
    for name in ["response.json", "findings.csv"] {
        let path = office.at(format!("watch-dir/outbox/batch-customers/x.{name}"));
        std::fs::remove_file(path).expect("fetched");
    }
    office.batch("x", &[wrong("2")]);
    assert_eq!(read(&office, "batch-customers/x.rejected.json"), before);
    let names = office.files("watch-dir/outbox");
    let expected = [
        "x.findings.json",
        "x.rejected.json",
        "x.response.json",
        "x~2.findings.csv",
        "x~2.findings.json",
        "x~2.rejected.json",
    ];
    assert_eq!(
        names,
        expected.map(|name| format!("batch-customers/{name}"))
    );
    // While the response lies there too, the next one and its worklist have a number of their own.
    office.batch("x~", &[wrong("3")]);
    office.drop(
        "batch-customers/x~.json",
        json!({"customers": [wrong("4")]}).to_string(),
    );
    office.once();
    for end in WORKLIST {
        read(&office, &format!("batch-customers/x~~2{end}"));
    }
}

#[test]
fn settings_choose_the_files_and_the_separator() {
    let wrong = with(person("1"), json!({"riskLevel": "HUGE"}));
    let office = Office::configured("worklist = [\"findings.csv\"]\ncsv_separator = \";\"\n");
    office.batch("x", std::slice::from_ref(&wrong));
    let names = ["x.findings.csv", "x.response.json"].map(|name| format!("batch-customers/{name}"));
    assert_eq!(office.files("watch-dir/outbox"), names);
    assert!(
        read(&office, "batch-customers/x.findings.csv").contains("customer;name;customerExtId;")
    );
    let office = Office::configured("worklist = []\n");
    office.batch("x", &[wrong]);
    assert_eq!(
        office.files("watch-dir/outbox"),
        ["batch-customers/x.response.json"]
    );
}
