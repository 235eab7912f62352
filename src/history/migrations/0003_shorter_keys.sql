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
