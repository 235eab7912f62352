-- Screening that is done here: the versions of the lists, a result for each subject and process of a
-- request, its hits, and what a person decided about them.

CREATE TABLE screening_list (
  list_id   INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,
  version   TEXT NOT NULL,
  title     TEXT NOT NULL,
  date      TEXT NOT NULL,
  entries   INTEGER NOT NULL,
  names     INTEGER NOT NULL,
  loaded_at TEXT NOT NULL,
  UNIQUE (name, version)
) STRICT;

-- `related` is the position in listRelatedEntity, from 0; NULL: the customer. Without a usable list
-- `why_not` says why. `matched`: there is a hit. `subject` has the members of its events that say who it is.
CREATE TABLE screening_result (
  result_id            INTEGER PRIMARY KEY,
  assessment_id        INTEGER NOT NULL REFERENCES assessment,
  process              TEXT NOT NULL,
  related              INTEGER,
  communication_number TEXT NOT NULL,
  screened_at          TEXT NOT NULL,
  why_not              TEXT,
  lists                TEXT NOT NULL,
  matched              INTEGER NOT NULL,
  kind                 TEXT NOT NULL,
  ext_id               TEXT NOT NULL,
  name                 TEXT NOT NULL,
  subject              TEXT NOT NULL
) STRICT;

CREATE INDEX screening_result_assessment ON screening_result (assessment_id);
CREATE INDEX screening_result_number ON screening_result (communication_number);

-- `pair` is the same where both sides are: the subject as it was compared, and the entry of the list.
CREATE TABLE screening_hit (
  result_id INTEGER NOT NULL REFERENCES screening_result,
  no        INTEGER NOT NULL,
  list_id   INTEGER NOT NULL REFERENCES screening_list,
  entity_id TEXT NOT NULL,
  name      TEXT NOT NULL,
  score     INTEGER NOT NULL,
  pair      TEXT NOT NULL,
  details   TEXT NOT NULL,
  PRIMARY KEY (result_id, no)
) STRICT, WITHOUT ROWID;

CREATE INDEX screening_hit_pair ON screening_hit (pair);

-- Those that wait for a person or for a list, and that no later request was screened in place of.
CREATE TABLE open_screening (
  result_id INTEGER PRIMARY KEY REFERENCES screening_result
) STRICT;

-- By a person, or, without decided_by, since the same pairs had been dismissed before.
CREATE TABLE screening_decision (
  result_id  INTEGER PRIMARY KEY REFERENCES screening_result,
  confirmed  INTEGER NOT NULL,
  decided_by TEXT,
  reason     TEXT NOT NULL,
  decided_at TEXT NOT NULL,
  batch_id   INTEGER REFERENCES batch
) STRICT;

CREATE TRIGGER screening_decision_stays BEFORE UPDATE ON screening_decision
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER screening_decision_is_kept BEFORE DELETE ON screening_decision
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;

-- The entries of lists that all standing customers have been compared with, each with a hash of what it
-- was then.
CREATE TABLE screened_entity (
  list      TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  hash      INTEGER NOT NULL,
  PRIMARY KEY (list, entity_id)
) STRICT, WITHOUT ROWID;

-- Each time that standing customers were compared with what changed in the lists. `lists` has their
-- versions, `last_assessment_id` how far it is; an end of NULL is one that goes on.
CREATE TABLE rescreening (
  rescreening_id     INTEGER PRIMARY KEY,
  lists              TEXT NOT NULL,
  begun_at           TEXT NOT NULL,
  last_assessment_id INTEGER NOT NULL,
  customers          INTEGER NOT NULL,
  matches            INTEGER NOT NULL,
  ended_at           TEXT
) STRICT;

INSERT INTO screening_result (assessment_id, process, communication_number, screened_at, why_not,
  lists, matched, kind, ext_id, name, subject)
SELECT a.assessment_id, s.process, a.communication_number, s.requested_at,
       'it was asked for before kycdrop screened', '[]', 0,
       iif(a.kind = 'lead', 'lead', 'customer'), a.customer_ext_id, a.name,
       json_object('externalId', a.customer_ext_id)
FROM screening s JOIN assessment a USING (assessment_id)
ORDER BY a.assessment_id, s.process;

INSERT INTO open_screening SELECT result_id FROM screening_result;

UPDATE total SET screenings = (SELECT count(*) FROM open_screening);

DROP VIEW v_screening;
CREATE VIEW v_screening AS
SELECT r.assessment_id, r.process,
       CASE WHEN o.result_id IS NOT NULL THEN 'PENDING'
            WHEN r.why_not IS NULL AND (r.matched = 0 OR d.result_id IS NOT NULL) THEN 'COMPLETED'
            ELSE 'SUPERSEDED' END AS status,
       r.screened_at AS requested_at, a.customer_ext_id, a.business_unit,
       r.communication_number, r.related + 1 AS related, r.name AS screened_name,
       r.why_not, r.matched, d.confirmed, d.decided_by, d.reason, d.decided_at,
       (SELECT json_group_array(json_object('list', l.name, 'version', l.version, 'date', l.date))
        FROM json_each(r.lists) j JOIN screening_list l ON l.list_id = j.value) AS lists
FROM screening_result r
JOIN assessment a ON a.assessment_id = r.assessment_id
LEFT JOIN open_screening o ON o.result_id = r.result_id
LEFT JOIN screening_decision d ON d.result_id = r.result_id;

CREATE VIEW v_screening_hit AS
SELECT r.assessment_id, r.communication_number, r.process, r.related + 1 AS related,
       r.name AS screened_name, h.no, l.name AS list, l.version AS list_version, l.date AS list_date,
       h.entity_id, h.name AS entity_name, h.score / 1000.0 AS score, h.details
FROM screening_hit h
JOIN screening_result r ON r.result_id = h.result_id
JOIN screening_list l ON l.list_id = h.list_id;

DROP VIEW v_pending;
CREATE VIEW v_pending AS
SELECT 'evaluation' AS what, NULL AS process, e.assessment_id, a.customer_ext_id, a.business_unit,
       a.assessed_at AS requested_at, 1 AS newest, e.communication_number,
       coalesce(e.why_not, 'a person decides') AS why, NULL AS related
FROM open_evaluation w
JOIN evaluation e ON e.evaluation_id = w.evaluation_id
JOIN assessment a ON a.assessment_id = e.assessment_id
UNION ALL
SELECT 'screening', r.process, r.assessment_id, a.customer_ext_id, a.business_unit, r.screened_at,
       NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = r.assessment_id),
       r.communication_number, coalesce(r.why_not, 'a person decides'), r.related + 1
FROM open_screening w
JOIN screening_result r ON r.result_id = w.result_id
JOIN assessment a ON a.assessment_id = r.assessment_id;

CREATE VIEW v_rescreening AS
SELECT rescreening_id,
       (SELECT json_group_array(json_object('list', l.name, 'version', l.version, 'date', l.date))
        FROM json_each(r.lists) j JOIN screening_list l ON l.list_id = j.value) AS lists,
       begun_at, customers, matches, ended_at
FROM rescreening r;

INSERT INTO view_description VALUES
('v_rescreening', 'Each time that standing customers were compared with what changed in the lists.'),
('v_screening_hit', 'Every hit of screening: whom it may be, by which list, and how near.');

INSERT INTO column_description VALUES
('v_rescreening', 'rescreening_id', 'Its number.'),
('v_rescreening', 'lists', 'The lists with their versions and dates, JSON.'),
('v_rescreening', 'begun_at', 'When it began, UTC.'),
('v_rescreening', 'customers', 'Standing customers that were compared.'),
('v_rescreening', 'matches', 'Subjects and processes with a new match.'),
('v_rescreening', 'ended_at', 'When it ended, UTC; NULL while it goes on.'),
('v_screening', 'communication_number', 'communicationNumber of the request.'),
('v_screening', 'related', 'Number of the related entity in listRelatedEntity, from 1; NULL: the customer.'),
('v_screening', 'screened_name', 'The name that was screened.'),
('v_screening', 'why_not', 'Why it could not be done; NULL when it was.'),
('v_screening', 'matched', '1 when there was a hit, else 0.'),
('v_screening', 'confirmed', '1 when a person confirmed the match, 0 when it was dismissed; NULL until then.'),
('v_screening', 'decided_by', 'Who decided; NULL when the same pairs had been dismissed before.'),
('v_screening', 'reason', 'What was said about it.'),
('v_screening', 'decided_at', 'When, UTC.'),
('v_screening', 'lists', 'The lists that were compared with, with versions and dates, JSON.'),
('v_screening_hit', 'assessment_id', 'The assessment that asked for it.'),
('v_screening_hit', 'communication_number', 'communicationNumber of the request.'),
('v_screening_hit', 'process', 'SANCTIONS, PEP, ADVERSE_MEDIA or INTERNAL_LIST.'),
('v_screening_hit', 'related', 'Number of the related entity in listRelatedEntity, from 1; NULL: the customer.'),
('v_screening_hit', 'screened_name', 'The name that was screened.'),
('v_screening_hit', 'no', 'Counts the hits of one subject from 1, the best first.'),
('v_screening_hit', 'list', 'Name of the list.'),
('v_screening_hit', 'list_version', 'Hash of its description and files.'),
('v_screening_hit', 'list_date', 'The day that it is from.'),
('v_screening_hit', 'entity_id', 'The identifier that the list gives.'),
('v_screening_hit', 'entity_name', 'The name that met.'),
('v_screening_hit', 'score', '0.0 to 1.0.'),
('v_screening_hit', 'details', 'Which words met with what weight, and what birth date and country did, JSON.'),
('v_pending', 'related', 'Number of the related entity in listRelatedEntity, from 1; NULL: the customer.');

UPDATE column_description
SET description = 'PENDING: it waits for a person or a list; COMPLETED; SUPERSEDED: a later request was screened for the same process.'
WHERE view_name = 'v_screening' AND column_name = 'status';
UPDATE column_description
SET description = 'When it was screened, UTC.'
WHERE view_name = 'v_screening' AND column_name = 'requested_at';
UPDATE view_description
SET description = 'Evaluations and screenings that wait for a person, a matrix or a list.'
WHERE view_name = 'v_pending';
