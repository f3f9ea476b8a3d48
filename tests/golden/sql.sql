-- Tables whose addresses `sql.txt` pins, natively and in wasm. Any change of them is a change of the format.
CREATE TABLE numbers (id INTEGER PRIMARY KEY, n INTEGER, r REAL, t TEXT);
INSERT INTO numbers WITH RECURSIVE s(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM s WHERE id < 20000)
  SELECT id, id * 7919 % 10007, id / 8.0, 'row ' || id FROM s;
CREATE INDEX numbers_n ON numbers (n, t);
UPDATE numbers SET t = NULL WHERE id % 13 = 0;
DELETE FROM numbers WHERE id > 500 AND id < 900;
CREATE TABLE kinds (a VARCHAR(20), b DECIMAL(12, 3), c DATE, d DATETIME, e BOOLEAN, f JSON, g BLOB, h UUID,
  PRIMARY KEY (a, b DESC));
INSERT INTO kinds VALUES ('ä', -1234.5, '1969-07-20', '2024-02-29 23:59:59', TRUE, '{"a": [1, null]}', X'00ff', '00112233-4455-6677-8899-aabbccddeeff'),
  ('a', 0, NULL, NULL, NULL, NULL, NULL, NULL), ('🙂', 99.125, '2024-01-01', '1970-01-01 00:00:00', FALSE, '1.5', X'', NULL);
ALTER TABLE kinds ADD COLUMN later TEXT DEFAULT 'x';
CREATE TABLE large (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO large SELECT id, REPLACE(HEX(ZEROBLOB(50000)), '00', 'line ' || id || ' ') FROM numbers WHERE id < 4;
CREATE TABLE keyless (a INTEGER, b TEXT);
INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (2, 'y');
