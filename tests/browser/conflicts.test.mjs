// A merge with conflicts is a stored state: the page that goes on with it need not be the one that began it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, startServer } from './harness.mjs';
import { importInto, prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();

/** A page that merged into conflicts and was then loaded anew; what it saw before. */
async function reloadedAmidMerge() {
  const page = await prollitePage(await browser.newContext(), server);
  const before = await page.evaluate(async () => {
    const db = await prollite.open('clash');
    await db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX by_a ON t (a);
      INSERT INTO t VALUES (1, 'one', 'x'), (2, 'two', 'x'), (3, 'three', 'x')`);
    await db.vc.commit({ message: 'base', all: true });
    await db.vc.branch('side');
    const side = await db.connect('side');
    await side.transaction((tx) => tx.exec("UPDATE t SET a = 'uno' WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET b = 'theirs' WHERE id = 3"), { commit: { message: 'theirs' } });
    await side.close();
    await db.transaction((tx) => tx.exec("UPDATE t SET a = 'eins' WHERE id = 1; UPDATE t SET a = 'zwei' WHERE id = 2; UPDATE t SET a = 'drei' WHERE id = 3"), { commit: { message: 'ours' } });
    const root = (await db.query('SELECT dolt_hashof_db() AS hash')).rows[0].hash;
    const { conflicts } = await db.vc.merge('side');
    return { root, merged: conflicts, conflicts: await db.vc.conflicts() };
    // It is not closed: the reload takes it away.
  });
  await page.reload();
  await importInto(page);
  const conflicts = await page.evaluate(async () => {
    globalThis.db = await prollite.open('clash');
    globalThis.all = async () => (await db.query('SELECT id, a, b FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
    globalThis.indexed = async () => (await db.query("SELECT id FROM t WHERE a > '' ORDER BY id", [], { rowMode: 'array' })).rows.flat();
    globalThis.conflictsLeft = async () => (await db.vc.conflicts()).length;
    return db.vc.conflicts();
  });
  assert.equal(before.merged, 2);
  assert.deepEqual(conflicts, before.conflicts);
  assert.deepEqual(conflicts.map(({ key }) => key).sort(), [[1], [2]]);
  return { page, before };
}

test('a merge with conflicts is resolved and continued after the page was loaded again', async () => {
  const { page } = await reloadedAmidMerge();
  const seen = await page.evaluate(async () => {
    const { vc } = db;
    const out = { early: (await failure(vc.continue()))?.code, commit: (await failure(vc.commit({ message: 'too early', all: true })))?.code };
    const conflicts = await vc.conflicts();
    await vc.resolve(conflicts.find(({ key }) => key[0] === 1).id, { row: { id: 1, a: 'both', b: 'x' } });
    out.one = await conflictsLeft();
    return out;
  });
  // Half resolved is a stored state as well.
  await page.reload();
  await importInto(page);
  const done = await page.evaluate(async () => {
    const db = await prollite.open('clash');
    const { vc } = db;
    const conflicts = await vc.conflicts();
    for (const { id } of conflicts) await vc.resolve(id, 'theirs');
    const commit = await vc.continue({ message: 'merged' });
    const rows = (await db.query('SELECT id, a, b FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
    const indexed = (await db.query("SELECT id FROM t WHERE a > '' ORDER BY id", [], { rowMode: 'array' })).rows.flat();
    const out = { left: conflicts.map(({ key }) => key), parents: commit.parents.length, message: commit.message, rows, indexed, status: await vc.status(), again: (await failure(vc.continue()))?.code, report: await db.verify() };
    await db.close();
    return out;
  });
  assert.deepEqual([seen.early, seen.commit, seen.one], ['MERGE_CONFLICT', 'MERGE_CONFLICT', 1]);
  assert.deepEqual(done.left, [[2]]);
  assert.deepEqual([done.parents, done.message, done.status], [2, 'merged', []]);
  assert.deepEqual(done.rows, [[1, 'both', 'x'], [3, 'drei', 'theirs']]);
  assert.deepEqual(done.indexed, [1, 3]);
  assert.ok(done.again, 'nothing is left to continue');
  assert.equal(done.report.ok, true);
});

test('a merge with conflicts is aborted after the page was loaded again: the same root, no trace', async () => {
  const { page, before } = await reloadedAmidMerge();
  const seen = await page.evaluate(async () => {
    const { vc } = db;
    await vc.resolve((await vc.conflicts())[0].id, 'theirs');
    await vc.abort();
    const root = (await db.query('SELECT dolt_hashof_db() AS hash')).rows[0].hash;
    const out = { root, rows: await all(), indexed: await indexed(), left: await conflictsLeft(), status: await vc.status(), again: (await failure(vc.abort()))?.code };
    // And it can be tried again.
    out.conflicts = (await vc.merge('side')).conflicts;
    out.report = await db.verify();
    await db.close();
    return out;
  });
  assert.equal(seen.root, before.root);
  assert.deepEqual(seen.rows, [[1, 'eins', 'x'], [2, 'zwei', 'x'], [3, 'drei', 'x']]);
  assert.deepEqual([seen.indexed, seen.left, seen.status], [[1, 2, 3], 0, []]);
  assert.ok(seen.again, 'nothing is left to abort');
  assert.equal(seen.conflicts, 2);
  assert.equal(seen.report.ok, true);
});
