-- What was slow in a history of five million assessments: the rule of each reason was looked for among
-- all rules, and the sets of a period among all files.

CREATE UNIQUE INDEX rule_by_name ON rule (rule_set_id, rule);
CREATE INDEX batch_received ON batch (received_at, set_id);

UPDATE view_description
SET description = 'Evaluations and screenings that could not be done offline and that the head office has still to do.'
WHERE view_name = 'v_pending';
