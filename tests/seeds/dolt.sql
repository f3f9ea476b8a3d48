-- SQL of the Dolt reference for YouLab (January 2026). See tests/seeds.rs for the form of this file.

=== schema branch and merge
CREATE TABLE employees (id INT PRIMARY KEY, name VARCHAR(50), department VARCHAR(50));
INSERT INTO employees VALUES (1, 'Ada', 'maths'), (2, 'Bob', 'sales');
CALL dolt_commit('-Am', 'employees');
-- example
CALL dolt_checkout('-b', 'schema_changes');
-- example
ALTER TABLE employees ADD COLUMN start_date DATE;
-- example
CALL dolt_commit('-am', 'Added start_date column to employees');
--~ 1
--# hash
-- example
CALL dolt_checkout('main');
SELECT * FROM employees;
--> 1|Ada|maths
--> 2|Bob|sales
-- example
CALL dolt_merge('schema_changes');
--# hash, fast_forward, conflicts, message
--> *|1|0|*
SELECT * FROM employees;
--> 1|Ada|maths|NULL
--> 2|Bob|sales|NULL

=== full history of a specific row
CREATE TABLE employees (employee_id INT PRIMARY KEY, name TEXT);
INSERT INTO employees VALUES (123, 'first'), (124, 'other');
CALL dolt_commit('-Am', 'one');
UPDATE employees SET name = 'second' WHERE employee_id = 123;
CALL dolt_commit('-am', 'two');
-- example
SELECT * FROM dolt_history_employees
WHERE employee_id = 123
ORDER BY commit_date DESC;
--# employee_id, name, commit_hash, committer, commit_date
--~ 2
SELECT name FROM dolt_history_employees WHERE employee_id = 123 ORDER BY name;
--> first
--> second

=== who changed what and when
CREATE TABLE employees (employee_id INT PRIMARY KEY, name TEXT);
INSERT INTO employees VALUES (1, 'a'), (2, 'b');
CALL dolt_commit('-Am', 'one');
UPDATE employees SET name = 'c' WHERE employee_id = 2;
CALL dolt_commit('-am', 'two', '--author', 'Bob <bob@example.com>');
-- example
SELECT * FROM dolt_blame_employees;
--# employee_id, commit, commit_date, committer, email, message
--~ 2
SELECT employee_id, message FROM dolt_blame_employees;
--> 1|one
--> 2|two

=== see uncommitted changes
CREATE TABLE employees (employee_id INT PRIMARY KEY, name TEXT);
INSERT INTO employees VALUES (1, 'a');
CALL dolt_commit('-Am', 'one');
UPDATE employees SET name = 'b';
INSERT INTO employees VALUES (2, 'new');
-- example
SELECT * FROM dolt_commit_diff_employees
WHERE from_commit = 'HEAD' AND to_commit = 'WORKING';
--~ 2
SELECT to_employee_id, to_name, from_name, diff_type FROM dolt_commit_diff_employees
WHERE from_commit = 'HEAD' AND to_commit = 'WORKING' ORDER BY to_employee_id;
--> 1|b|a|modified
--> 2|new|NULL|added

=== branch selection by USE
CREATE TABLE t (id INT PRIMARY KEY);
CALL dolt_commit('-Am', 't');
CALL dolt_branch('feature-branch');
-- example
USE `mydb/feature-branch`;
SELECT active_branch();
--> feature-branch
INSERT INTO t VALUES (1);
USE `mydb/main`;
SELECT count(*) FROM t;
--> 0

=== branch selection by session variable
CALL dolt_branch('feature-branch');
-- example
SET @@mydb_head_ref = 'feature-branch';
SELECT active_branch();
--> feature-branch

=== transaction settings
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50));
CALL dolt_commit('-Am', 'users');
-- example
SET @@dolt_transaction_commit = 1;
-- example
SET @@dolt_transaction_commit_message = 'Auto-commit message';
SELECT @@dolt_transaction_commit;
--> 1
INSERT INTO users (name) VALUES ('Alice');
SELECT message FROM dolt_log LIMIT 1;
--> Auto-commit message
SELECT count(*) FROM dolt_status;
--> 0

=== standard transaction and version commit
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50));
CALL dolt_commit('-Am', 'users');
-- example
BEGIN;
-- example
INSERT INTO users (name) VALUES ('Alice');
-- example
COMMIT;
SELECT count(*) FROM dolt_log;
--> 2
-- example
CALL DOLT_COMMIT('-Am', 'Added user Alice');
SELECT count(*) FROM dolt_log;
--> 3

=== creating and switching branches
CREATE TABLE t (id INT PRIMARY KEY);
CALL dolt_commit('-Am', 't');
CALL dolt_branch('feature-branch');
CALL dolt_branch('branchToDelete');
-- example
CALL DOLT_BRANCH('myNewBranch');
--# status
--> 0
-- example
CALL DOLT_CHECKOUT('-b', 'newBranchName');
--# status, message
SELECT active_branch();
--> newBranchName
-- example
CALL DOLT_CHECKOUT('feature-branch');
SELECT active_branch();
--> feature-branch
-- example
CALL DOLT_BRANCH('-d', 'branchToDelete');
SELECT name FROM dolt_branches ORDER BY name;
--> feature-branch
--> main
--> myNewBranch
--> newBranchName
CALL DOLT_CHECKOUT('nowhere');
--! nowhere

=== commit operations
CREATE TABLE t (id INT PRIMARY KEY);
CALL dolt_add('t');
-- example
CALL DOLT_COMMIT('-m', 'commit message');
--# hash
--~ 1
INSERT INTO t VALUES (1);
-- example
CALL DOLT_COMMIT('-a', '-m', 'commit message');
CREATE TABLE u (id INT PRIMARY KEY);
-- example
CALL DOLT_COMMIT('-A', '-m', 'commit message');
INSERT INTO t VALUES (2);
CALL dolt_add('-A');
-- example
CALL DOLT_COMMIT('-m', 'message', '--author', 'John Doe <john@example.com>');
SELECT author, author_email FROM dolt_log LIMIT 1;
--> John Doe|john@example.com
-- example
CALL DOLT_COMMIT('-m', 'message', '--allow-empty');
SELECT count(*) FROM dolt_log;
--> 6
-- example
CALL DOLT_COMMIT('-m', 'message', '--skip-empty');
SELECT count(*) FROM dolt_log;
--> 6
CALL DOLT_COMMIT('-m', 'message');
--! nothing to commit

=== python integration
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50));
CALL dolt_commit('-Am', 'users');
-- example
SELECT active_branch();
--> main
-- example
CALL DOLT_CHECKOUT('-b', 'my-feature');
-- example
INSERT INTO users (name) VALUES ('Alice');
-- example
CALL DOLT_COMMIT('-Am', 'Add user Alice');
-- example
SELECT commit_hash, committer, message FROM dolt_log;
--~ 3
-- example
CALL DOLT_CHECKOUT('main');
-- example
CALL DOLT_MERGE('my-feature');
SELECT name FROM users;
--> Alice

=== branch management system tables
CREATE TABLE t (id INT PRIMARY KEY);
CALL dolt_commit('-Am', 'made t');
CALL dolt_checkout('-b', 'side');
INSERT INTO t VALUES (1);
CALL dolt_commit('-am', 'on side');
CALL dolt_checkout('main');
INSERT INTO t VALUES (2);
-- example
SELECT name, hash, latest_commit_message, dirty FROM dolt_branches;
--> main|*|made t|1
--> side|*|on side|0
-- example
SELECT commit_hash, committer, message, date FROM dolt_log;
--~ 2
-- example
SELECT * FROM dolt_commits;
--~ 3

=== cross-branch queries
CREATE TABLE accounts (id INT PRIMARY KEY);
INSERT INTO accounts VALUES (1);
CALL dolt_commit('-Am', 'accounts');
CALL dolt_checkout('-b', 'feature-branch');
INSERT INTO accounts VALUES (2);
-- example (the database is called mydatabase there)
SELECT * FROM `mydb/feature-branch`.accounts;
--> 1
--> 2
-- example
SELECT * FROM `mydb/main`.accounts;
--> 1

=== commit from an ORM
CREATE TABLE t (id INT PRIMARY KEY);
-- example
CALL DOLT_ADD('-A');
-- example
CALL DOLT_COMMIT('--skip-empty', '--author', 'Jane <jane@example.com>', '-m', 'from an ORM');
--~ 1
CALL DOLT_ADD('-A');
CALL DOLT_COMMIT('--skip-empty', '--author', 'Jane <jane@example.com>', '-m', 'nothing new');
SELECT count(*) FROM dolt_log;
--> 2

=== reset
CREATE TABLE t (id INT PRIMARY KEY);
CALL dolt_commit('-Am', 't');
INSERT INTO t VALUES (1);
-- example
CALL DOLT_RESET('--hard');
SELECT count(*) FROM t;
--> 0

=== diff table function
CREATE TABLE inventory (id INT PRIMARY KEY, item TEXT, quantity INT);
INSERT INTO inventory VALUES (1, 'shirt', 15), (2, 'shoes', 10);
CALL dolt_commit('-Am', 'inventory');
CALL dolt_checkout('-b', 'feature_branch');
UPDATE inventory SET quantity = 16 WHERE id = 1;
INSERT INTO inventory VALUES (3, 'hat', 6);
DELETE FROM inventory WHERE id = 2;
CALL dolt_commit('-am', 'changes');
CALL dolt_checkout('main');
INSERT INTO inventory VALUES (9, 'on main', 1);
CALL dolt_commit('-am', 'on main');
-- example
SELECT * FROM DOLT_DIFF('main', 'feature_branch', 'inventory');
--~ 4
-- example
SELECT * FROM DOLT_DIFF('main...feature_branch', 'inventory');
--~ 3
SELECT to_id, to_quantity, from_id, from_quantity, diff_type FROM DOLT_DIFF('main...feature_branch', 'inventory')
ORDER BY diff_type;
--> 3|6|NULL|NULL|added
--> 1|16|1|15|modified
--> NULL|NULL|2|10|removed
CALL dolt_checkout('feature_branch');
UPDATE inventory SET quantity = 17 WHERE id = 1;
CALL dolt_commit('-am', 'one column');
-- example
SELECT * FROM DOLT_DIFF('--skinny', 'HEAD~1', 'HEAD', 'inventory');
--~ 1

=== merge operations
CREATE TABLE t (id INT PRIMARY KEY, v INT);
INSERT INTO t VALUES (1, 1);
CALL dolt_commit('-Am', 't');
CALL dolt_checkout('-b', 'branch-name');
INSERT INTO t VALUES (2, 2);
CALL dolt_commit('-am', 'two');
CALL dolt_checkout('main');
-- example
CALL DOLT_MERGE('branch-name');
--> *|1|0|*
CALL dolt_checkout('branch-name');
INSERT INTO t VALUES (3, 3);
CALL dolt_commit('-am', 'three');
CALL dolt_checkout('main');
-- example
CALL DOLT_MERGE('branch-name', '--no-ff', '-m', 'merge message');
--> *|0|0|*
SELECT message FROM dolt_log LIMIT 1;
--> merge message
CALL DOLT_MERGE('--abort');
--! merge

=== aborting a merge
CREATE TABLE t (id INT PRIMARY KEY, v INT);
INSERT INTO t VALUES (1, 1);
CALL dolt_commit('-Am', 't');
CALL dolt_checkout('-b', 'branch-name');
UPDATE t SET v = 2;
CALL dolt_commit('-am', 'two');
CALL dolt_checkout('main');
UPDATE t SET v = 3;
CALL dolt_commit('-am', 'three');
CALL DOLT_MERGE('branch-name');
--> *|0|1|*
-- example
CALL DOLT_MERGE('--abort');
SELECT * FROM t;
--> 1|3
SELECT count(*) FROM dolt_conflicts;
--> 0

=== conflicts: accept ours
CREATE TABLE employees (id INT PRIMARY KEY, name TEXT, department TEXT);
INSERT INTO employees VALUES (1, 'Ada', 'maths'), (2, 'Bob', 'sales');
CALL dolt_commit('-Am', 'base');
CALL dolt_checkout('-b', 'their');
UPDATE employees SET name = 'Adele' WHERE id = 1;
CALL dolt_commit('-am', 'their');
CALL dolt_checkout('main');
UPDATE employees SET name = 'Adam' WHERE id = 1;
CALL dolt_commit('-am', 'our');
CALL dolt_merge('their');
-- example
SELECT * FROM dolt_conflicts;
--> employees|1
-- example
SELECT * FROM dolt_conflicts_employees;
--~ 1
SELECT base_name, our_name, their_name, our_diff_type, their_diff_type FROM dolt_conflicts_employees;
--> Ada|Adam|Adele|modified|modified
CALL dolt_commit('-Am', 'too early');
--! conflicts
-- example
DELETE FROM dolt_conflicts_employees;
SELECT * FROM dolt_conflicts;
--~ 0
CALL dolt_commit('-Am', 'merged');
SELECT name FROM employees;
--> Adam
--> Bob

=== conflicts: accept theirs
CREATE TABLE employees (id INT PRIMARY KEY, name TEXT, department TEXT);
INSERT INTO employees VALUES (1, 'Ada', 'maths'), (2, 'Bob', 'sales');
CALL dolt_commit('-Am', 'base');
CALL dolt_checkout('-b', 'their');
UPDATE employees SET name = 'Adele' WHERE id = 1;
CALL dolt_commit('-am', 'their');
CALL dolt_checkout('main');
UPDATE employees SET name = 'Adam' WHERE id = 1;
CALL dolt_commit('-am', 'our');
CALL dolt_merge('their');
-- example
REPLACE INTO employees
SELECT their_id, their_name, their_department
FROM dolt_conflicts_employees;
-- example
DELETE FROM dolt_conflicts_employees;
CALL dolt_commit('-Am', 'merged');
SELECT * FROM employees;
--> 1|Adele|maths
--> 2|Bob|sales

=== conflicts: resolve all tables by ours
CREATE TABLE employees (id INT PRIMARY KEY, name TEXT);
INSERT INTO employees VALUES (1, 'Ada');
CALL dolt_commit('-Am', 'base');
CALL dolt_checkout('-b', 'their');
UPDATE employees SET name = 'Adele';
CALL dolt_commit('-am', 'their');
CALL dolt_checkout('main');
UPDATE employees SET name = 'Adam';
CALL dolt_commit('-am', 'our');
CALL dolt_merge('their');
-- example
CALL DOLT_CONFLICTS_RESOLVE('--ours', '.');
SELECT name FROM employees;
--> Adam
CALL dolt_commit('-Am', 'merged');
SELECT count(*) FROM dolt_conflicts;
--> 0

=== conflicts: resolve all tables by theirs
CREATE TABLE employees (id INT PRIMARY KEY, name TEXT);
INSERT INTO employees VALUES (1, 'Ada');
CALL dolt_commit('-Am', 'base');
CALL dolt_checkout('-b', 'their');
UPDATE employees SET name = 'Adele';
CALL dolt_commit('-am', 'their');
CALL dolt_checkout('main');
UPDATE employees SET name = 'Adam';
CALL dolt_commit('-am', 'our');
CALL dolt_merge('their');
-- example
CALL DOLT_CONFLICTS_RESOLVE('--theirs', '.');
SELECT name FROM employees;
--> Adele
CALL dolt_commit('-Am', 'merged');

=== diff performance: paginate and count
CREATE TABLE large_table (id INT PRIMARY KEY, v INT);
INSERT INTO large_table VALUES (1, 1), (2, 2), (3, 3), (4, 4);
CALL dolt_commit('-Am', 'base');
CALL dolt_checkout('-b', 'feature');
UPDATE large_table SET v = v + 10 WHERE id < 4;
DELETE FROM large_table WHERE id = 4;
INSERT INTO large_table VALUES (5, 5);
CALL dolt_commit('-am', 'changes');
-- example
SELECT * FROM DOLT_DIFF('main', 'feature', 'large_table')
WHERE diff_type = 'modified'
LIMIT 100 OFFSET 0;
--~ 3
-- example
SELECT diff_type, COUNT(*)
FROM DOLT_DIFF('main', 'feature', 'large_table')
GROUP BY diff_type;
--~ 3
SELECT diff_type, COUNT(*) FROM DOLT_DIFF('main', 'feature', 'large_table') GROUP BY diff_type ORDER BY diff_type;
--> added|1
--> modified|3
--> removed|1

=== suggested schema
-- example
CREATE TABLE memory_blocks (
    id INT PRIMARY KEY AUTO_INCREMENT,
    user_id VARCHAR(255) NOT NULL,
    label VARCHAR(100) NOT NULL,
    schema_ref VARCHAR(255),
    title VARCHAR(255),
    body TEXT,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY (user_id, label)
);
-- example
-- Pending agent edits (approval workflow)
CREATE TABLE pending_diffs (
    id VARCHAR(36) PRIMARY KEY,
    user_id VARCHAR(255) NOT NULL,
    block_label VARCHAR(100) NOT NULL,
    operation ENUM('append', 'replace', 'full_replace') NOT NULL,
    new_value TEXT,
    current_value TEXT,
    reasoning TEXT,
    confidence ENUM('low', 'medium', 'high'),
    agent_id VARCHAR(255),
    status ENUM('pending', 'approved', 'rejected', 'superseded', 'expired'),
    created_at TIMESTAMP,
    reviewed_at TIMESTAMP
);
INSERT INTO memory_blocks (user_id, label, title, body) VALUES ('u1', 'human', 'Human', 'likes tea');
SELECT id, user_id, label, body FROM memory_blocks WHERE updated_at IS NOT NULL;
--> 1|u1|human|likes tea
INSERT INTO memory_blocks (user_id, label) VALUES ('u1', 'human');
--! UNIQUE constraint failed: memory_blocks.user_id, memory_blocks.label
INSERT INTO pending_diffs (id, user_id, block_label, operation, new_value, status, created_at)
VALUES ('d1', 'u1', 'human', 'append', 'and coffee', 'pending', '2026-01-25 02:31:34');
INSERT INTO pending_diffs (id, user_id, block_label, operation) VALUES ('d2', 'u1', 'human', 'prepend');
--! operation
CALL dolt_commit('-Am', 'memory blocks');
SELECT status FROM pending_diffs;
--> pending
