//! The rooms of `src` use each other only as the table of docs/ARCHITECTURE.md says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules, each with the modules that it may use.
type Allowed = BTreeMap<String, BTreeSet<String>>;

const WHAT_TO_DO: &str = "\
Move the code to the room whose job it is, or pass what it needs as an argument. If a room's job has
changed, change its row in the table of docs/ARCHITECTURE.md.";

#[test]
fn every_room_uses_only_what_its_row_lists() {
    let page = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the page");
    let (allowed, mut wrong) = table(&page);
    let modules = modules();
    for module in modules.iter().filter(|m| !allowed.contains_key(*m)) {
        wrong.push(format!("src/{module} is in no row of the table"));
    }
    for module in allowed.keys().filter(|m| !modules.contains(*m)) {
        wrong.push(format!("`{module}` has a row, and src has no such module"));
    }
    for module in &modules {
        let may = allowed.get(module).cloned().unwrap_or_default();
        for file in files_of(module) {
            let source = fs::read_to_string(&file).expect("a source file");
            for (line, used) in uses(&source) {
                if used != *module && modules.contains(&used) && !may.contains(&used) {
                    let file = file.strip_prefix(root()).unwrap_or(&file).display();
                    wrong.push(format!("{file}:{line}: `{module}` may not use `{used}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n\n{WHAT_TO_DO}\n", wrong.join("\n"));
}

#[test]
fn a_forbidden_use_is_found_however_it_is_written() {
    let source = "//! See [`crate::skipped`].\nuse crate::one::Thing;\nuse crate::{\n    two::{Other, four},\n    \
                  three,\n};\nfn f() { crate::five::go(); }\n// crate::skipped::too\n";
    let found: Vec<_> = uses(source).into_iter().map(|(_, used)| used).collect();
    assert_eq!(found, ["one", "two", "three", "five"]);
    assert_eq!(uses("\nuse crate::one;\n"), [(2, "one".to_owned())]);
}

#[test]
fn a_row_may_only_use_rows_above_it() {
    let page = "| room | job | may use |\n| --- | --- | --- |\n\
                | `base`: `a`, `b` | files | – |\n| `c` | one | `base`, `d` |\n\
                | `d` | all | all of the above |\n";
    let (allowed, wrong) = table(page);
    let of = |module: &str| {
        allowed[module]
            .iter()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        (of("a"), of("c"), of("d")),
        ("a b".into(), "a b".into(), "a b c".into())
    );
    assert_eq!(
        wrong,
        ["the row of `c` lists `d`, which is in no row above it"]
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table of the page: what each module may use, and what is wrong with the table itself. A row
/// names one module, or a group and its modules (`group`: `a`, `b`), which may use each other.
fn table(page: &str) -> (Allowed, Vec<String>) {
    let rows = page
        .lines()
        .skip_while(|l| !l.starts_with("| room |"))
        .skip(2)
        .take_while(|l| l.starts_with('|'));
    let (mut allowed, mut wrong) = (Allowed::new(), Vec::new());
    // What a name in the last column stands for.
    let mut above: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (first, last) = (cells[0], cells[cells.len() - 1]);
        let (name, group) = match first.split_once(':') {
            Some((name, modules)) => (name.trim_matches('`').to_owned(), quoted(modules)),
            None => (first.trim_matches('`').to_owned(), quoted(first)),
        };
        let mut may = BTreeSet::new();
        if group.len() > 1 {
            may.extend(group.iter().cloned());
        }
        if last == "all of the above" {
            may.extend(above.values().flatten().cloned());
        }
        for used in quoted(last) {
            match above.get(&used) {
                Some(modules) => may.extend(modules.iter().cloned()),
                None => wrong.push(format!(
                    "the row of `{name}` lists `{used}`, which is in no row above it"
                )),
            }
        }
        for module in &group {
            if allowed.insert(module.clone(), may.clone()).is_some() {
                wrong.push(format!("`{module}` has two rows"));
            }
        }
        above.insert(name, group.into_iter().collect());
    }
    if allowed.is_empty() {
        wrong.push("docs/ARCHITECTURE.md has no table that begins with `| room |`".into());
    }
    (allowed, wrong)
}

/// The texts between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Every module directly below `src`.
fn modules() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("src")).expect("src");
    entries
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.is_dir() || p.extension().is_some_and(|e| e == "rs"))
        .filter_map(|p| Some(p.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "lib" && name != "main")
        .collect()
}

/// The source files of a module, wherever they lie below it.
fn files_of(module: &str) -> Vec<PathBuf> {
    let src = root().join("src");
    let mut files = vec![src.join(format!("{module}.rs"))];
    let mut folders = vec![src.join(module)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.retain(|f| f.is_file() && f.extension().is_some_and(|e| e == "rs"));
    files.sort();
    files
}

/// The first name of every path that begins with `crate::`, with its line. Comments are skipped.
fn uses(source: &str) -> Vec<(usize, String)> {
    let code: String = source
        .lines()
        .map(|l| {
            if l.trim_start().starts_with("//") {
                ""
            } else {
                l
            }
        })
        .flat_map(|l| [l, "\n"])
        .collect();
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + start.len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => first_names(list),
            None => vec![rest],
        };
        found.extend(names.into_iter().map(|n| (line, ident(n))));
    }
    found
}

/// Where each path of a list in braces begins, up to the brace that closes it.
fn first_names(list: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut names) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let name = list[begin..at].trim();
                names.extend(Some(name).filter(|n| !n.is_empty()));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn ident(path: &str) -> String {
    path.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}
