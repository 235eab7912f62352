//! What a report asks of the history.

use crate::history::OF_BATCH;

use super::names::Names;

/// A query of a report: for a period with its first and last day as ?1 and ?2 and the last assessment
/// of its end as ?3, and for a batch with its number as ?1.
pub(super) struct Query {
    pub(super) period: &'static str,
    pub(super) batch: &'static str,
}

/// What is counted in a breakdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Customers by risk level.
    RiskLevels,
    /// Customers by country.
    Countries,
    /// Evaluations and screenings that are pending, by process.
    Pending,
    /// Files by the status of their answer.
    Files,
}

/// The row that a breakdown takes; this table is all that there is to add to for another one.
pub(super) struct BreakdownRow {
    pub(super) of: Of,
    pub(super) title: &'static str,
    /// `{scope}` is replaced by what is counted.
    pub(super) note: &'static str,
    /// Columns: code (NULL for none), count.
    pub(super) query: Query,
    pub(super) none: &'static str,
    pub(super) name: fn(&Names, &str) -> String,
}

pub(super) const BREAKDOWNS: &[BreakdownRow] = &[
    BreakdownRow {
        of: Of::RiskLevels,
        title: "Risk levels",
        note: "{scope}.",
        query: Query {
            period: "SELECT risk_level, sum(customers) FROM {standing} GROUP BY 1 HAVING sum(customers) > 0 {by_risk}",
            batch: "SELECT risk_level, count(*) FROM
                    (SELECT {level} AS risk_level FROM (SELECT * FROM {of_batch}) a) GROUP BY 1 {by_risk}",
        },
        none: "Evaluation pending",
        name: Names::risk_level,
    },
    BreakdownRow {
        of: Of::Countries,
        title: "Countries",
        note: "{scope}: citizenship of persons, registration of companies.",
        query: Query {
            period: "SELECT country, sum(customers) FROM {standing}
                     GROUP BY 1 HAVING sum(customers) > 0 ORDER BY 2 DESC, 1",
            batch: "SELECT {country}, count(*) FROM {of_batch} GROUP BY 1 ORDER BY 2 DESC, 1",
        },
        none: "None given",
        name: Names::country,
    },
    BreakdownRow {
        of: Of::Pending,
        title: "Pending evaluations and screenings",
        note: "{scope}: evaluations that wait for a person or a risk matrix, and screenings, which kycdrop does not do.",
        query: Query {
            period: "SELECT coalesce(process, what), count(*) FROM {asked} p
                     WHERE assessment_id <= ?3 AND NOT EXISTS (
                       SELECT 1 FROM succession s WHERE s.assessment_id = p.assessment_id
                                                    AND s.next_assessment_id <= ?3)
                     GROUP BY 1 ORDER BY what, 2 DESC",
            batch: "SELECT coalesce(process, what), count(*) FROM v_pending
                    WHERE assessment_id IN (SELECT assessment_id FROM {of_batch})
                    GROUP BY 1 ORDER BY what, 2 DESC",
        },
        none: "",
        name: Names::request,
    },
    BreakdownRow {
        of: Of::Files,
        title: "Files",
        note: "By the status of their answer.",
        query: Query {
            period: "SELECT CAST(status AS TEXT), sum(files) FROM v_file_volume
                     WHERE day BETWEEN ?1 AND ?2 GROUP BY status ORDER BY status",
            batch: "SELECT CAST(status AS TEXT), 1 FROM batch WHERE batch_id = ?1",
        },
        none: "",
        name: Names::status,
    },
];

/// What stands for words in braces in the queries.
pub(super) const WORDS: &[(&str, &str)] = &[
    // The customers as they are now, without what came after the period and with what it replaced.
    (
        "{standing}",
        "(SELECT risk_level, country, customers FROM v_standing
          UNION ALL
          SELECT {level}, {country}, -1 FROM assessment a
          WHERE assessment_id > ?3
            AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
          UNION ALL
          SELECT {level}, {country}, 1 FROM succession s JOIN assessment a USING (assessment_id)
          WHERE s.next_assessment_id > ?3 AND s.assessment_id <= ?3)",
    ),
    (
        "{level}",
        "coalesce(risk_level, (SELECT d.level FROM evaluation e JOIN decision d USING (evaluation_id)
           WHERE e.assessment_id = a.assessment_id ORDER BY e.evaluation_id DESC LIMIT 1))",
    ),
    // What was asked for and not done, also where a later assessment has replaced it since.
    (
        "{asked}",
        "(SELECT assessment_id, 'evaluation' AS what, NULL AS process FROM evaluation e
          WHERE NOT EXISTS (SELECT 1 FROM decision d WHERE d.evaluation_id = e.evaluation_id)
            AND NOT EXISTS (SELECT 1 FROM evaluation x WHERE x.assessment_id = e.assessment_id
                                                         AND x.evaluation_id > e.evaluation_id)
          UNION ALL
          SELECT assessment_id, what, process FROM v_pending WHERE what = 'screening')",
    ),
    // An assessment that a history of an earlier version replaced has its country in the payload only.
    (
        "{country}",
        "coalesce(country, nullif(trim(json_extract(payload_text(payload),
           iif(entity_type = 'ORGANIZATION', '$.registrationCountry', '$.citizenshipCountry'))), ''))",
    ),
    (
        "{by_risk}",
        "ORDER BY risk_level IS NULL, instr('NONE LOW MEDIUM HIGH EXTREME', risk_level)",
    ),
    ("{of_batch}", OF_BATCH),
    // It sorts after every moment of the last day, also of the last day that SQLite knows.
    ("{end}", "?2 || '~'"),
];

pub(super) const REASONS: Query = Query {
    period: "SELECT code, max(coalesce(description, '')), max(coalesce(origin, '')), field,
                    sum(answers), sum(findings), rule
             FROM v_reason WHERE day BETWEEN ?1 AND ?2 GROUP BY rule, code, field",
    batch: "SELECT f.code, coalesce(r.description, ''), coalesce(r.origin, ''), f.path,
                   sum(f.no = 1), count(*), f.rule
            FROM v_finding f LEFT JOIN v_rule r ON r.rule = f.rule
            WHERE f.batch_id = ?1 GROUP BY f.rule, f.code, f.path",
};

/// Columns: rule, code, and the description that was answered most often. Customers of a file may
/// share their findings.
pub(super) const DESCRIPTIONS: Query = Query {
    period: "SELECT rule, code, description, max(n) FROM (
               SELECT f.text_id, sum(r.customers) AS n
               FROM (SELECT batch_id, coalesce(findings_at, position) AS position, count(*) AS customers
                     FROM batch JOIN rejection USING (batch_id)
                     WHERE received_at >= ?1 AND received_at < {end} GROUP BY 1, 2) r
               JOIN finding_row f USING (batch_id, position) GROUP BY 1)
             JOIN finding_text USING (text_id) GROUP BY rule, code",
    batch: "SELECT rule, code, description, max(n) FROM (
              SELECT f.text_id, sum(r.customers) AS n
              FROM (SELECT batch_id, coalesce(findings_at, position) AS position, count(*) AS customers
                    FROM rejection WHERE batch_id = ?1 GROUP BY 1, 2) r
              JOIN finding_row f USING (batch_id, position) GROUP BY 1)
            JOIN finding_text USING (text_id) GROUP BY rule, code",
};

pub(super) const OFFICES: Query = Query {
    period: "SELECT business_unit, sum(accepted), sum(rejected) FROM v_volume
             WHERE day BETWEEN ?1 AND ?2
             GROUP BY 1 ORDER BY sum(accepted + rejected) DESC, 1",
    batch: "SELECT business_unit, sum(accepted), sum(1 - accepted) FROM (
              SELECT business_unit, 1 AS accepted FROM {of_batch}
              UNION ALL SELECT business_unit, 1 FROM acknowledgement WHERE batch_id = ?1
              UNION ALL SELECT business_unit, 0 FROM rejection WHERE batch_id = ?1)
            GROUP BY 1 ORDER BY count(*) DESC, 1",
};

pub(super) const SETS: Query = Query {
    period: "SELECT s.hash, b.first, b.last, b.files
             FROM (SELECT set_id, min(received_at) AS first, max(received_at) AS last,
                          count(*) AS files, min(batch_id) AS first_batch
                   FROM batch
                   WHERE set_id IS NOT NULL AND received_at >= ?1
                     AND received_at < {end}
                   GROUP BY set_id) b
             JOIN classifier_set s USING (set_id) ORDER BY b.first_batch DESC",
    batch: "SELECT classifier_set, received_at, received_at, 1 FROM v_batch
            WHERE classifier_set IS NOT NULL AND batch_id = ?1",
};

pub(super) const SAVED: Query = Query {
    period: "SELECT coalesce(sum(assessments), 0), coalesce(sum(created), 0) FROM v_volume
             WHERE day BETWEEN ?1 AND ?2",
    batch: "SELECT count(*), coalesce(sum(action = 'CREATE'), 0) FROM {of_batch}",
};

/// The days of a period with customers.
pub(super) const DAYS: &str = "SELECT day, sum(accepted), sum(rejected) FROM v_volume
     WHERE day BETWEEN ?1 AND ?2 GROUP BY day HAVING sum(accepted + rejected) > 0";

/// The repeats of a period.
pub(super) const REPEATED: &str = "SELECT coalesce(sum(repeated), 0) FROM batch
     WHERE received_at >= ?1 AND received_at < {end}";
