//! Scores, bands, ages and turnovers to the last thousandth.

use super::*;

/// A matrix whose score is exactly (19 a + b) / 20, of two additional values.
pub(super) fn of_two(combine: &str) -> String {
    let table: Vec<String> = (0..=100).map(|n| format!("{n} = {n}")).collect();
    let table = table.join(", ");
    format!(
        "format = 1\nname = \"m\"\nowner = \"o\"\nvalid_from = 2026-01-01\napplies_to = [\"IND\"]\n\
         [groups]\na = {{ weight = 19, combine = \"{combine}\" }}\nb = {{ weight = 1, combine = \"{combine}\" }}\n\
         [[factor]]\nid = \"a\"\ngroup = \"a\"\nadditional_value = \"a\"\nvalues = {{ {table} }}\n\
         [[factor]]\nid = \"b\"\ngroup = \"b\"\nadditional_value = \"b\"\nvalues = {{ {table} }}\n\
         [[levels]]\nlevel = \"LOW\"\nfrom = 0.0\n[[levels]]\nlevel = \"MEDIUM\"\nfrom = 25\n\
         [[levels]]\nlevel = \"HIGH\"\nfrom = 50.0\n[[levels]]\nlevel = \"EXTREME\"\nfrom = 75.0\n\
         [decision]\nhuman_from = \"never\"\n"
    )
}

#[test]
fn the_score_is_rounded_once_and_compared_as_it_is_shown() {
    for combine in ["max", "mean", "sum"] {
        let matrix = read(&of_two(combine));
        for (twentieths, score, level) in [
            (0, "0.0", "LOW"),
            (498, "24.9", "LOW"),
            (499, "25.0", "MEDIUM"),
            (500, "25.0", "MEDIUM"),
            (502, "25.1", "MEDIUM"),
            (998, "49.9", "MEDIUM"),
            (999, "50.0", "HIGH"),
            (1000, "50.0", "HIGH"),
            (1498, "74.9", "HIGH"),
            (1499, "75.0", "EXTREME"),
            (2000, "100.0", "EXTREME"),
        ] {
            let (a, b) = if twentieths == 2000 {
                (100, 100)
            } else {
                (twentieths / 19, twentieths % 19)
            };
            let values = json!([{"code": "a", "value": a.to_string()}, {"code": "b", "value": b.to_string()}]);
            let account = rate(
                &matrix,
                &json!({"entityType": "INDIVIDUAL", "listAdditionalValues": values}),
                &[],
            );
            assert_eq!(
                (&*account.score, account.level.name()),
                (score, level),
                "{twentieths}"
            );
        }
    }
}

#[test]
fn the_edges_of_the_shipped_levels_and_bands_are_where_they_are_written() {
    let matrix = read(&approved());
    let levels = [
        (0, "LOW"),
        (249, "LOW"),
        (250, "MEDIUM"),
        (251, "MEDIUM"),
        (499, "MEDIUM"),
        (500, "HIGH"),
        (501, "HIGH"),
    ];
    for (tenths, level) in
        levels
            .into_iter()
            .chain([(749, "HIGH"), (750, "EXTREME"), (751, "EXTREME")])
    {
        assert_eq!(matrix.level_of(tenths).name(), level, "{tenths}");
    }
    for (edge, below, from) in [(3_000, 0, 25), (15_000, 25, 50), (60_000, 50, 75)] {
        for (to, points) in [(edge - 1, below), (edge, from), (edge + 1, from)] {
            let turnover =
                json!({"listDeclaredTurnover": [{"turnoverRange": "MONTHLY", "to": to}]});
            let account = rate(&matrix, &with(person(), turnover), &[]);
            assert_eq!(
                factor(&account, "product.turnover").points,
                Some(points),
                "{to}"
            );
        }
    }
}

/// A matrix with one factor more.
fn with_factor(factor: &str) -> Matrix {
    let factor = format!("[[factor]]\nid = \"own\"\ngroup = \"product\"\n{factor}\n[[floor]]");
    read(&approved().replacen("[[floor]]", &factor, 1))
}

#[test]
fn of_several_values_the_matrix_picks() {
    let to = "field = \"Customer.listDeclaredTurnover[].to\"";
    let bands = "bands = [{ below = 10, points = 1 }, { below = 50, points = 2 }, { points = 3 }]";
    let tax = "field = \"Customer.listCountryOfTaxPayment[].country\"\nvalues = { LT = 10, LV = 40, EE = 70 }";
    let peps = "field = \"Customer.listRelatedEntity[].isPEP\"\nis = true\npoints = 9";
    for (factor, pick, points) in [
        (format!("{to}\n{bands}"), "max", Some(2)),
        (format!("{to}\n{bands}"), "min", Some(1)),
        (format!("{to}\n{bands}"), "sum", Some(3)),
        (format!("{to}\n{bands}"), "count", Some(1)),
        (tax.to_owned(), "max", Some(70)),
        (tax.to_owned(), "min", Some(10)),
        (tax.to_owned(), "sum", Some(100)),
        (peps.to_owned(), "any", Some(9)),
        (peps.to_owned(), "all", Some(0)),
        (
            "flag = \"related.pep\"\npoints = 9".to_owned(),
            "any",
            Some(9),
        ),
        ("flag = \"any.waiting\"\npoints = 9".to_owned(), "any", None),
    ] {
        let matrix = with_factor(&format!("{factor}\npick = \"{pick}\""));
        let customer = json!({
            "listDeclaredTurnover": [{"to": 49}, {"to": 9}],
            "listCountryOfTaxPayment": [{"country": "LT"}, {"country": "LV"}, {"country": "EE"}],
            "listRelatedEntity": [{"isPEP": true}, {"isPEP": false}],
        });
        let account = rate(&matrix, &with(person(), customer), &[]);
        assert_eq!(
            super::factor(&account, "own").points,
            points,
            "{factor} {pick}"
        );
    }
    let matrix = with_factor("flag = \"any.waiting\"\npoints = 9");
    for (outcome, points) in [(Outcome::Clear, 0), (Outcome::Waiting, 9)] {
        let account = rate(&matrix, &person(), &screened(Process::Pep, outcome));
        assert_eq!(super::factor(&account, "own").points, Some(points));
    }
}

#[test]
fn groups_combine_as_they_say() {
    let both = |combine: &str| {
        let text = of_two(combine).replace("group = \"b\"", "group = \"a\"");
        let text = text.lines().filter(|l| !l.starts_with("b = "));
        let matrix = read(&text.collect::<Vec<_>>().join("\n"));
        let values = json!([{"code": "a", "value": "70"}, {"code": "b", "value": "61"}]);
        let account = rate(
            &matrix,
            &json!({"entityType": "INDIVIDUAL", "listAdditionalValues": values}),
            &[],
        );
        let shares = account
            .factors
            .iter()
            .map(|f| f.share_thousandths)
            .collect::<Vec<_>>();
        (account.score, shares)
    };
    assert_eq!(both("max"), ("70.0".into(), vec![70_000, 0]));
    assert_eq!(both("mean"), ("65.5".into(), vec![35_000, 30_500]));
    assert_eq!(both("sum"), ("100.0".into(), vec![53_435, 46_565]));
}

#[test]
fn an_age_counts_to_the_day_of_the_request() {
    let matrix = read(&approved());
    for (founded, applied, points) in [
        ("2025-03-02", "2026-03-01", Some(50)),
        ("2025-03-01", "2026-03-01", Some(25)),
        ("2023-03-02", "2026-03-01T00:30:00+02:00", Some(25)),
        ("2023-03-01", "2026-03-01", Some(0)),
        ("2027-01-01", "2026-03-01", Some(50)),
        ("2027-01-01", " ", None),
    ] {
        let dates = json!({"establishmentDate": founded, "applicationDate": applied});
        let account = rate(&matrix, &with(company(), dates), &[]);
        assert_eq!(
            factor(&account, "customer.young_company").points,
            points,
            "{founded} {applied}"
        );
    }
}

#[test]
fn turnovers_are_converted_and_never_overflow() {
    let matrix = read(&approved());
    for (turnover, points) in [
        (json!({"turnoverRange": "MONTHLY", "to": 2999}), Some(0)),
        (json!({"turnoverRange": "MONTHLY", "to": "3e3"}), Some(25)),
        (json!({"turnoverRange": "ANNUAL", "to": 35_999}), Some(0)),
        (json!({"turnoverRange": "ANNUAL", "to": 36_000}), Some(25)),
        (
            json!({"turnoverRange": "DAILY", "from": 500, "to": 499}),
            Some(50),
        ),
        (
            json!({"turnoverRange": "ANNUAL", "to": "9".repeat(400)}),
            Some(75),
        ),
        (
            json!({"turnoverRange": "DAILY", "to": "1e99999999999999999999"}),
            Some(75),
        ),
        (
            json!({"turnoverRange": "DAILY", "to": "-1e99999999999999999999"}),
            Some(0),
        ),
        (json!({"turnoverRange": "HOURLY", "to": 5}), None),
    ] {
        let customer = with(person(), json!({"listDeclaredTurnover": [turnover]}));
        let account = rate(&matrix, &customer, &[]);
        assert_eq!(
            factor(&account, "product.turnover").points,
            points,
            "{customer}"
        );
    }
}
