import type { Sample } from '.';

export const SCHEMA = `-- Core memory blocks
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
);`;

const ROWS = `
INSERT INTO memory_blocks (user_id, label, schema_ref, title, body) VALUES
  ('ada', 'student', 'college-student', 'Who Ada is',
   '## Background

Second-year student of mathematics. Reads papers in the morning and writes in the evening.

## How to talk with her

Plain words, one question at a time.'),
  ('ada', 'journey', 'essay-journey', 'The essay so far',
   '## Where it stands

The first draft is done: 640 words, the limit is 650.

## Next

Find the sentence that the essay is about.'),
  ('ben', 'student', 'college-student', 'Who Ben is',
   '## Background

First in his family at a university. Works two evenings a week.');

INSERT INTO pending_diffs
  (id, user_id, block_label, operation, new_value, current_value, reasoning, confidence, agent_id, status, created_at)
VALUES
  ('0b8f2a52-6d0e-4a55-9a0c-3f1c7d1f6a01', 'ada', 'student', 'append',
   'She prefers examples before definitions.', NULL,
   'She asked for an example three times in the last session.', 'high', 'tutor', 'pending', '2026-01-24 09:12:00'),
  ('5f0d1a34-93c7-4b7e-8a86-2c55b7f3d902', 'ada', 'journey', 'replace',
   'The second draft is done: 612 words, the limit is 650.', 'The first draft is done: 640 words, the limit is 650.',
   'The new draft was uploaded today.', 'medium', 'essay-coach', 'pending', '2026-01-24 18:40:00'),
  ('c2a9d5b0-1c1e-4c3f-b7a4-9e0f6f1e2b03', 'ben', 'student', 'append',
   'He is free on Tuesdays.', NULL,
   'He mentioned it once, in passing.', 'low', 'tutor', 'pending', '2026-01-25 08:05:00');
`;

export const memoryBlocks: Sample = {
  name: 'memory-blocks',
  title: 'Memory blocks',
  about: 'Notes about people, and edits that agents propose.',
  tables: ['memory_blocks', 'pending_diffs'],
  async load(db) {
    await db.transaction(async (tx) => {
      await tx.exec(`${SCHEMA}\n${ROWS}`);
    });
  },
};
