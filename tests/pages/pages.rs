//! The generated reference pages are what the catalogue prints today. To bring them up to date:
//! `UPDATE_PAGES=1 cargo test --test pages`.

use std::path::Path;

fn check(page: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, text).expect("a written page");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "docs/{page} is stale: run `UPDATE_PAGES=1 cargo test --test pages` and commit it"
    );
}

#[test]
fn the_page_of_errors_is_current() {
    check("ERRORS.md", &kycdrop::catalog::errors_page());
}

#[test]
fn the_page_of_fields_is_current() {
    check("FIELDS.md", &kycdrop::catalog::fields_page());
}

#[test]
fn the_page_of_what_a_schema_cannot_say_is_current() {
    check("SCHEMA.md", &kycdrop::schema::page());
}

#[test]
fn the_help_of_commands_fits_its_width() {
    // clap breaks longer lines on a terminal of 80 columns, and a paragraph then looks torn.
    let whole = kycdrop::cli::grammar();
    for command in whole.get_subcommands().chain([&whole]) {
        let after = command.get_after_help().map(ToString::to_string);
        for line in after.unwrap_or_default().lines() {
            let width = line.chars().count();
            assert!(
                width <= 80 || line.starts_with(' '),
                "{}: {width}: {line}",
                command.get_name()
            );
        }
    }
}

#[test]
fn the_readme_lists_every_setting_with_its_default() {
    use kycdrop::config::Config;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |page: &str| std::fs::read_to_string(root.join(page)).expect(page);
    let keys = |text: &str| -> Vec<String> {
        let keys = text.lines().filter_map(|line| {
            let (key, _) = line.trim_start_matches("# ").split_once(" = ")?;
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            key.chars().all(plain).then(|| key.to_owned())
        });
        keys.collect()
    };
    let readme = read("README.md");
    let (_, settings) = readme.split_once("## Settings").expect("the section");
    let (_, settings) = settings.split_once("```toml").expect("the settings");
    let (settings, _) = settings.split_once("```").expect("their end");
    assert_eq!(keys(settings), keys(&read("src/cli/kycdrop.toml")));
    let listed: Config = toml::from_str(settings).expect("settings");
    assert_eq!(format!("{listed:?}"), format!("{:?}", Config::default()));
}

#[test]
fn what_is_never_answered_is_no_rule() {
    for never in kycdrop::catalog::NEVER_ANSWERED {
        let page = kycdrop::catalog::errors_page();
        let (_, section) = page
            .split_once("## Published, never answered")
            .expect("the section");
        assert!(section.contains(never.text), "{}", never.text);
        for rule in kycdrop::catalog::rules() {
            // A code may be answered, with another text.
            let same_code = never.code.is_empty() || rule.code.replace("{6|7}", "7") == never.code;
            // SecondCitizenshipCountry is another word.
            let text = format!(" {}", rule.text);
            let same_text = text.contains(&format!(" {}", never.text));
            assert!(
                !(same_code && same_text),
                "{} answers {}",
                rule.key,
                never.text
            );
        }
    }
}
