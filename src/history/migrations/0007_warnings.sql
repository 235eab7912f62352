-- A warning that repeats through a file is one row with a count and the first places, not a row for
-- each customer. Rows of before count 1 and stay as they are.
ALTER TABLE warning ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
-- A JSON array; NULL where the position is the only one.
ALTER TABLE warning ADD COLUMN positions TEXT;

CREATE INDEX warning_repeated ON warning (batch_id) WHERE count > 1;

DROP VIEW v_warning;
CREATE VIEW v_warning AS
SELECT batch_id, position, kind, path, detail, count,
       coalesce(positions, '[' || position || ']') AS positions
FROM warning;

UPDATE view_description
SET description = 'What rejected nobody but should be known, once for each file, kind and path: unknown fields, ignored fields.'
WHERE view_name = 'v_warning';

UPDATE column_description
SET description = 'Place in the file of the first customer with it, from 0; NULL when the file itself is meant.'
WHERE view_name = 'v_warning' AND column_name = 'position';
UPDATE column_description
SET description = 'unknown-field, unknown-field-twice, ignored-field, more-unknown-fields, more-findings or more-warnings.'
WHERE view_name = 'v_warning' AND column_name = 'kind';
UPDATE column_description
SET description = 'The field in the customer; listAddress[].city where it is in several places of a list.'
WHERE view_name = 'v_warning' AND column_name = 'path';
UPDATE column_description
SET description = 'What else to know, of the first customer with it: the nearest known name, why it is ignored.'
WHERE view_name = 'v_warning' AND column_name = 'detail';
INSERT INTO column_description VALUES
('v_warning', 'count', 'How many customers of the file have it.'),
('v_warning', 'positions', 'Places of the first of them, up to 20, as a JSON array; NULL when the file itself is meant.');

-- Early forms of versions 2 to 4 are brought to what they became.
CREATE INDEX IF NOT EXISTS batch_failed ON batch (batch_id) WHERE error IS NOT NULL;

DROP VIEW v_high_risk;
CREATE VIEW v_high_risk AS
SELECT a.business_unit, a.customer_ext_id, a.name, a.risk_level, a.customer_status, a.kind,
       a.entity_type, a.risk_management_category, a.assessed_at, a.assessment_id
FROM assessment a
WHERE a.risk_level IN ('HIGH', 'EXTREME')
  AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id);

DROP VIEW v_customer;
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
