-- A warning of its own for a name that shows nothing.

UPDATE column_description
SET description = 'unknown-field, unknown-field-twice, ignored-field, invisible-name, more-unknown-fields, more-findings or more-warnings.'
WHERE view_name = 'v_warning' AND column_name = 'kind';
UPDATE view_description
SET description = 'What rejected nobody but should be known, once for each file, kind and path: unknown fields, ignored fields and names that show nothing.'
WHERE view_name = 'v_warning';
