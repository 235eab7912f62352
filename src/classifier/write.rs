//! A classifier to the text of its file, as [`parse_file`](super::parse_file) reads it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::file::{ClassifierFile, ValueRow};

impl ClassifierFile {
    /// The text of its file. Of a retired value it says that it is, and the day if it is known.
    pub fn to_toml(&self) -> String {
        let mut out = format!("title = {}\n", quoted(&self.title));
        let lists = [
            ("fields", &self.bind_fields),
            ("additional_values", &self.bind_values),
        ];
        if lists.iter().any(|(_, list)| !list.is_empty()) {
            out += "\n[bind]\n";
        }
        for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            let items: Vec<String> = list.iter().map(|item| quoted(item)).collect();
            let _ = writeln!(out, "{key} = [{}]", items.join(", "));
        }
        out += "\n[values]\n";
        for value in &self.values {
            let _ = writeln!(out, "{} = {}", quoted(&value.code), value_text(value));
        }
        out
    }
}

/// A string of TOML, which escapes as JSON does, and one character more.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A value on one line: its name alone where there is no more to say.
fn value_text(value: &ValueRow) -> String {
    let name = quoted(&value.name);
    if !value.retired && value.retired_on.is_none() && value.attributes.is_empty() {
        return name;
    }
    let mut parts = vec![format!("name = {name}")];
    match (&value.retired_on, value.retired) {
        (Some(day), _) => parts.push(format!("retired = {day}")),
        (None, true) => parts.push("retired = true".into()),
        (None, false) => {}
    }
    if !value.attributes.is_empty() {
        parts.push(format!("attributes = {}", table(&value.attributes)));
    }
    format!("{{ {} }}", parts.join(", "))
}

/// Attributes, which are strings, integers and booleans, as an inline table.
fn table(attributes: &Map<String, Value>) -> String {
    let pairs = attributes.iter().map(|(key, value)| {
        let value = match value {
            Value::String(text) => quoted(text),
            other => other.to_string(),
        };
        format!("{} = {value}", quoted(key))
    });
    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::{parse_file, shipped_files};
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let mut files = shipped_files("2026-11-29").expect("the shipped ones");
        let odd = ValueRow {
            code: "a \"b\"\\ ='#\u{7f}\u{1}ž".into(),
            name: "two\nlines, \u{202e}turned".into(),
            attributes: Map::from_iter([
                ("a key".into(), Value::from("x\ty")),
                ("n".into(), Value::from(-7)),
                ("yes".into(), Value::from(true)),
            ]),
            retired: true,
            retired_on: None,
        };
        let known = ValueRow {
            code: "later".into(),
            retired: false,
            retired_on: Some("2999-01-01".into()),
            ..odd.clone()
        };
        files.push(ClassifierFile {
            name: "own".into(),
            title: "Own".into(),
            values: vec![odd, known],
            bind_fields: vec!["Customer.nationalCode".into()],
            bind_values: vec!["tax \"office\"".into()],
        });
        for file in files {
            let name = format!("{}.toml", file.name);
            let read = parse_file(&name, &file.to_toml(), "2026-11-29").expect(&name);
            assert_eq!(read.hash(), file.hash(), "{}", file.to_toml());
        }
    }
}
