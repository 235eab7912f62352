-- Evaluations that are done here: risk matrices with their versions, evaluations with all that they
-- took, decisions, and the events of a request as the API has them.

-- One row for each different content of a matrix together with the classifiers whose ratings it uses.
CREATE TABLE risk_matrix (
  matrix_id   INTEGER PRIMARY KEY,
  file        TEXT NOT NULL,
  hash        TEXT NOT NULL,
  classifiers TEXT NOT NULL,
  name        TEXT NOT NULL,
  owner       TEXT NOT NULL,
  valid_from  TEXT NOT NULL,
  example     INTEGER NOT NULL,
  categories  TEXT NOT NULL,
  text        TEXT NOT NULL,
  loaded_at   TEXT NOT NULL,
  UNIQUE (hash, file, classifiers)
) STRICT;

-- One row for each communicationNumber that has events: the file below outbox/communications-events,
-- how many events it is to have, and how many of them it has.
CREATE TABLE event_file (
  file_id              INTEGER PRIMARY KEY,
  communication_number TEXT NOT NULL,
  name                 TEXT NOT NULL COLLATE NOCASE UNIQUE,
  events               INTEGER NOT NULL,
  published            INTEGER NOT NULL
) STRICT;

CREATE INDEX event_file_number ON event_file (communication_number);
CREATE INDEX event_file_unpublished ON event_file (file_id) WHERE published < events;

-- Events are only ever added. `no` counts from 1 in one file.
CREATE TABLE event (
  file_id       INTEGER NOT NULL REFERENCES event_file,
  no            INTEGER NOT NULL,
  assessment_id INTEGER NOT NULL REFERENCES assessment,
  type          TEXT NOT NULL,
  subject       TEXT NOT NULL,
  data          TEXT NOT NULL,
  id            TEXT NOT NULL,
  time          TEXT NOT NULL,
  PRIMARY KEY (file_id, no)
) STRICT, WITHOUT ROWID;

-- An assessment that asks for one has at least one. Without a matrix `why_not` says why, and what
-- follows it is NULL. `account` is all that was taken and what it came to, as JSON. `waits_for_approval`:
-- once accepted, it is completed by the request that brings an approvalDate. `approval_date` is that
-- of the request, as a moment.
CREATE TABLE evaluation (
  evaluation_id        INTEGER PRIMARY KEY,
  assessment_id        INTEGER NOT NULL REFERENCES assessment,
  communication_number TEXT NOT NULL,
  evaluated_at         TEXT NOT NULL,
  matrix_id            INTEGER REFERENCES risk_matrix,
  why_not              TEXT,
  score                TEXT,
  level_of_score       TEXT,
  level                TEXT,
  verdict              TEXT,
  waits_for_approval   INTEGER NOT NULL,
  approval_date        TEXT,
  account              TEXT
) STRICT;

CREATE INDEX evaluation_assessment ON evaluation (assessment_id);
CREATE INDEX evaluation_number ON evaluation (communication_number);

-- Those that are neither decided nor replaced by a later request or evaluation.
CREATE TABLE open_evaluation (
  evaluation_id INTEGER PRIMARY KEY REFERENCES evaluation
) STRICT;

-- By a person, or, without decided_by, by the matrix.
CREATE TABLE decision (
  evaluation_id INTEGER PRIMARY KEY REFERENCES evaluation,
  decision      TEXT NOT NULL,
  level         TEXT NOT NULL,
  ground        TEXT,
  decided_by    TEXT,
  comment       TEXT,
  decided_at    TEXT NOT NULL,
  batch_id      INTEGER REFERENCES batch
) STRICT;

CREATE TRIGGER decision_stays BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;

-- Accepted, and to be completed by the request that brings an approvalDate; with the newest assessment
-- of the customer.
CREATE TABLE approval_wait (
  evaluation_id INTEGER PRIMARY KEY REFERENCES evaluation,
  assessment_id INTEGER NOT NULL REFERENCES assessment
) STRICT;

CREATE INDEX approval_wait_assessment ON approval_wait (assessment_id);

INSERT INTO evaluation (assessment_id, communication_number, evaluated_at, why_not, waits_for_approval)
SELECT assessment_id, communication_number, assessed_at,
       'it was asked for before kycdrop evaluated', 0
FROM assessment WHERE evaluation = 'PENDING' ORDER BY assessment_id;

INSERT INTO open_evaluation
SELECT evaluation_id FROM evaluation e
WHERE NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = e.assessment_id);

UPDATE total SET evaluations = (SELECT count(*) FROM open_evaluation);

-- What people ask --------------------------------------------------------------------------------

CREATE VIEW v_evaluation AS
SELECT e.evaluation_id, e.assessment_id, e.communication_number, a.customer_ext_id, a.business_unit,
       a.name, a.kind, a.risk_management_category,
       CAST(CASE WHEN w.evaluation_id IS NOT NULL THEN 'WAITING_FOR_APPROVAL_DATE'
            WHEN d.evaluation_id IS NOT NULL THEN 'COMPLETED'
            WHEN o.evaluation_id IS NOT NULL THEN 'PENDING'
            ELSE 'SUPERSEDED' END AS TEXT) AS state,
       CAST(e.score AS REAL) AS score, e.level_of_score, e.level AS initial_risk_level,
       d.level AS final_risk_level, d.decision, e.verdict, e.evaluated_at, e.why_not,
       m.name AS matrix, m.hash AS matrix_hash, e.account
FROM evaluation e
JOIN assessment a ON a.assessment_id = e.assessment_id
LEFT JOIN risk_matrix m ON m.matrix_id = e.matrix_id
LEFT JOIN decision d ON d.evaluation_id = e.evaluation_id
LEFT JOIN open_evaluation o ON o.evaluation_id = e.evaluation_id
LEFT JOIN approval_wait w ON w.evaluation_id = e.evaluation_id;

CREATE VIEW v_decision AS
SELECT d.evaluation_id, e.assessment_id, e.communication_number, a.customer_ext_id, a.business_unit,
       a.name, e.level AS initial_risk_level, d.level AS final_risk_level, d.decision,
       d.ground AS decision_ground, d.decided_by, d.comment, d.decided_at, d.batch_id
FROM decision d
JOIN evaluation e ON e.evaluation_id = d.evaluation_id
JOIN assessment a ON a.assessment_id = e.assessment_id;

CREATE VIEW v_event AS
SELECT f.communication_number, e.no, e.type, e.subject, e.data, e.id, e.time, e.assessment_id,
       f.name AS event_file, CAST(e.no <= f.published AS INTEGER) AS published
FROM event e
JOIN event_file f ON f.file_id = e.file_id;

CREATE VIEW v_risk_matrix AS
SELECT matrix_id, file, hash, classifiers, name, owner, valid_from, example, categories, text,
       loaded_at
FROM risk_matrix;

-- The level of an EVALUATE is that of the newest evaluation of it that was decided.
DROP VIEW v_assessment;
CREATE VIEW v_assessment AS
SELECT a.assessment_id, b.batch_id, a.position, a.communication_number, a.customer_ext_id,
       a.business_unit, a.requester, a.action, a.entity_type, a.name,
       CAST(coalesce(a.risk_level,
         (SELECT d.level FROM evaluation e JOIN decision d ON d.evaluation_id = e.evaluation_id
          WHERE e.assessment_id = a.assessment_id
          ORDER BY e.evaluation_id DESC LIMIT 1)) AS TEXT) AS risk_level,
       a.customer_status, a.risk_management_category, a.source_of_risk_level,
       CAST(iif(a.evaluation IS NULL, NULL,
         (SELECT v.state FROM v_evaluation v WHERE v.assessment_id = a.assessment_id
          ORDER BY v.evaluation_id DESC LIMIT 1)) AS TEXT) AS evaluation,
       a.application_date, a.assessed_at, a.payload, a.kind, b.endpoint, s.next_assessment_id
FROM assessment a
JOIN batch b ON b.batch_id = a.batch_id
  AND a.assessment_id BETWEEN b.first_assessment_id AND b.last_assessment_id
LEFT JOIN succession s ON s.assessment_id = a.assessment_id;

DROP VIEW v_customer;
CREATE VIEW v_customer AS
SELECT n.business_unit, n.customer_ext_id, n.kind, n.entity_type, n.name,
       CAST(coalesce(n.risk_level,
         (SELECT d.level FROM evaluation e JOIN decision d ON d.evaluation_id = e.evaluation_id
          WHERE e.assessment_id = n.assessment_id
          ORDER BY e.evaluation_id DESC LIMIT 1)) AS TEXT) AS risk_level,
       n.customer_status, n.risk_management_category,
       CAST(coalesce(r.assessments, 1) AS INTEGER) AS assessments,
       o.assessed_at AS first_assessed_at, n.assessed_at AS last_assessed_at, n.assessment_id,
       CAST(iif(n.evaluation IS NULL, NULL,
         (SELECT v.state FROM v_evaluation v WHERE v.assessment_id = n.assessment_id
          ORDER BY v.evaluation_id DESC LIMIT 1)) AS TEXT) AS evaluation,
       n.country
FROM customer c
JOIN assessment n ON n.assessment_id = c.assessment_id
LEFT JOIN returning_customer r ON r.key = c.key
JOIN assessment o ON o.assessment_id = coalesce(r.first_assessment_id, c.assessment_id);

CREATE INDEX decision_high_risk ON decision (level, evaluation_id)
WHERE level IN ('HIGH', 'EXTREME');

DROP VIEW v_high_risk;
CREATE VIEW v_high_risk AS
SELECT a.business_unit, a.customer_ext_id, a.name, a.risk_level, a.customer_status, a.kind,
       a.entity_type, a.risk_management_category, a.assessed_at, a.assessment_id
FROM assessment a
WHERE a.risk_level IN ('HIGH', 'EXTREME')
  AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
UNION ALL
SELECT a.business_unit, a.customer_ext_id, a.name, d.level, a.customer_status, a.kind,
       a.entity_type, a.risk_management_category, a.assessed_at, a.assessment_id
FROM decision d
JOIN evaluation e ON e.evaluation_id = d.evaluation_id
JOIN assessment a ON a.assessment_id = e.assessment_id
WHERE d.level IN ('HIGH', 'EXTREME')
  AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
  AND NOT EXISTS (SELECT 1 FROM evaluation x JOIN decision y ON y.evaluation_id = x.evaluation_id
                  WHERE x.assessment_id = e.assessment_id AND x.evaluation_id > e.evaluation_id);

DROP VIEW v_pending;
CREATE VIEW v_pending AS
SELECT 'evaluation' AS what, NULL AS process, e.assessment_id, a.customer_ext_id, a.business_unit,
       a.assessed_at AS requested_at, 1 AS newest, e.communication_number,
       coalesce(e.why_not, 'a person decides') AS why
FROM open_evaluation w
JOIN evaluation e ON e.evaluation_id = w.evaluation_id
JOIN assessment a ON a.assessment_id = e.assessment_id
UNION ALL
SELECT 'screening', s.process, s.assessment_id, a.customer_ext_id, a.business_unit, s.requested_at,
       NOT EXISTS (SELECT 1 FROM succession x WHERE x.assessment_id = s.assessment_id),
       a.communication_number, 'kycdrop does not screen'
FROM screening s
JOIN assessment a ON a.assessment_id = s.assessment_id
WHERE s.status = 'PENDING';

-- A row for each factor, and for each floor that holds.
CREATE VIEW v_evaluation_factor AS
SELECT e.evaluation_id, e.assessment_id, p.part,
       json_extract(x.value, '$.id') AS id, json_extract(x.value, '$.group') AS grouping,
       json_extract(x.value, '$.weight') AS weight, json_extract(x.value, '$.state') AS state,
       json_extract(x.value, '$.points') AS points,
       coalesce(json_extract(x.value, '$.share_thousandths'), 0) / 1000.0 AS share,
       json_extract(x.value, '$.at_least') AS at_least,
       json_extract(x.value, '$.values[0].path') AS field,
       json_extract(x.value, '$.values[0].value') AS value,
       json_extract(x.value, '$.values[0].rating') AS rating,
       json_extract(x.value, '$.attribute[0]') AS attribute,
       json_extract(x.value, '$.attribute[1]') AS attribute_source,
       json_extract(x.value, '$.values') AS taken
FROM evaluation e
JOIN (SELECT 'factor' AS part, '$.factors' AS path UNION ALL SELECT 'floor', '$.floors') p
JOIN json_each(e.account, p.path) x;

INSERT INTO view_description VALUES
('v_decision', 'Every decision on an evaluation, by a person or by the matrix; none is ever changed.'),
('v_evaluation', 'Every evaluation of a risk level, with what it came to.'),
('v_evaluation_factor', 'What each evaluation took: its factors, and the floors that hold.'),
('v_event', 'Every event of evaluations, as the files in outbox/communications-events have them.'),
('v_risk_matrix', 'Every risk matrix that was ever active, with the ratings that it used.');

INSERT INTO column_description VALUES
('v_decision', 'evaluation_id', 'The evaluation.'),
('v_decision', 'assessment_id', 'The assessment whose customer was evaluated.'),
('v_decision', 'communication_number', 'The number under which its events are.'),
('v_decision', 'customer_ext_id', 'customerExtId.'),
('v_decision', 'business_unit', 'businessUnit; NULL when none was given.'),
('v_decision', 'name', 'First and last name, or title.'),
('v_decision', 'initial_risk_level', 'The level that was computed.'),
('v_decision', 'final_risk_level', 'The level that was decided.'),
('v_decision', 'decision', 'ACCEPTED or REJECTED.'),
('v_decision', 'decision_ground', 'Code of the classifier decisionGround; NULL when the matrix decided.'),
('v_decision', 'decided_by', 'Who decided; NULL when the matrix did.'),
('v_decision', 'comment', 'What that person wrote about it.'),
('v_decision', 'decided_at', 'When, UTC.'),
('v_decision', 'batch_id', 'The file of the decision; NULL when the matrix decided.'),
('v_evaluation', 'evaluation_id', 'Number of the evaluation, rising in the order of work.'),
('v_evaluation', 'assessment_id', 'The assessment whose customer was evaluated.'),
('v_evaluation', 'communication_number', 'The number under which its events are: that of the request, or one of its own for an evaluation that was done again.'),
('v_evaluation', 'customer_ext_id', 'customerExtId.'),
('v_evaluation', 'business_unit', 'businessUnit; NULL when none was given.'),
('v_evaluation', 'name', 'First and last name, or title.'),
('v_evaluation', 'kind', 'regular or lead.'),
('v_evaluation', 'risk_management_category', 'riskManagementCategory, which decides the matrix.'),
('v_evaluation', 'state', 'PENDING: it waits for a person or a matrix; WAITING_FOR_APPROVAL_DATE; COMPLETED; SUPERSEDED: a later request or evaluation took its place before it was decided.'),
('v_evaluation', 'score', '0.0 to 100.0; NULL where no matrix was there.'),
('v_evaluation', 'level_of_score', 'The level of the score alone.'),
('v_evaluation', 'initial_risk_level', 'The level that was computed, after floors and thin data.'),
('v_evaluation', 'final_risk_level', 'The level after the decision; NULL until then.'),
('v_evaluation', 'decision', 'ACCEPTED or REJECTED; NULL until then.'),
('v_evaluation', 'verdict', 'What the matrix says: PERSON, ACCEPTED or REJECTED.'),
('v_evaluation', 'evaluated_at', 'When, UTC.'),
('v_evaluation', 'why_not', 'Why it could not be evaluated; NULL when it was.'),
('v_evaluation', 'matrix', 'Name of the risk matrix.'),
('v_evaluation', 'matrix_hash', 'SHA-256 of its file; see v_risk_matrix.'),
('v_evaluation', 'account', 'All that was taken and what it came to, JSON; v_evaluation_factor has it as rows.'),
('v_evaluation_factor', 'evaluation_id', 'The evaluation.'),
('v_evaluation_factor', 'assessment_id', 'The assessment whose customer was evaluated.'),
('v_evaluation_factor', 'part', 'factor or floor.'),
('v_evaluation_factor', 'id', 'Its id in the matrix.'),
('v_evaluation_factor', 'grouping', 'The group of a factor.'),
('v_evaluation_factor', 'weight', 'The weight of that group.'),
('v_evaluation_factor', 'state', 'Of a factor: points, assumed, missing or not_applicable.'),
('v_evaluation_factor', 'points', '0 to 100; NULL without data.'),
('v_evaluation_factor', 'share', 'What the factor adds to the score.'),
('v_evaluation_factor', 'at_least', 'Of a floor: the level that it raises to.'),
('v_evaluation_factor', 'field', 'The first field that was taken, such as citizenshipCountry.'),
('v_evaluation_factor', 'value', 'Its value.'),
('v_evaluation_factor', 'rating', 'Its rating: the value of the attribute.'),
('v_evaluation_factor', 'attribute', 'The attribute of a classifier that rates the values.'),
('v_evaluation_factor', 'attribute_source', 'The classifier that gives it to them.'),
('v_evaluation_factor', 'taken', 'Everything that was taken, JSON.'),
('v_event', 'communication_number', 'The source of the event.'),
('v_event', 'no', 'Place in its file, from 1.'),
('v_event', 'type', 'The published type, such as app.amlyze.customer.riskmanagement.kyc_scoring.completed.'),
('v_event', 'subject', 'customerExtId.'),
('v_event', 'data', 'What it says, JSON.'),
('v_event', 'id', 'The same for as long as the event is.'),
('v_event', 'time', 'When it happened, UTC.'),
('v_event', 'assessment_id', 'The assessment that it is about.'),
('v_event', 'event_file', 'Name of its file below outbox/communications-events.'),
('v_event', 'published', '1 when it is in that file, else 0.'),
('v_risk_matrix', 'matrix_id', 'Number of the matrix.'),
('v_risk_matrix', 'file', 'Name of its file.'),
('v_risk_matrix', 'hash', 'SHA-256 of its file.'),
('v_risk_matrix', 'classifiers', 'The classifiers whose ratings it uses, with their hashes, JSON.'),
('v_risk_matrix', 'name', 'Its name.'),
('v_risk_matrix', 'owner', 'Who answers for it.'),
('v_risk_matrix', 'valid_from', 'The first day on which it may be used.'),
('v_risk_matrix', 'example', '1 for an example that nobody approved: a person decides every time.'),
('v_risk_matrix', 'categories', 'The codes of riskManagementCategory that it is for, JSON.'),
('v_risk_matrix', 'text', 'Its file.'),
('v_risk_matrix', 'loaded_at', 'When it was first loaded, UTC.'),
('v_pending', 'communication_number', 'communicationNumber of the request.'),
('v_pending', 'why', 'Why it is pending.');

UPDATE view_description
SET description = 'Evaluations that wait for a person or a matrix, and screenings that are pending.'
WHERE view_name = 'v_pending';
UPDATE column_description
SET description = 'Risk level imported or decided; NULL while nothing was decided.'
WHERE view_name IN ('v_assessment', 'v_customer') AND column_name = 'risk_level';
UPDATE column_description
SET description = 'For EVALUATE the state of its newest evaluation, as in v_evaluation; else NULL.'
WHERE view_name IN ('v_assessment', 'v_customer') AND column_name = 'evaluation';
