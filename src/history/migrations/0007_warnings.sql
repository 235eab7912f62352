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
SET description = 'The field in the customer.'
WHERE view_name = 'v_warning' AND column_name = 'path';
UPDATE column_description
SET description = 'What else to know, of the first customer with it: the nearest known name, why it is ignored.'
WHERE view_name = 'v_warning' AND column_name = 'detail';
INSERT INTO column_description VALUES
('v_warning', 'count', 'How many customers of the file have it.'),
('v_warning', 'positions', 'Places of the first of them, up to 20, as a JSON array; NULL when the file itself is meant.');
