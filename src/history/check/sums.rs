//! What is kept as a count or a sum must be that of its rows. Each question is one statement, so that
//! it is answered as of one moment while files are recorded.

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::trouble::Result;

use super::{at, damaged};

/// Questions whose answers are damaged places, over tables that stay small.
const SMALL: [&str; 1] = [
    // The active set against the registry of all values.
    "SELECT 'table classifier_value or classifier_version_value, classifier ' || v.classifier
     FROM classifier_set_member m
     JOIN classifier_version v USING (version_id)
     JOIN classifier_version_value x USING (version_id)
     LEFT JOIN classifier_value r ON r.classifier = v.classifier AND r.code = x.code
     WHERE m.set_id = (SELECT set_id FROM classifier_load ORDER BY load_id DESC LIMIT 1)
       AND ((r.name, r.attributes) IS NOT (x.name, x.attributes)
            OR x.retired <> (r.retired_at IS NOT NULL))",
];

/// The others.
const ALL: [&str; 11] = [
    "SELECT 'table batch, batch ' || batch_id FROM batch
     WHERE customers <> accepted + rejected OR repeated NOT BETWEEN 0 AND accepted
       OR length(sha256) NOT IN (0, 64)",
    "SELECT 'table total' WHERE NOT EXISTS (SELECT 1 FROM total t
       WHERE (t.batches, t.accepted, t.rejected)
             = (SELECT count(*), coalesce(sum(accepted), 0), coalesce(sum(rejected), 0) FROM batch)
         AND t.evaluations = (SELECT count(*) FROM open_evaluation)
         AND t.screenings = (SELECT count(*) FROM open_screening))",
    "SELECT 'tables communication_number, customer, succession: not as many rows as in total'
     FROM total WHERE assessments <> (SELECT count(*) FROM communication_number)
       OR customers <> (SELECT count(*) FROM customer)
       OR assessments - customers <> (SELECT count(*) FROM succession)",
    "SELECT 'table returning_customer' WHERE
       (SELECT coalesce(sum(assessments - 1), 0) FROM returning_customer)
         <> (SELECT count(*) FROM succession)
       OR EXISTS (SELECT 1 FROM returning_customer r WHERE
            NOT EXISTS (SELECT 1 FROM customer c WHERE c.key = r.key)
            OR NOT EXISTS (SELECT 1 FROM succession s
                           WHERE s.assessment_id = r.first_assessment_id))",
    "SELECT 'table screening, assessment ' || s.assessment_id
     FROM screening s LEFT JOIN assessment a USING (assessment_id)
     WHERE s.requested_at IS NOT a.assessed_at OR s.status <> 'PENDING'
       OR s.process NOT IN ('SANCTIONS', 'PEP', 'ADVERSE_MEDIA', 'INTERNAL_LIST')",
    "SELECT 'table day_file, day ' || day FROM (
       SELECT day, endpoint, status, files, bytes, customers FROM day_file
       EXCEPT
       SELECT substr(received_at, 1, 10), iif(status = 404, '', endpoint), status, count(*),
              sum(bytes), sum(customers)
       FROM batch GROUP BY 1, 2, 3)",
    "SELECT 'tables day_volume, day_finding, standing: not the sums of total' FROM total t
     WHERE (t.accepted, t.rejected, t.assessments, t.customers)
           <> (SELECT coalesce(sum(accepted), 0), coalesce(sum(rejected), 0),
                      coalesce(sum(assessments), 0), coalesce(sum(created), 0) FROM day_volume)
       OR (t.rejected, (SELECT count(*) FROM v_finding))
          <> (SELECT coalesce(sum(answers), 0), coalesce(sum(findings), 0) FROM day_finding)
       OR t.customers <> (SELECT coalesce(sum(customers), 0) FROM standing)",
    "SELECT 'table evaluation, assessment ' || a.assessment_id FROM assessment a
     WHERE a.evaluation = 'PENDING' AND NOT EXISTS
       (SELECT 1 FROM evaluation e WHERE e.assessment_id = a.assessment_id)",
    // Open is what nobody decided, and nothing took the place of.
    "SELECT 'tables evaluation, decision, open_evaluation: evaluation ' || e.evaluation_id
     FROM evaluation e
     LEFT JOIN decision d USING (evaluation_id)
     LEFT JOIN open_evaluation o USING (evaluation_id)
     WHERE iif(e.level IS NULL, e.why_not IS NULL, e.account IS NULL OR NOT json_valid(e.account))
       OR (d.evaluation_id IS NOT NULL AND (o.evaluation_id IS NOT NULL OR e.level IS NULL))
       OR (o.evaluation_id IS NOT NULL) <> (d.evaluation_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = e.assessment_id)
            AND NOT EXISTS (SELECT 1 FROM evaluation x WHERE x.assessment_id = e.assessment_id
                              AND x.evaluation_id > e.evaluation_id))",
    "SELECT 'tables event_file, event: file ' || f.file_id FROM event_file f
     WHERE f.published NOT BETWEEN 0 AND f.events
       OR f.events <> (SELECT count(*) FROM event e WHERE e.file_id = f.file_id AND json_valid(e.data))",
    "SELECT 'table warning, batch ' || w.batch_id
     FROM warning w LEFT JOIN batch b USING (batch_id)
     WHERE b.batch_id IS NULL OR w.count < 1 OR w.position NOT BETWEEN 0 AND b.customers - 1",
];

/// Looks at the small tables.
pub(super) fn small(conn: &Connection) -> Result<()> {
    ask(conn, &SMALL)
}

/// Looks at the others.
pub(super) fn all(conn: &Connection) -> Result<()> {
    ask(conn, &ALL)?;
    matrices(conn)
}

/// The text of a risk matrix must have its hash.
fn matrices(conn: &Connection) -> Result<()> {
    let mut select = conn.prepare("SELECT matrix_id, text, hash FROM risk_matrix")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next().map_err(at("table risk_matrix"))? {
        let (id, text, hash): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if crate::hex(&Sha256::digest(text.as_bytes())) != hash {
            return Err(damaged(format!("table risk_matrix, matrix {id}")));
        }
    }
    Ok(())
}

fn ask(conn: &Connection, questions: &[&str]) -> Result<()> {
    for question in questions {
        let found: Option<String> = conn
            .query_row(&format!("{question} LIMIT 1"), [], |r| r.get(0))
            .optional()
            .map_err(at("counts and sums"))?;
        if let Some(place) = found {
            return Err(damaged(place));
        }
    }
    Ok(())
}
