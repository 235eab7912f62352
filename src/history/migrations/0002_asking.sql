-- What people ask, kept ready: sums that the writer brings up to date once a file, the country of a
-- customer, and which assessment came after which. A question over five million assessments is then
-- answered from a few thousand rows. The indexes that are added are on few rows each, since every
-- index costs the writer.

-- Where the customer is from: citizenshipCountry of a person, registrationCountry of a company.
ALTER TABLE customer ADD COLUMN country TEXT;

UPDATE customer SET country = (
  SELECT nullif(trim(CAST(json_extract(a.payload, CASE a.entity_type
           WHEN 'ORGANIZATION' THEN '$.registrationCountry'
           ELSE '$.citizenshipCountry' END) AS TEXT)), '')
  FROM assessment a WHERE a.assessment_id = customer.assessment_id);

-- An assessment that was replaced, and by which. With the customer's first assessment this is the
-- way through a customer's life, without an index over texts.
CREATE TABLE succession (
  assessment_id      INTEGER PRIMARY KEY REFERENCES assessment,
  next_assessment_id INTEGER NOT NULL REFERENCES assessment
) STRICT;

INSERT INTO succession
SELECT assessment_id, next
FROM (SELECT assessment_id, lead(assessment_id) OVER (
               PARTITION BY customer_ext_id, business_unit ORDER BY assessment_id) AS next
      FROM assessment)
WHERE next IS NOT NULL;

-- Of a rejected customer nothing else leads to its rows; rejections are few beside assessments.
CREATE INDEX rejection_customer ON rejection (customer_ext_id) WHERE customer_ext_id IS NOT NULL;

-- Files that could not be judged at all; hardly any.
CREATE INDEX batch_failed ON batch (batch_id) WHERE error IS NOT NULL;

-- The few that an officer asks for by name.
CREATE INDEX assessment_high_risk ON assessment (risk_level, assessment_id)
WHERE risk_level IN ('HIGH', 'EXTREME');

-- Sums. A text that is not there is '' in these tables and NULL in their views. The day is that on
-- which the file was taken.

CREATE TABLE day_file (
  day       TEXT NOT NULL,
  endpoint  TEXT NOT NULL,
  status    INTEGER NOT NULL,
  files     INTEGER NOT NULL,
  bytes     INTEGER NOT NULL,
  customers INTEGER NOT NULL,
  PRIMARY KEY (day, endpoint, status)
) STRICT, WITHOUT ROWID;

INSERT INTO day_file
SELECT substr(received_at, 1, 10), iif(status = 404, '', endpoint), status, count(*), sum(bytes),
       sum(customers)
FROM batch GROUP BY 1, 2, 3;

CREATE TABLE day_volume (
  day           TEXT NOT NULL,
  endpoint      TEXT NOT NULL,
  business_unit TEXT NOT NULL,
  accepted      INTEGER NOT NULL,
  rejected      INTEGER NOT NULL,
  assessments   INTEGER NOT NULL,
  created       INTEGER NOT NULL,
  PRIMARY KEY (day, endpoint, business_unit)
) STRICT, WITHOUT ROWID;

INSERT INTO day_volume
SELECT substr(b.received_at, 1, 10), b.endpoint, coalesce(x.business_unit, ''), sum(x.accepted),
       sum(x.rejected), sum(x.assessments), sum(x.created)
FROM (SELECT batch_id, business_unit, 1 AS accepted, 0 AS rejected, 1 AS assessments,
             action = 'CREATE' AS created
      FROM assessment
      UNION ALL
      SELECT batch_id, business_unit, 1, 0, 0, 0 FROM acknowledgement
      UNION ALL
      SELECT batch_id, business_unit, 0, 1, 0, 0 FROM rejection) x
JOIN batch b ON b.batch_id = x.batch_id
GROUP BY 1, 2, 3;

-- The field is a path without the places in its lists: listAddress[].country.
CREATE TABLE day_finding (
  day           TEXT NOT NULL,
  endpoint      TEXT NOT NULL,
  business_unit TEXT NOT NULL,
  rule          TEXT NOT NULL,
  code          TEXT NOT NULL,
  field         TEXT NOT NULL,
  answers       INTEGER NOT NULL,
  findings      INTEGER NOT NULL,
  PRIMARY KEY (day, endpoint, business_unit, rule, code, field)
) STRICT, WITHOUT ROWID;

-- No name of a field has a digit in it: the digits of a path are places in lists.
INSERT INTO day_finding
SELECT substr(b.received_at, 1, 10), b.endpoint, coalesce(r.business_unit, ''), f.rule, f.code,
       replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
         f.path, '0', ''), '1', ''), '2', ''), '3', ''), '4', ''), '5', ''), '6', ''), '7', ''),
         '8', ''), '9', ''),
       sum(f.no = 1), count(*)
FROM finding f
JOIN rejection r ON r.batch_id = f.batch_id AND r.position = f.position
JOIN batch b ON b.batch_id = f.batch_id
GROUP BY 1, 2, 3, 4, 5, 6;

-- The customers as they stand now.
CREATE TABLE standing (
  business_unit   TEXT NOT NULL,
  kind            TEXT NOT NULL,
  entity_type     TEXT NOT NULL,
  risk_level      TEXT NOT NULL,
  customer_status TEXT NOT NULL,
  country         TEXT NOT NULL,
  customers       INTEGER NOT NULL,
  PRIMARY KEY (business_unit, kind, entity_type, risk_level, customer_status, country)
) STRICT, WITHOUT ROWID;

INSERT INTO standing
SELECT coalesce(a.business_unit, ''), a.kind, a.entity_type, coalesce(a.risk_level, ''),
       coalesce(a.customer_status, ''), coalesce(c.country, ''), count(*)
FROM customer c JOIN assessment a ON a.assessment_id = c.assessment_id
GROUP BY 1, 2, 3, 4, 5, 6;

-- What people ask --------------------------------------------------------------------------------

CREATE VIEW v_file_volume AS
SELECT day, nullif(endpoint, '') AS endpoint, status, files, bytes, customers
FROM day_file;

CREATE VIEW v_volume AS
SELECT day, endpoint, nullif(business_unit, '') AS business_unit, accepted, rejected, assessments,
       created
FROM day_volume;

CREATE VIEW v_reason AS
SELECT f.day, f.endpoint, nullif(f.business_unit, '') AS business_unit, f.code, f.field, f.rule,
       f.answers, f.findings, r.description, r.origin
FROM day_finding f
LEFT JOIN rule r ON r.rule = f.rule
  AND r.rule_set_id = (SELECT value FROM setting WHERE name = 'rule_set_in_force');

CREATE VIEW v_standing AS
SELECT nullif(business_unit, '') AS business_unit, kind, entity_type,
       nullif(risk_level, '') AS risk_level, nullif(customer_status, '') AS customer_status,
       nullif(country, '') AS country, customers
FROM standing
WHERE customers > 0;

CREATE VIEW v_high_risk AS
SELECT a.business_unit, a.customer_ext_id, a.name, a.risk_level, a.customer_status, a.kind,
       a.entity_type, a.risk_management_category, a.assessed_at, a.assessment_id
FROM assessment a
WHERE a.risk_level IN ('HIGH', 'EXTREME')
  AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id);

CREATE VIEW v_pending AS
SELECT 'evaluation' AS what, NULL AS process, a.assessment_id, a.customer_ext_id, a.business_unit,
       a.assessed_at AS requested_at,
       NOT EXISTS (SELECT 1 FROM succession x WHERE x.assessment_id = a.assessment_id) AS newest
FROM assessment a
WHERE a.evaluation = 'PENDING'
UNION ALL
SELECT 'screening', s.process, s.assessment_id, a.customer_ext_id, a.business_unit, s.requested_at,
       NOT EXISTS (SELECT 1 FROM succession x WHERE x.assessment_id = s.assessment_id)
FROM screening s
JOIN assessment a ON a.assessment_id = s.assessment_id
WHERE s.status = 'PENDING';

DROP VIEW v_assessment;
CREATE VIEW v_assessment AS
SELECT a.assessment_id, a.batch_id, a.position, a.communication_number, a.customer_ext_id,
       a.business_unit, a.requester, a.action, a.entity_type, a.name, a.risk_level,
       a.customer_status, a.risk_management_category, a.source_of_risk_level, a.evaluation,
       a.application_date, a.assessed_at, a.payload, a.kind, b.endpoint, s.next_assessment_id
FROM assessment a
JOIN batch b ON b.batch_id = a.batch_id
LEFT JOIN succession s ON s.assessment_id = a.assessment_id;

DROP VIEW v_customer;
CREATE VIEW v_customer AS
SELECT n.business_unit, n.customer_ext_id, n.kind, n.entity_type, n.name, n.risk_level,
       n.customer_status, n.risk_management_category, c.assessments,
       o.assessed_at AS first_assessed_at, n.assessed_at AS last_assessed_at, n.assessment_id,
       n.evaluation, c.country
FROM customer c
JOIN assessment n ON n.assessment_id = c.assessment_id
JOIN assessment o ON o.assessment_id = c.first_assessment_id;

CREATE TABLE view_description (
  view_name   TEXT NOT NULL PRIMARY KEY,
  description TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO view_description VALUES
('v_assessment', 'Every accepted request that was saved, with the customer as it came.'),
('v_batch', 'Every file that was taken, with its answer.'),
('v_classifier_set', 'Every value of every set of classifiers that ever was in force.'),
('v_classifier_value', 'Every value of every classifier that ever was, as it was last.'),
('v_customer', 'One row a customer, as its newest assessment has it.'),
('v_file_volume', 'Files by day, endpoint and status of the answer.'),
('v_finding', 'Everything that was wrong with rejected customers, not only what was answered.'),
('v_high_risk', 'Customers whose newest assessment says HIGH or EXTREME.'),
('v_pending', 'What the head office owes: evaluations and screenings that cannot be done offline.'),
('v_reason', 'What was wrong, counted by day, endpoint, office, code and field.'),
('v_rejection', 'Every rejected customer with the error that it was answered with.'),
('v_rule', 'The rules in force, in the order in which they are looked for.'),
('v_rule_set', 'Every rule of every version of the rules that ever judged here.'),
('v_screening', 'Every screening that was asked for.'),
('v_standing', 'Customers as they stand now, counted by office, kind, risk, status and country.'),
('v_volume', 'Customers judged, counted by day, endpoint and office.'),
('v_warning', 'What rejected nobody but should be known: unknown fields, ignored fields.');

INSERT INTO column_description VALUES
('v_assessment', 'next_assessment_id', 'The assessment that replaced it; NULL for the customer''s newest.'),
('v_customer', 'country', 'citizenshipCountry of a person, registrationCountry of a company.'),
('v_file_volume', 'day', 'Day on which the files were taken, UTC.'),
('v_file_volume', 'endpoint', 'Endpoint; NULL for files in a folder that is none.'),
('v_file_volume', 'status', 'Status of the answer: 200, 400, 404 or 500.'),
('v_file_volume', 'files', 'How many files.'),
('v_file_volume', 'bytes', 'Their size together.'),
('v_file_volume', 'customers', 'Customers in them.'),
('v_volume', 'day', 'Day on which the file was taken, UTC.'),
('v_volume', 'endpoint', 'Endpoint.'),
('v_volume', 'business_unit', 'businessUnit as the customers gave it; NULL where none was given.'),
('v_volume', 'accepted', 'Customers answered REQUEST_ACCEPTED.'),
('v_volume', 'rejected', 'Customers answered REQUEST_REJECTED.'),
('v_volume', 'assessments', 'Of the accepted: those that were saved as an assessment.'),
('v_volume', 'created', 'Of the assessments: those of new customers.'),
('v_reason', 'day', 'Day on which the file was taken, UTC.'),
('v_reason', 'endpoint', 'Endpoint.'),
('v_reason', 'business_unit', 'businessUnit as the customers gave it; NULL where none was given.'),
('v_reason', 'code', 'Code, as answered.'),
('v_reason', 'field', 'Path of the field, without the places in its lists: listAddress[].country.'),
('v_reason', 'rule', 'Stable name of the rule; see v_rule.'),
('v_reason', 'answers', 'Customers that were answered with it: it was the first that was found.'),
('v_reason', 'findings', 'How often it was found, answered or not.'),
('v_reason', 'description', 'Description of the rule in force, with placeholders; NULL for a rule that is gone.'),
('v_reason', 'origin', 'published, text published or ours.'),
('v_standing', 'business_unit', 'businessUnit; NULL when none was given.'),
('v_standing', 'kind', 'regular, lead or simplified.'),
('v_standing', 'entity_type', 'INDIVIDUAL or ORGANIZATION.'),
('v_standing', 'risk_level', 'Risk level; NULL while an evaluation is pending.'),
('v_standing', 'customer_status', 'customerStatus; NULL where none is given.'),
('v_standing', 'country', 'citizenshipCountry of persons, registrationCountry of companies; NULL where none is given.'),
('v_standing', 'customers', 'How many customers.'),
('v_high_risk', 'business_unit', 'businessUnit; NULL when none was given.'),
('v_high_risk', 'customer_ext_id', 'customerExtId.'),
('v_high_risk', 'name', 'First and last name, or title.'),
('v_high_risk', 'risk_level', 'HIGH or EXTREME.'),
('v_high_risk', 'customer_status', 'customerStatus.'),
('v_high_risk', 'kind', 'regular, lead or simplified.'),
('v_high_risk', 'entity_type', 'INDIVIDUAL or ORGANIZATION.'),
('v_high_risk', 'risk_management_category', 'riskManagementCategory.'),
('v_high_risk', 'assessed_at', 'When the newest assessment was made, UTC.'),
('v_high_risk', 'assessment_id', 'The newest assessment.'),
('v_pending', 'what', 'evaluation or screening.'),
('v_pending', 'process', 'Of a screening: SANCTIONS, PEP, ADVERSE_MEDIA or INTERNAL_LIST; else NULL.'),
('v_pending', 'assessment_id', 'The assessment that asked for it.'),
('v_pending', 'customer_ext_id', 'customerExtId of the customer.'),
('v_pending', 'business_unit', 'businessUnit of the customer; NULL when none was given.'),
('v_pending', 'requested_at', 'When it was asked for, UTC.'),
('v_pending', 'newest', '1 when the assessment is the customer''s newest; 0 when a later one replaced it.');
