// In Node: importing does nothing, and the engine runs in memory, in this thread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DbError, deleteDb, errorCodes, listDbs, open, sql } from '../../dist/index.js';
import { readCodes } from '../../pkg-config/codes.mjs';

test('the engine runs in memory', async () => {
  const db = await open('node', { storage: 'memory' });
  await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'one')");
  await db.transaction(async (tx) => {
    await tx.query('INSERT INTO t VALUES (?, ?)', [2, 'two']);
  }, { commit: { message: 'two rows' } });
  assert.deepEqual(await db.sql`SELECT a FROM t WHERE id = ${2}`, [{ a: 'two' }]);
  const messages = [];
  for await (const { message } of db.vc.log()) messages.push(message);
  assert.deepEqual(messages, ['two rows', 'Initialize data repository']);
  await assert.rejects(db.query('SELECT * FROM nowhere'), (error) => error instanceof DbError && error.code === 'TABLE_NOT_FOUND');
  assert.equal((await db.verify()).ok, true);
  await db.close();
  await assert.rejects(db.query('SELECT 1'), { code: 'CLOSED' });
});

test('what needs a browser says so', async () => {
  await assert.rejects(open('node'), { code: 'STORAGE_BLOCKED' });
  assert.deepEqual(await listDbs(), []);
  await deleteDb('node');
});

test('the codes are those of the engine', () => {
  assert.deepEqual([...errorCodes], readCodes().map(({ code }) => code));
});

test('sql quotes names and carries values', () => {
  const made = sql`SELECT ${1} FROM ${sql.id('a"b', 'c')} WHERE ${sql.join([sql`x = ${'y'}`, sql`z`], sql` AND `)}`;
  assert.equal(made.text, 'SELECT ? FROM "a""b"."c" WHERE x = ? AND z');
  assert.deepEqual(made.params, [1, 'y']);
  assert.throws(() => sql.id(), { code: 'BAD_ARGUMENT' });
});
