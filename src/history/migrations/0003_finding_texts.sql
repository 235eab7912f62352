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
