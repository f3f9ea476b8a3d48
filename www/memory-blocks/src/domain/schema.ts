// The user's two tables, with what review needs beside the columns that they began with.
import type { Db } from 'prollite';

/** The newest shape; `settings.shape` holds the one that a database has. */
const SHAPE = '1';

const TABLES = `
CREATE TABLE memory_blocks (
    id UUID PRIMARY KEY DEFAULT (UUID()),
    user_id VARCHAR(255) NOT NULL,
    label VARCHAR(100) NOT NULL,
    schema_ref VARCHAR(255),
    title VARCHAR(255),
    body TEXT,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    description TEXT,
    char_limit INT NOT NULL DEFAULT 5000,
    read_only BOOLEAN NOT NULL DEFAULT FALSE,
    sealed TEXT,
    UNIQUE KEY (user_id, label),
    CONSTRAINT block_limit CHECK (CHAR_LENGTH(body) <= char_limit),
    CONSTRAINT block_read_only CHECK (read_only = FALSE OR (sealed IS NOT NULL AND body = sealed))
);

CREATE TABLE pending_diffs (
    id UUID PRIMARY KEY DEFAULT (UUID()),
    user_id VARCHAR(255) NOT NULL,
    block_label VARCHAR(100) NOT NULL,
    operation ENUM('append', 'replace', 'full_replace', 'replace_all', 'insert', 'create', 'rename', 'delete') NOT NULL,
    new_value TEXT,
    current_value TEXT,
    reasoning TEXT,
    confidence ENUM('low', 'medium', 'high'),
    agent_id VARCHAR(255),
    status ENUM('pending', 'approved', 'rejected', 'superseded', 'expired') NOT NULL DEFAULT 'pending',
    created_at TIMESTAMP,
    reviewed_at TIMESTAMP,
    block_id UUID,
    anchor TEXT,
    line INT,
    base_commit VARCHAR(64),
    base_hash VARCHAR(64),
    group_id VARCHAR(64),
    dedupe_key VARCHAR(64),
    supersedes UUID,
    expires_at TIMESTAMP,
    decided_by VARCHAR(255),
    decision_note TEXT,
    final_value TEXT
);
CREATE INDEX pending_by_status ON pending_diffs (status, created_at);
CREATE INDEX pending_by_block ON pending_diffs (block_id, status);
CREATE INDEX pending_by_key ON pending_diffs (dedupe_key);

CREATE TABLE agents (
    id VARCHAR(255) PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    blocked BOOLEAN NOT NULL DEFAULT FALSE,
    max_pending INT NOT NULL DEFAULT 100
);

CREATE TABLE approval_rules (
    id UUID PRIMARY KEY DEFAULT (UUID()),
    agent_id VARCHAR(255),
    block_label VARCHAR(100),
    operation VARCHAR(20) NOT NULL,
    confidence ENUM('low', 'medium', 'high') NOT NULL DEFAULT 'high',
    max_characters INT NOT NULL DEFAULT 400,
    enabled BOOLEAN NOT NULL DEFAULT FALSE
);

INSERT INTO dolt_merge_drivers (table_name, column_name, driver) VALUES
    ('memory_blocks', 'body', 'text3'),
    ('memory_blocks', 'sealed', 'text3'),
    ('memory_blocks', 'updated_at', 'max'),
    ('pending_diffs', 'reviewed_at', 'max');

CREATE TABLE settings (
    name VARCHAR(100) PRIMARY KEY,
    value TEXT
);
`;

/** Makes the tables in a database that has none. Two tabs that open together make them once. */
export async function setUp(db: Db): Promise<void> {
  const { rows } = await db.query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'settings'");
  if (rows.length > 0) return;
  try {
    await db.transaction(
      async (tx) => {
        await tx.exec(TABLES);
        await tx.query("INSERT INTO settings (name, value) VALUES ('shape', ?)", [SHAPE]);
      },
      { commit: { message: 'Make the tables' } },
    );
  } catch (error) {
    const { rows: made } = await db.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'settings'");
    if (made.length === 0) throw error;
  }
}
