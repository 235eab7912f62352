//! Any text as a risk matrix: every problem is told with its file and a line that there is, and by a
//! sound one every customer gets a result that explains itself and that the history can read back.

#![no_main]

use std::sync::LazyLock;

use kycdrop::catalog::{CUSTOMER, RiskLevel};
use kycdrop::classifier::{ClassifierFile, ClassifierSet, shipped_files};
use kycdrop::evaluate::{
    Case, Evaluation, Matrix, Outcome, Process, Screened, Verdict, parse_matrix, tenths,
};
use kycdrop::request::Tree;
use libfuzzer_sys::fuzz_target;

static FILES: LazyLock<Vec<ClassifierFile>> =
    LazyLock::new(|| shipped_files("2026-11-20").expect("sound files"));
static SET: LazyLock<ClassifierSet> =
    LazyLock::new(|| ClassifierSet::from_files(&FILES).expect("a whole set"));

const CUSTOMERS: [&str; 3] = [
    r#"{}"#,
    r#"{"entityType":"INDIVIDUAL","riskManagementCategory":"IND","citizenshipCountry":"IR",
        "applicationDate":"2026-03-01","birthDate":"1980-02-29","isPEP":"TRUE","isFamilyPEP":false,
        "listDeclaredTurnover":[{"turnoverRange":"ANNUAL","from":"1e99","to":-5}],
        "listAdditionalValues":[{"code":"ONBOARDING_CHANNEL","value":"VIDEO"}]}"#,
    r#"{"entityType":"ORGANIZATION","riskManagementCategory":"LEAD_ORG","registrationCountry":"KP",
        "establishmentDate":"2026-01-31","applicationDate":"2026-02-28T23:59:59Z","isListed":null,
        "listRelatedEntity":[{"relationType":"OWNER","share":25,"country":"MM","isPEP":true},
        {"relationType":"OWNER","country":"LT","isSanctioned":false}]}"#,
];

const SCREENED: [Screened; 3] = [
    Screened {
        related: None,
        process: Process::Pep,
        outcome: Outcome::Waiting,
    },
    Screened {
        related: Some(1),
        process: Process::Sanctions,
        outcome: Outcome::Confirmed,
    },
    Screened {
        related: Some(0),
        process: Process::Pep,
        outcome: Outcome::Unscreened,
    },
];

fuzz_target!(|text: &str| {
    match parse_matrix("own.toml", text, &FILES) {
        Err(problems) => {
            assert!(!problems.is_empty());
            let lines = text.split('\n').count() as u64;
            for p in problems {
                assert_eq!(p.file, "own.toml");
                assert!(p.line.is_none_or(|l| (1..=lines).contains(&l)), "{p}");
                assert!(!p.message.is_empty() && !p.remedy.is_empty(), "{p}");
            }
        }
        Ok(matrix) => CUSTOMERS
            .iter()
            .for_each(|customer| rates(&matrix, customer)),
    }
});

fn rates(matrix: &Matrix, customer: &str) {
    let mut tree = Tree::new();
    assert!(tree.read(customer, &CUSTOMER).expect("JSON"));
    for screened in [&SCREENED[..], &[]] {
        let case = Case::of(tree.root(customer, &CUSTOMER), &SET, screened);
        let evaluation = matrix.evaluate(case);
        assert_eq!(evaluation, matrix.evaluate(case));
        let shares: u32 = evaluation.factors.iter().map(|f| f.share_thousandths).sum();
        assert_eq!(evaluation.score, tenths((shares + 50) / 100));
        assert!(evaluation.level >= evaluation.level_of_score.max(RiskLevel::Low));
        assert!(
            evaluation
                .floors
                .iter()
                .all(|f| evaluation.level >= f.at_least)
        );
        assert_eq!(
            evaluation.decision == Verdict::Person,
            !evaluation.reasons.is_empty()
        );
        let stored = serde_json::to_string(&evaluation).expect("JSON");
        let read: Evaluation = serde_json::from_str(&stored).expect("an evaluation");
        assert_eq!(read, evaluation);
    }
}
