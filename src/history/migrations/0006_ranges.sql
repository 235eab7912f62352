-- The assessments of a batch have numbers that rise with their positions, and no other batch has one
-- between them. So the first and the last tell where they are, and no index has to be kept for it.
--
-- For a batch from here on, first_assessment_id is the number that the customer at position 0 has, or
-- would have if it were accepted: its position tells the number of each. Before, numbers had no gaps.
ALTER TABLE batch ADD COLUMN first_assessment_id INTEGER;
ALTER TABLE batch ADD COLUMN last_assessment_id INTEGER;

UPDATE batch SET first_assessment_id = a.first, last_assessment_id = a.last
FROM (SELECT batch_id, min(assessment_id) AS first, max(assessment_id) AS last
      FROM assessment GROUP BY batch_id) a
WHERE a.batch_id = batch.batch_id;

DROP INDEX assessment_batch;

-- Asked for a batch, it looks at the batch first; asked for an assessment, at that.
DROP VIEW v_assessment;
CREATE VIEW v_assessment AS
SELECT a.assessment_id, b.batch_id, a.position, a.communication_number, a.customer_ext_id,
       a.business_unit, a.requester, a.action, a.entity_type, a.name, a.risk_level,
       a.customer_status, a.risk_management_category, a.source_of_risk_level, a.evaluation,
       a.application_date, a.assessed_at, a.payload, a.kind, b.endpoint, s.next_assessment_id
FROM assessment a
JOIN batch b ON b.batch_id = a.batch_id
  AND a.assessment_id BETWEEN b.first_assessment_id AND b.last_assessment_id
LEFT JOIN succession s ON s.assessment_id = a.assessment_id;
