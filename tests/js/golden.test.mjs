// The engine that ships gives the addresses that the native one gives (`tests/golden_sql.rs`).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { open } from '../../dist/index.js';
import { at } from '../../pkg-config/steps.mjs';

test('wasm and native agree on every byte of a table', async () => {
  const db = await open('golden', { storage: 'memory' });
  await db.exec(readFileSync(at('tests/golden/sql.sql'), 'utf8'));
  const lines = [];
  for (const table of ['numbers', 'kinds', 'large', 'keyless']) {
    const { rows: [{ hash }] } = await db.query('SELECT dolt_hashof_table(?) AS hash', [table]);
    lines.push(`${table}: ${hash}\n`);
  }
  const { rows: [{ hash }] } = await db.query('SELECT dolt_hashof_db() AS hash');
  await db.close();
  assert.equal(lines.join('') + `database: ${hash}\n`, readFileSync(at('tests/golden/sql.txt'), 'utf8'));
});
