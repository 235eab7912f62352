-- Less to write for each customer.

-- Payloads are packed from here on: bytes for Zstandard with one of the dictionaries below, text
-- where that is no larger. Those that are there already stay text.

CREATE TABLE payload_dictionary (
  dictionary_id INTEGER PRIMARY KEY,
  version       INTEGER NOT NULL,
  kept_at       TEXT NOT NULL,
  dictionary    BLOB NOT NULL
) STRICT;

-- The type of a column is in the schema only: no row has to be touched for it.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(replace(sql, 'payload                  TEXT', 'payload                  ANY '),
                  'payload              TEXT', 'payload              ANY ')
WHERE type = 'table' AND name IN ('assessment', 'rejection');
PRAGMA writable_schema = RESET;

UPDATE column_description
SET description = 'The customer as it came, JSON. Packed in kycdrop.db itself; text in every answer of kycdrop and in snapshots.'
WHERE column_name = 'payload';

-- Every new customer meets the key tables at random, so their rows are short: what is only known of
-- some customers, or stands well in their assessment, is elsewhere.
ALTER TABLE assessment ADD COLUMN country TEXT;

UPDATE assessment SET country = c.country
FROM customer c
WHERE c.assessment_id = assessment.assessment_id AND c.country IS NOT NULL;

-- Customers with more than one assessment, by the key in customer.
CREATE TABLE returning_customer (
  key                 INTEGER PRIMARY KEY,
  first_assessment_id INTEGER NOT NULL REFERENCES assessment,
  assessments         INTEGER NOT NULL
) STRICT;

INSERT INTO returning_customer
SELECT key, first_assessment_id, assessments FROM customer WHERE assessments > 1;

DROP VIEW v_customer;
CREATE TABLE customer_by_key (
  key           INTEGER PRIMARY KEY,
  assessment_id INTEGER NOT NULL REFERENCES assessment
) STRICT;
INSERT INTO customer_by_key SELECT key, assessment_id FROM customer ORDER BY key;
DROP TABLE customer;
ALTER TABLE customer_by_key RENAME TO customer;

CREATE VIEW v_customer AS
SELECT n.business_unit, n.customer_ext_id, n.kind, n.entity_type, n.name, n.risk_level,
       n.customer_status, n.risk_management_category,
       CAST(coalesce(r.assessments, 1) AS INTEGER) AS assessments,
       o.assessed_at AS first_assessed_at, n.assessed_at AS last_assessed_at, n.assessment_id,
       n.evaluation, n.country
FROM customer c
JOIN assessment n ON n.assessment_id = c.assessment_id
LEFT JOIN returning_customer r ON r.key = c.key
JOIN assessment o ON o.assessment_id = coalesce(r.first_assessment_id, c.assessment_id);

-- The same few texts come again and again in findings.
CREATE TABLE finding_text (
  text_id     INTEGER PRIMARY KEY,
  rule        TEXT NOT NULL,
  code        TEXT NOT NULL,
  description TEXT NOT NULL,
  UNIQUE (rule, code, description)
) STRICT;

INSERT INTO finding_text (rule, code, description)
SELECT DISTINCT rule, code, description FROM finding;

CREATE TABLE finding_row (
  batch_id INTEGER NOT NULL REFERENCES batch,
  position INTEGER NOT NULL,
  no       INTEGER NOT NULL,
  text_id  INTEGER NOT NULL REFERENCES finding_text,
  path     TEXT NOT NULL,
  PRIMARY KEY (batch_id, position, no)
) STRICT, WITHOUT ROWID;

INSERT INTO finding_row
SELECT f.batch_id, f.position, f.no, t.text_id, f.path
FROM finding f
JOIN finding_text t
  ON t.rule = f.rule AND t.code = f.code AND t.description = f.description
ORDER BY 1, 2, 3;

DROP VIEW v_finding;
DROP VIEW v_rejection;
DROP TABLE finding;

CREATE VIEW v_finding AS
SELECT f.batch_id, f.position, f.no, t.rule, t.code, t.description, f.path
FROM finding_row f
JOIN finding_text t ON t.text_id = f.text_id;

CREATE VIEW v_rejection AS
SELECT r.batch_id, r.position, r.communication_number, r.customer_ext_id, r.business_unit,
       t.code AS error_code, t.description AS error_description, r.rejected_at, r.payload,
       t.rule, b.endpoint
FROM rejection r
JOIN batch b ON b.batch_id = r.batch_id
JOIN finding_row f ON f.batch_id = r.batch_id AND f.position = r.position AND f.no = 1
JOIN finding_text t ON t.text_id = f.text_id;
