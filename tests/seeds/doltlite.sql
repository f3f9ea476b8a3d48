-- SQL of the DoltLite README (March 2026). See tests/seeds.rs for the form of this file.

=== the engine
-- example
SELECT doltlite_engine();
--> prolly

=== staging and committing
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
-- example
SELECT dolt_add('users');
--> 0
-- example
SELECT dolt_add('-A');
--> 0
-- example
SELECT dolt_commit('-m', 'Add users table');
--~ 1
INSERT INTO users VALUES (1, 'a');
-- example
SELECT dolt_commit('-A', '-m', 'Initial commit');
INSERT INTO users VALUES (2, 'b');
-- example
SELECT dolt_commit('-am', 'Initial commit');
INSERT INTO users VALUES (3, 'c');
SELECT dolt_add('-A');
-- example (the text lost the address behind the name)
SELECT dolt_commit('-m', 'Fix data', '--author', 'Alice ');
SELECT message FROM dolt_log;
--> Fix data
--> Initial commit
--> Initial commit
--> Add users table
--> *

=== configuration
-- example
SELECT dolt_config('user.name', 'Tim Sehn');
--> 0
-- example
SELECT dolt_config('user.email', 'tim@dolthub.com');
--> 0
-- example
SELECT dolt_config('user.name');
--> Tim Sehn
CREATE TABLE t (id INTEGER PRIMARY KEY);
SELECT dolt_commit('-Am', 'by Tim');
SELECT committer, email FROM dolt_log LIMIT 1;
--> Tim Sehn|tim@dolthub.com

=== status and history
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
SELECT dolt_commit('-Am', 'users');
INSERT INTO users VALUES (1, 'a');
SELECT dolt_add('users');
CREATE TABLE orders (id INTEGER PRIMARY KEY);
-- example
SELECT * FROM dolt_status;
--# table_name, staged, status
--~ 2
SELECT * FROM dolt_status ORDER BY table_name;
--> orders|0|new table
--> users|1|modified
-- example
SELECT * FROM dolt_log;
--# commit_hash, committer, email, date, message
--~ 2

=== history of a table
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (42, 'a'), (43, 'x');
SELECT dolt_commit('-Am', 'one');
--= c1
UPDATE users SET name = 'b' WHERE id = 42;
SELECT dolt_commit('-am', 'two');
-- example
SELECT * FROM dolt_history_users;
--~ 4
-- example
SELECT count(*) FROM dolt_history_users WHERE rowid_val = 42;
--> 2
-- example
SELECT * FROM dolt_history_users WHERE commit_hash = '{c1}';
--~ 2
SELECT id, name, commit_hash FROM dolt_history_users WHERE commit_hash = '{c1}' ORDER BY id;
--> 42|a|*
--> 43|x|*

=== point-in-time queries
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT);
INSERT INTO users VALUES (1, 'a', 'a@x');
SELECT dolt_commit('-Am', 'one');
--= c1
SELECT dolt_tag('v1.0');
SELECT dolt_branch('feature');
INSERT INTO users VALUES (2, 'b', 'b@x');
SELECT dolt_commit('-am', 'two');
-- example
SELECT * FROM dolt_at_users('{c1}');
--# id, name, email
--> 1|a|a@x
-- example
SELECT * FROM dolt_at_users('feature');
--> 1|a|a@x
-- example
SELECT * FROM dolt_at_users('v1.0');
--> 1|a|a@x
-- example
SELECT count(*) FROM users;
--> 2
-- example
SELECT count(*) FROM dolt_at_users('v1.0');
--> 1
SELECT * FROM users AS OF 'v1.0';
--> 1|a|a@x
SELECT * FROM users AS OF 'HEAD~1';
--> 1|a|a@x

=== diff
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'a');
SELECT dolt_commit('-Am', 'one');
--= c1
INSERT INTO users VALUES (2, 'b');
SELECT dolt_commit('-am', 'two');
--= c2
UPDATE users SET name = 'z' WHERE id = 1;
-- example
SELECT * FROM dolt_diff('users');
--~ 1
SELECT diff_type, rowid_val FROM dolt_diff('users');
--> modified|1
-- example
SELECT * FROM dolt_diff('users', '{c1}', '{c2}');
--~ 1
SELECT diff_type, to_id, to_name FROM dolt_diff('users', '{c1}', '{c2}');
--> added|2|b

=== schema diff
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE gone (id INTEGER PRIMARY KEY);
SELECT dolt_commit('-Am', 'one');
SELECT dolt_tag('v1.0');
ALTER TABLE users ADD COLUMN email TEXT;
DROP TABLE gone;
CREATE TABLE fresh (id INTEGER PRIMARY KEY);
SELECT dolt_commit('-Am', 'two');
SELECT dolt_tag('v2.0');
-- example
SELECT * FROM dolt_schema_diff('v1.0', 'v2.0');
--~ 3
SELECT table_name, diff_type FROM dolt_schema_diff('v1.0', 'v2.0') ORDER BY table_name;
--> fresh|added
--> gone|dropped
--> users|modified
SELECT from_create_stmt, to_create_stmt FROM dolt_schema_diff('v1.0', 'v2.0') WHERE table_name = 'users';
--~ 1

=== audit log
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (42, 'a'), (43, 'x');
SELECT dolt_commit('-Am', 'one');
UPDATE users SET name = 'b' WHERE id = 42;
SELECT dolt_commit('-am', 'two');
DELETE FROM users WHERE id = 42;
SELECT dolt_commit('-am', 'three');
-- example
SELECT * FROM dolt_diff_users;
--~ 4
-- example
SELECT diff_type, rowid_val, to_commit FROM dolt_diff_users
WHERE rowid_val = 42;
--> removed|42|*
--> modified|42|*
--> added|42|*

=== reset
CREATE TABLE t (id INTEGER PRIMARY KEY);
SELECT dolt_commit('-Am', 't');
INSERT INTO t VALUES (1);
SELECT dolt_add('t');
SELECT staged FROM dolt_status;
--> 1
-- example
SELECT dolt_reset('--soft');
--> 0
SELECT staged FROM dolt_status;
--> 0
SELECT count(*) FROM t;
--> 1
-- example
SELECT dolt_reset('--hard');
--> 0
SELECT count(*) FROM t;
--> 0

=== branching
CREATE TABLE t (id INTEGER PRIMARY KEY);
SELECT dolt_commit('-Am', 't');
-- example
SELECT dolt_branch('feature');
--> 0
-- example
SELECT dolt_checkout('feature');
--> 0
-- example
SELECT active_branch();
--> feature
-- example
SELECT * FROM dolt_branches;
--~ 2
SELECT name, is_current FROM dolt_branches ORDER BY name;
--> feature|1
--> main|0
SELECT dolt_branch('-d', 'feature');
--! checked out branch
SELECT dolt_checkout('main');
-- example
SELECT dolt_branch('-d', 'feature');
--> 0
SELECT name FROM dolt_branches;
--> main

=== tags
CREATE TABLE t (id INTEGER PRIMARY KEY);
SELECT dolt_commit('-Am', 't');
--= c1
-- example
SELECT dolt_tag('v1.0');
--> 0
SELECT dolt_tag('v1.0');
--! already exists
SELECT dolt_tag('-d', 'v1.0');
-- example
SELECT dolt_tag('v1.0', '{c1}');
-- example
SELECT * FROM dolt_tags;
--~ 1
SELECT tag_name, tag_hash FROM dolt_tags;
--> v1.0|*
-- example
SELECT dolt_tag('-d', 'v1.0');
SELECT * FROM dolt_tags;
--~ 0

=== merge
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'a'), (2, 'b');
SELECT dolt_commit('-Am', 'base');
SELECT dolt_branch('feature');
UPDATE users SET name = 'A' WHERE id = 1;
SELECT dolt_commit('-am', 'on main');
SELECT dolt_checkout('feature');
UPDATE users SET name = 'B' WHERE id = 2;
SELECT dolt_commit('-am', 'on feature');
SELECT dolt_checkout('main');
-- example
SELECT dolt_merge('feature');
--= merged
SELECT commit_hash FROM dolt_log LIMIT 1;
--> *
SELECT * FROM users;
--> 1|A
--> 2|B
SELECT dolt_hashof('HEAD') = '{merged}';
--> 1

=== conflicts
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (5, 'a'), (6, 'b'), (7, 'c');
SELECT dolt_commit('-Am', 'base');
SELECT dolt_branch('feature');
UPDATE users SET name = 'ours';
SELECT dolt_commit('-am', 'on main');
SELECT dolt_checkout('feature');
UPDATE users SET name = 'theirs' WHERE id < 7;
SELECT dolt_commit('-am', 'on feature');
SELECT dolt_checkout('main');
SELECT dolt_merge('feature');
--> Merge completed with 2 conflict(s)
-- example
SELECT * FROM dolt_conflicts;
--> users|2
-- example
SELECT * FROM dolt_conflicts_users;
--~ 2
-- example
DELETE FROM dolt_conflicts_users WHERE base_rowid = 5;
SELECT table_name, num_conflicts FROM dolt_conflicts;
--> users|1
-- example
SELECT dolt_commit('-A', '-m', 'msg');
--! cannot commit: unresolved merge conflicts
-- example
SELECT dolt_conflicts_resolve('--theirs', 'users');
--> 0
SELECT * FROM users;
--> 5|ours
--> 6|theirs
--> 7|ours
SELECT dolt_commit('-A', '-m', 'msg');
SELECT count(*) FROM dolt_conflicts;
--> 0

=== conflicts: keep our values
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (5, 'a');
SELECT dolt_commit('-Am', 'base');
SELECT dolt_branch('feature');
UPDATE users SET name = 'ours';
SELECT dolt_commit('-am', 'on main');
SELECT dolt_checkout('feature');
UPDATE users SET name = 'theirs';
SELECT dolt_commit('-am', 'on feature');
SELECT dolt_checkout('main');
SELECT dolt_merge('feature');
-- example
SELECT dolt_conflicts_resolve('--ours', 'users');
SELECT name FROM users;
--> ours

=== cherry-pick and revert
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
SELECT dolt_commit('-Am', 'base');
SELECT dolt_checkout('-b', 'feature');
INSERT INTO users VALUES (1, 'picked');
SELECT dolt_commit('-am', 'to pick');
--= picked
SELECT dolt_checkout('main');
-- example
SELECT dolt_cherry_pick('{picked}');
--= here
SELECT name FROM users;
--> picked
-- example
SELECT dolt_revert('{here}');
SELECT count(*) FROM users;
--> 0
SELECT message FROM dolt_log LIMIT 1;
--> Revert "to pick"

=== garbage collection
CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
INSERT INTO t VALUES (1, 'a');
SELECT dolt_commit('-Am', 't');
UPDATE t SET v = 'b';
UPDATE t SET v = 'c';
-- example
SELECT dolt_gc();
--> *
SELECT * FROM t;
--> 1|c

=== merge base
CREATE TABLE t (id INTEGER PRIMARY KEY);
SELECT dolt_commit('-Am', 't');
--= base
SELECT dolt_checkout('-b', 'feature');
INSERT INTO t VALUES (1);
SELECT dolt_commit('-am', 'feature');
--= a
SELECT dolt_checkout('main');
INSERT INTO t VALUES (2);
SELECT dolt_commit('-am', 'main');
--= b
-- example
SELECT dolt_merge_base('{a}', '{b}');
--= found
SELECT '{found}' = '{base}';
--> 1

=== hybrid storage pattern, the versioned side
-- example
CREATE TABLE config(key TEXT PRIMARY KEY, val TEXT);
-- example
SELECT dolt_commit('-am', 'Add config table');
INSERT INTO config VALUES ('a', 'b');
-- example
SELECT * FROM dolt_diff('config');
--~ 1
