-- Descriptions in plainer words; a set of classifiers or rules is active, not "in force".

UPDATE view_description
SET description = 'Evaluations and screenings that could not be done offline and are still pending at the head office.'
WHERE view_name = 'v_pending';
UPDATE view_description
SET description = 'Every value of every set of classifiers that was ever active.'
WHERE view_name = 'v_classifier_set';
UPDATE view_description
SET description = 'Every value of every classifier that was ever active, as it was last.'
WHERE view_name = 'v_classifier_value';
UPDATE view_description
SET description = 'The active rules, in the order in which they are evaluated.'
WHERE view_name = 'v_rule';
UPDATE view_description
SET description = 'Every rule of every version of the rules that was ever active here.'
WHERE view_name = 'v_rule_set';
UPDATE view_description
SET description = 'Customers validated, counted by day, endpoint and office.'
WHERE view_name = 'v_volume';
UPDATE view_description
SET description = 'Customers as they are now, counted by office, kind, risk, status and country.'
WHERE view_name = 'v_standing';
UPDATE view_description
SET description = 'What rejected nobody but should be known, once for each file, kind and path: unknown fields and ignored fields.'
WHERE view_name = 'v_warning';

UPDATE column_description SET description = 'When it was validated, UTC.'
WHERE description = 'When it was judged, UTC.';
UPDATE column_description
SET description = 'Milliseconds from taking the file to the end of validation, as answered.'
WHERE view_name = 'v_batch' AND column_name = 'elapsed_ms';
UPDATE column_description
SET description = 'Hash of the classifier set that validated it; see v_classifier_set.'
WHERE view_name = 'v_batch' AND column_name = 'classifier_set';
UPDATE column_description
SET description = 'Hash of the rules that validated it; see v_rule_set.'
WHERE view_name = 'v_batch' AND column_name = 'rule_set';
UPDATE column_description
SET description = 'PENDING for EVALUATE, which is still pending at the head office; else NULL.'
WHERE view_name = 'v_assessment' AND column_name = 'evaluation';
UPDATE column_description
SET description = 'Description of the active rule, with placeholders; NULL for a rule that is gone.'
WHERE view_name = 'v_reason' AND column_name = 'description';
UPDATE column_description
SET description = 'Place in the order in which rules are evaluated, from 1.'
WHERE column_name = 'no' AND view_name IN ('v_rule', 'v_rule_set');
UPDATE column_description
SET description = 'Of the accepted: repeats of requests that were saved before with the same content.'
WHERE view_name = 'v_batch' AND column_name = 'repeated';
