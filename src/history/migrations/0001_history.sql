-- The history as it began: classifiers and rules with their versions, batches, assessments,
-- rejections with every finding, warnings. Tables may change with later migrations; the views at
-- the end are what people ask, and their columns are only ever added to.

CREATE TABLE setting (
  name  TEXT NOT NULL PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Classifiers ------------------------------------------------------------------------------------

-- One row for each different content of all classifier files together.
CREATE TABLE classifier_set (
  set_id    INTEGER PRIMARY KEY,
  hash      TEXT NOT NULL UNIQUE,
  loaded_at TEXT NOT NULL
) STRICT;

-- Each time a set came into force; the newest row is the set in force.
CREATE TABLE classifier_load (
  load_id   INTEGER PRIMARY KEY,
  set_id    INTEGER NOT NULL REFERENCES classifier_set,
  loaded_at TEXT NOT NULL
) STRICT;

-- One row for each different content of one classifier file.
CREATE TABLE classifier_version (
  version_id  INTEGER PRIMARY KEY,
  classifier  TEXT NOT NULL,
  title       TEXT NOT NULL,
  hash        TEXT NOT NULL,
  bind_fields TEXT NOT NULL,
  bind_values TEXT NOT NULL,
  UNIQUE (classifier, hash)
) STRICT;

CREATE TABLE classifier_version_value (
  version_id INTEGER NOT NULL REFERENCES classifier_version,
  code       TEXT NOT NULL,
  name       TEXT NOT NULL,
  attributes TEXT NOT NULL,
  retired    INTEGER NOT NULL,
  PRIMARY KEY (version_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE classifier_set_member (
  set_id     INTEGER NOT NULL REFERENCES classifier_set,
  version_id INTEGER NOT NULL REFERENCES classifier_version,
  PRIMARY KEY (set_id, version_id)
) STRICT, WITHOUT ROWID;

-- Every value that ever was, as it was last; a value that went is retired, not deleted.
CREATE TABLE classifier_value (
  classifier TEXT NOT NULL,
  code       TEXT NOT NULL,
  name       TEXT NOT NULL,
  attributes TEXT NOT NULL,
  retired_at TEXT,
  PRIMARY KEY (classifier, code)
) STRICT, WITHOUT ROWID;

-- Rules ------------------------------------------------------------------------------------------

-- One row for each different catalogue of rules, and the version of kycdrop that brought it.
CREATE TABLE rule_set (
  rule_set_id INTEGER PRIMARY KEY,
  hash        TEXT NOT NULL UNIQUE,
  version     TEXT NOT NULL,
  loaded_at   TEXT NOT NULL
) STRICT;

CREATE TABLE rule (
  rule_set_id INTEGER NOT NULL REFERENCES rule_set,
  no          INTEGER NOT NULL,
  rule        TEXT NOT NULL,
  code        TEXT NOT NULL,
  condition   TEXT NOT NULL,
  description TEXT NOT NULL,
  origin      TEXT NOT NULL,
  endpoints   TEXT NOT NULL,
  PRIMARY KEY (rule_set_id, no)
) STRICT, WITHOUT ROWID;

-- Batches ----------------------------------------------------------------------------------------

CREATE TABLE batch (
  batch_id      INTEGER PRIMARY KEY,
  claim         TEXT NOT NULL UNIQUE,
  endpoint      TEXT NOT NULL,
  file_name     TEXT NOT NULL,
  sha256        TEXT NOT NULL,
  bytes         INTEGER NOT NULL,
  status        INTEGER NOT NULL,
  customers     INTEGER NOT NULL,
  accepted      INTEGER NOT NULL,
  rejected      INTEGER NOT NULL,
  repeated      INTEGER NOT NULL,
  received_at   TEXT NOT NULL,
  finished_at   TEXT NOT NULL,
  elapsed_ms    INTEGER NOT NULL,
  set_id        INTEGER REFERENCES classifier_set,
  rule_set_id   INTEGER REFERENCES rule_set,
  error         TEXT,
  response_file TEXT,
  published_at  TEXT
) STRICT;

CREATE INDEX batch_unpublished ON batch (batch_id) WHERE published_at IS NULL;
CREATE INDEX batch_sha256 ON batch (sha256);

CREATE TABLE assessment (
  assessment_id            INTEGER PRIMARY KEY,
  batch_id                 INTEGER NOT NULL REFERENCES batch,
  position                 INTEGER NOT NULL,
  communication_number     TEXT NOT NULL,
  customer_ext_id          TEXT NOT NULL,
  business_unit            TEXT,
  requester                TEXT NOT NULL,
  action                   TEXT NOT NULL,
  entity_type              TEXT NOT NULL,
  name                     TEXT NOT NULL,
  risk_level               TEXT,
  customer_status          TEXT,
  risk_management_category TEXT NOT NULL,
  kind                     TEXT NOT NULL,
  source_of_risk_level     TEXT NOT NULL,
  evaluation               TEXT,
  application_date         TEXT,
  assessed_at              TEXT NOT NULL,
  elapsed_ms               INTEGER NOT NULL,
  payload                  TEXT NOT NULL
) STRICT;

CREATE INDEX assessment_batch ON assessment (batch_id, position);
CREATE INDEX assessment_pending ON assessment (assessment_id) WHERE evaluation = 'PENDING';

-- Which accepted request holds a communicationNumber: its keyed 64-bit hash, and, where two texts
-- have one hash, the next free number. The text in the assessment decides.
CREATE TABLE communication_number (
  key           INTEGER PRIMARY KEY,
  assessment_id INTEGER NOT NULL REFERENCES assessment
) STRICT;

-- One row a customer, by the hash of businessUnit and customerExtId in the same manner.
CREATE TABLE customer (
  key                 INTEGER PRIMARY KEY,
  assessment_id       INTEGER NOT NULL REFERENCES assessment,
  first_assessment_id INTEGER NOT NULL REFERENCES assessment,
  assessments         INTEGER NOT NULL
) STRICT;

CREATE TABLE screening (
  assessment_id INTEGER NOT NULL REFERENCES assessment,
  process       TEXT NOT NULL,
  status        TEXT NOT NULL,
  requested_at  TEXT NOT NULL,
  PRIMARY KEY (assessment_id, process)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejection (
  rejection_id         INTEGER PRIMARY KEY,
  batch_id             INTEGER NOT NULL REFERENCES batch,
  position             INTEGER NOT NULL,
  communication_number TEXT,
  customer_ext_id      TEXT,
  business_unit        TEXT,
  rejected_at          TEXT NOT NULL,
  elapsed_ms           INTEGER NOT NULL,
  payload              TEXT NOT NULL
) STRICT;

CREATE INDEX rejection_batch ON rejection (batch_id, position);

-- `no` counts from 1 in the order in which rules are looked for; 1 is the answer.
CREATE TABLE finding (
  batch_id    INTEGER NOT NULL REFERENCES batch,
  position    INTEGER NOT NULL,
  no          INTEGER NOT NULL,
  rule        TEXT NOT NULL,
  code        TEXT NOT NULL,
  description TEXT NOT NULL,
  path        TEXT NOT NULL,
  PRIMARY KEY (batch_id, position, no)
) STRICT, WITHOUT ROWID;

-- Accepted without a new assessment: validated only, or the same request again.
CREATE TABLE acknowledgement (
  batch_id             INTEGER NOT NULL REFERENCES batch,
  position             INTEGER NOT NULL,
  communication_number TEXT,
  customer_ext_id      TEXT,
  business_unit        TEXT,
  elapsed_ms           INTEGER NOT NULL,
  assessment_id        INTEGER REFERENCES assessment,
  PRIMARY KEY (batch_id, position)
) STRICT, WITHOUT ROWID;

-- A position of NULL speaks of the file itself.
CREATE TABLE warning (
  warning_id INTEGER PRIMARY KEY,
  batch_id   INTEGER NOT NULL REFERENCES batch,
  position   INTEGER,
  kind       TEXT NOT NULL,
  path       TEXT NOT NULL,
  detail     TEXT NOT NULL
) STRICT;

CREATE INDEX warning_batch ON warning (batch_id, position);

-- Sums over everything, in one row, so that a glance at the whole costs nothing.
CREATE TABLE total (
  batches     INTEGER NOT NULL,
  accepted    INTEGER NOT NULL,
  rejected    INTEGER NOT NULL,
  assessments INTEGER NOT NULL,
  customers   INTEGER NOT NULL,
  evaluations INTEGER NOT NULL,
  screenings  INTEGER NOT NULL
) STRICT;

INSERT INTO total VALUES (0, 0, 0, 0, 0, 0, 0);

-- What people ask --------------------------------------------------------------------------------

CREATE VIEW v_batch AS
SELECT b.batch_id, b.endpoint, b.file_name, b.sha256, b.bytes, b.status, b.customers, b.accepted,
       b.rejected, b.received_at, b.finished_at, b.elapsed_ms, s.hash AS classifier_set,
       b.response_file, b.published_at, b.repeated, b.error, r.hash AS rule_set
FROM batch b
LEFT JOIN classifier_set s ON s.set_id = b.set_id
LEFT JOIN rule_set r ON r.rule_set_id = b.rule_set_id;

CREATE VIEW v_assessment AS
SELECT a.assessment_id, a.batch_id, a.position, a.communication_number, a.customer_ext_id,
       a.business_unit, a.requester, a.action, a.entity_type, a.name, a.risk_level,
       a.customer_status, a.risk_management_category, a.source_of_risk_level, a.evaluation,
       a.application_date, a.assessed_at, a.payload, a.kind, b.endpoint
FROM assessment a
JOIN batch b ON b.batch_id = a.batch_id;

CREATE VIEW v_rejection AS
SELECT r.batch_id, r.position, r.communication_number, r.customer_ext_id, r.business_unit,
       f.code AS error_code, f.description AS error_description, r.rejected_at, r.payload,
       f.rule, b.endpoint
FROM rejection r
JOIN batch b ON b.batch_id = r.batch_id
JOIN finding f ON f.batch_id = r.batch_id AND f.position = r.position AND f.no = 1;

CREATE VIEW v_finding AS
SELECT batch_id, position, no, rule, code, description, path
FROM finding;

CREATE VIEW v_warning AS
SELECT batch_id, position, kind, path, detail
FROM warning;

CREATE VIEW v_customer AS
SELECT n.business_unit, n.customer_ext_id, n.kind, n.entity_type, n.name, n.risk_level,
       n.customer_status, n.risk_management_category, c.assessments,
       o.assessed_at AS first_assessed_at, n.assessed_at AS last_assessed_at, n.assessment_id,
       n.evaluation
FROM customer c
JOIN assessment n ON n.assessment_id = c.assessment_id
JOIN assessment o ON o.assessment_id = c.first_assessment_id;

CREATE VIEW v_screening AS
SELECT s.assessment_id, s.process, s.status, s.requested_at, a.customer_ext_id, a.business_unit
FROM screening s
JOIN assessment a ON a.assessment_id = s.assessment_id;

CREATE VIEW v_classifier_value AS
SELECT classifier, code, name, attributes, retired_at
FROM classifier_value;

CREATE VIEW v_classifier_set AS
SELECT s.hash AS classifier_set, s.loaded_at, v.classifier, v.title, v.hash AS classifier_hash,
       x.code, x.name, x.attributes, x.retired
FROM classifier_set s
JOIN classifier_set_member m ON m.set_id = s.set_id
JOIN classifier_version v ON v.version_id = m.version_id
LEFT JOIN classifier_version_value x ON x.version_id = v.version_id;

CREATE VIEW v_rule AS
SELECT rule, code, description, origin, endpoints, no, condition
FROM rule
WHERE rule_set_id = (SELECT value FROM setting WHERE name = 'rule_set_in_force');

CREATE VIEW v_rule_set AS
SELECT s.hash AS rule_set, s.version, s.loaded_at, r.no, r.rule, r.code, r.condition,
       r.description, r.origin, r.endpoints
FROM rule_set s
JOIN rule r ON r.rule_set_id = s.rule_set_id;

-- What each column of these views means.
CREATE TABLE column_description (
  view_name   TEXT NOT NULL,
  column_name TEXT NOT NULL,
  description TEXT NOT NULL,
  PRIMARY KEY (view_name, column_name)
) STRICT, WITHOUT ROWID;

INSERT INTO column_description VALUES
('v_batch', 'batch_id', 'Number of the file in this history, rising in the order of work.'),
('v_batch', 'endpoint', 'Endpoint that the file was dropped for; for a 404 the path that was asked for.'),
('v_batch', 'file_name', 'Name of the file as it was dropped.'),
('v_batch', 'sha256', 'SHA-256 of its bytes, in hexadecimal.'),
('v_batch', 'bytes', 'Its size in bytes.'),
('v_batch', 'status', 'Status of the answer: 200, 400, 404 or 500.'),
('v_batch', 'customers', 'Customers in the file.'),
('v_batch', 'accepted', 'Customers answered REQUEST_ACCEPTED.'),
('v_batch', 'rejected', 'Customers answered REQUEST_REJECTED.'),
('v_batch', 'received_at', 'When the file was taken from the inbox, UTC.'),
('v_batch', 'finished_at', 'When it was judged, UTC.'),
('v_batch', 'elapsed_ms', 'Milliseconds from taking the file to the end of judging, as answered.'),
('v_batch', 'classifier_set', 'Hash of the classifier set that judged it; see v_classifier_set.'),
('v_batch', 'response_file', 'Path of the response below outbox.'),
('v_batch', 'published_at', 'When the response was put into outbox, UTC.'),
('v_batch', 'repeated', 'Of the accepted: those that an earlier drop of the same bytes had already saved.'),
('v_batch', 'error', 'Why a file was answered 400, 404 or 500: what is wrong, and where in the file.'),
('v_batch', 'rule_set', 'Hash of the rules that judged it; see v_rule_set.'),
('v_assessment', 'assessment_id', 'Number of the assessment, rising in the order of work.'),
('v_assessment', 'batch_id', 'The file that it came in.'),
('v_assessment', 'position', 'Place in the file, from 0.'),
('v_assessment', 'communication_number', 'communicationNumber: no other accepted request has it.'),
('v_assessment', 'customer_ext_id', 'customerExtId.'),
('v_assessment', 'business_unit', 'businessUnit; NULL when none was given.'),
('v_assessment', 'requester', 'requester.'),
('v_assessment', 'action', 'CREATE or UPDATE.'),
('v_assessment', 'entity_type', 'INDIVIDUAL or ORGANIZATION.'),
('v_assessment', 'name', 'First and last name, or title.'),
('v_assessment', 'risk_level', 'Risk level imported; NULL while an evaluation is pending.'),
('v_assessment', 'customer_status', 'customerStatus; PENDING for a lead.'),
('v_assessment', 'risk_management_category', 'riskManagementCategory.'),
('v_assessment', 'source_of_risk_level', 'IMPORT or EVALUATE.'),
('v_assessment', 'evaluation', 'PENDING for EVALUATE, which the head office has yet to do; else NULL.'),
('v_assessment', 'application_date', 'applicationDate: the day as given, or the moment in UTC.'),
('v_assessment', 'assessed_at', 'When it was judged, UTC.'),
('v_assessment', 'payload', 'The customer as it came, JSON.'),
('v_assessment', 'kind', 'What the category makes of the customer: regular, lead or simplified.'),
('v_assessment', 'endpoint', 'Endpoint that it came to.'),
('v_rejection', 'batch_id', 'The file that it came in.'),
('v_rejection', 'position', 'Place in the file, from 0.'),
('v_rejection', 'communication_number', 'communicationNumber; NULL when none was readable.'),
('v_rejection', 'customer_ext_id', 'customerExtId; NULL when none was readable.'),
('v_rejection', 'business_unit', 'businessUnit; NULL when none was given.'),
('v_rejection', 'error_code', 'Code of the first finding, as answered.'),
('v_rejection', 'error_description', 'Description of the first finding, as answered.'),
('v_rejection', 'rejected_at', 'When it was judged, UTC.'),
('v_rejection', 'payload', 'The customer as it came, JSON.'),
('v_rejection', 'rule', 'Rule of the first finding; see v_rule.'),
('v_rejection', 'endpoint', 'Endpoint that it came to.'),
('v_finding', 'batch_id', 'The file.'),
('v_finding', 'position', 'Place in the file, from 0.'),
('v_finding', 'no', 'Counts the findings of one customer from 1; 1 is the answer.'),
('v_finding', 'rule', 'The rule that holds; see v_rule.'),
('v_finding', 'code', 'Its code, as answered.'),
('v_finding', 'description', 'Its description, as answered.'),
('v_finding', 'path', 'The field in the customer, such as listAddress[0].country.'),
('v_warning', 'batch_id', 'The file.'),
('v_warning', 'position', 'Place in the file, from 0; NULL when the file itself is meant.'),
('v_warning', 'kind', 'unknown-field, unknown-field-twice, ignored-field, more-unknown-fields or more-findings.'),
('v_warning', 'path', 'The field in the customer.'),
('v_warning', 'detail', 'What else to know: the nearest known name, why it is ignored.'),
('v_customer', 'business_unit', 'businessUnit; NULL when none was given.'),
('v_customer', 'customer_ext_id', 'customerExtId, unique within the businessUnit.'),
('v_customer', 'kind', 'regular, lead or simplified, by the newest assessment.'),
('v_customer', 'entity_type', 'INDIVIDUAL or ORGANIZATION.'),
('v_customer', 'name', 'First and last name, or title.'),
('v_customer', 'risk_level', 'Risk level of the newest assessment; NULL while an evaluation is pending.'),
('v_customer', 'customer_status', 'customerStatus of the newest assessment.'),
('v_customer', 'risk_management_category', 'riskManagementCategory of the newest assessment.'),
('v_customer', 'assessments', 'How many assessments there are.'),
('v_customer', 'first_assessed_at', 'When the first was made, UTC.'),
('v_customer', 'last_assessed_at', 'When the newest was made, UTC.'),
('v_customer', 'assessment_id', 'The newest assessment.'),
('v_customer', 'evaluation', 'PENDING while the newest assessment waits for its evaluation; else NULL.'),
('v_screening', 'assessment_id', 'The assessment that asked for it.'),
('v_screening', 'process', 'SANCTIONS, PEP, ADVERSE_MEDIA or INTERNAL_LIST.'),
('v_screening', 'status', 'PENDING: screening needs the head office.'),
('v_screening', 'requested_at', 'When it was asked for, UTC.'),
('v_screening', 'customer_ext_id', 'customerExtId of the customer.'),
('v_screening', 'business_unit', 'businessUnit of the customer; NULL when none was given.'),
('v_classifier_value', 'classifier', 'Name of the classifier.'),
('v_classifier_value', 'code', 'The code that requests give.'),
('v_classifier_value', 'name', 'What it means.'),
('v_classifier_value', 'attributes', 'JSON object; for risk management categories entity_type (none: both) and kind.'),
('v_classifier_value', 'retired_at', 'Since when it may not be given any more; NULL while it may.'),
('v_classifier_set', 'classifier_set', 'Hash of the set, as in v_batch.'),
('v_classifier_set', 'loaded_at', 'When the set was first loaded, UTC.'),
('v_classifier_set', 'classifier', 'Name of the classifier.'),
('v_classifier_set', 'title', 'Its title.'),
('v_classifier_set', 'classifier_hash', 'Hash of this classifier alone: equal where two sets agree on it.'),
('v_classifier_set', 'code', 'The code; NULL for a classifier without values.'),
('v_classifier_set', 'name', 'What it means.'),
('v_classifier_set', 'attributes', 'JSON object.'),
('v_classifier_set', 'retired', '1 when it was retired already, else 0.'),
('v_rule', 'rule', 'Stable name of the rule.'),
('v_rule', 'code', 'Its code; C01{6|7} follows the entityType of the customer.'),
('v_rule', 'description', 'Its description, with placeholders.'),
('v_rule', 'origin', 'published, text published or ours.'),
('v_rule', 'endpoints', 'The endpoints where it applies.'),
('v_rule', 'no', 'Its place in the order in which rules are looked for, from 1.'),
('v_rule', 'condition', 'When it holds.'),
('v_rule_set', 'rule_set', 'Hash of the rules, as in v_batch.'),
('v_rule_set', 'version', 'Version of kycdrop that brought them.'),
('v_rule_set', 'loaded_at', 'When they were first used here, UTC.'),
('v_rule_set', 'no', 'Place in the order in which rules are looked for, from 1.'),
('v_rule_set', 'rule', 'Stable name of the rule.'),
('v_rule_set', 'code', 'Its code.'),
('v_rule_set', 'condition', 'When it holds.'),
('v_rule_set', 'description', 'Its description, with placeholders.'),
('v_rule_set', 'origin', 'published, text published or ours.'),
('v_rule_set', 'endpoints', 'The endpoints where it applies.');
