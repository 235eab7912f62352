//! The generated reference pages: every error and every field of the catalogue, in Markdown.

use std::fmt::Write;

use super::{NEVER_ANSWERED, OBJECTS, rules};

const NOTE: &str = "<!-- Generated from the catalogue in src/catalog; `cargo test` fails when it is stale. Do not edit: see CONTRIBUTING.md. -->";

/// The page of all errors, in the order in which they are looked for.
pub fn errors_page() -> String {
    let mut page = format!(
        "# Errors\n\n{NOTE}\n\n\
         Every rule that a customer is validated by, in the order in which they are looked for. The first that\n\
         holds is the answer; the history keeps every one.\n\n\
         `{{i}}` and `{{j}}` are the zero-based index of an item. `{{Field}}` is the field's name with a capital\n\
         first letter. `C01{{6|7}}` and `{{INDIVIDUAL|ORGANIZATION}}` follow the customer's entityType.\n\n\
         Origin: *published* — code and text are in the API's own documents; *text published* — the code is\n\
         kycdrop's; *ours* — both are kycdrop's.\n\n\
         | no | rule | code | endpoints | when | errorDescription | origin |\n\
         | ---: | --- | --- | --- | --- | --- | --- |\n"
    );
    for r in rules() {
        let _ = writeln!(
            page,
            "| {} | `{}` | `{}` | {} | {} | {} | {} |",
            r.no,
            r.key,
            cell(&r.code),
            r.endpoints,
            cell(&r.when),
            cell(&r.text),
            r.origin.name()
        );
    }
    page.push_str(
        "\n## Published, never answered\n\n\
         The API's own documents list these errors too. No request gets them.\n\n\
         | code | errorDescription | why it is never answered |\n\
         | --- | --- | --- |\n",
    );
    for n in NEVER_ANSWERED {
        let code = if n.code.is_empty() {
            String::new()
        } else {
            format!("`{}`", n.code)
        };
        let _ = writeln!(page, "| {code} | {} | {} |", cell(n.text), cell(n.reason));
    }
    page
}

/// The page of all fields, an object at a time.
pub fn fields_page() -> String {
    let mut page = format!(
        "# Fields\n\n{NOTE}\n\n\
         Every field that a request may hold. Lengths count Unicode characters. Any other field changes\n\
         nothing and is kept as a warning.\n"
    );
    for object in OBJECTS {
        let _ = write!(
            page,
            "\n## {}\n\n\
             | field | type | mandatory | applies to | values | longest text | note |\n\
             | --- | --- | --- | --- | --- | ---: | --- |\n",
            object.name
        );
        for f in object.fields {
            let values = match (f.classifier, f.ty.values()) {
                (Some(classifier), _) => format!("classifier: {}", classifier.name()),
                (None, []) => String::new(),
                (None, values) => values.join(", "),
            };
            let longest = f.max_chars.map(|n| n.to_string()).unwrap_or_default();
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} | {} | {} |",
                f.name,
                f.ty.table_name(),
                f.mandatory,
                f.applies.name(),
                values,
                longest,
                cell(&f.notes())
            );
        }
    }
    page
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
