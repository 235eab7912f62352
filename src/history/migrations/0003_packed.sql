-- Less to write for each customer.

-- Payloads are packed from here on: bytes for Zstandard with one of the dictionaries below, text
-- where that is no larger. Those that are there already stay text.

CREATE TABLE payload_dictionary (
  dictionary_id INTEGER PRIMARY KEY,
  version       INTEGER NOT NULL,
  kept_at       TEXT NOT NULL,
  dictionary    BLOB NOT NULL
) STRICT;

-- The type of a column is in the schema only: no row has to be touched for it.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(replace(sql, 'payload                  TEXT', 'payload                  ANY '),
                  'payload              TEXT', 'payload              ANY ')
WHERE type = 'table' AND name IN ('assessment', 'rejection');
PRAGMA writable_schema = RESET;

UPDATE column_description
SET description = 'The customer as it came, JSON. Packed in kycdrop.db itself; text in every answer of kycdrop and in snapshots.'
WHERE column_name = 'payload';
