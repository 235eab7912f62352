-- kycdrop learns dictionaries from the institution's own customers: how many one was learned from, NULL
-- for those that kycdrop came with.
ALTER TABLE payload_dictionary ADD COLUMN learned_from INTEGER;
