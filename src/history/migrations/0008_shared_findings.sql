-- A customer with the same findings as an earlier one of its file has no findings of its own: it
-- refers to those. A file of a million empty customers has seven rows of findings, not seven million.
-- NULL where the findings are its own, as in all rows of before.
ALTER TABLE rejection ADD COLUMN findings_at INTEGER;

DROP VIEW v_finding;
CREATE VIEW v_finding AS
SELECT r.batch_id, r.position, f.no, t.rule, t.code, t.description, f.path
FROM rejection r
JOIN finding_row f
  ON f.batch_id = r.batch_id AND f.position = coalesce(r.findings_at, r.position)
JOIN finding_text t ON t.text_id = f.text_id;

DROP VIEW v_rejection;
CREATE VIEW v_rejection AS
SELECT r.batch_id, r.position, r.communication_number, r.customer_ext_id, r.business_unit,
       t.code AS error_code, t.description AS error_description, r.rejected_at, r.payload,
       t.rule, b.endpoint
FROM rejection r
JOIN batch b ON b.batch_id = r.batch_id
JOIN finding_row f
  ON f.batch_id = r.batch_id AND f.position = coalesce(r.findings_at, r.position) AND f.no = 1
JOIN finding_text t ON t.text_id = f.text_id;
