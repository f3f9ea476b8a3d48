// Packs that are merged while nobody waits, and chunks that `CALL dolt_gc()` sweeps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, sleep, startServer } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();

test('idle tabs merge small packs, beside another tab that reads by the old ones', { timeout: 60_000 }, async () => {
  const context = await browser.newContext();
  const [page, other] = [await prollitePage(context, server), await prollitePage(context, server)];
  const before = await page.evaluate(async () => {
    globalThis.db = await prollite.open('packs');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)');
    for (let id = 0; id < 100; id++) await db.query('INSERT INTO t VALUES (?, ?)', [id, `row ${id}`]);
    return db.storage();
  });
  assert.ok(before.packs > 100, `${before.packs} packs`);
  await other.evaluate(async () => {
    globalThis.db = await prollite.open('packs');
    // It stands on the old packs while they are merged.
    globalThis.held = db.transaction(async (tx) => {
      const { rows: [first] } = await tx.query('SELECT COUNT(*) AS c FROM t');
      await new Promise((resolve) => { globalThis.release = resolve; });
      await db.link.ask({ what: 'evict' });
      const { rows: [second] } = await tx.query('SELECT COUNT(*) AS c, SUM(id) AS s FROM t');
      return { first, second };
    });
    while (!globalThis.release) await new Promise((resolve) => setTimeout(resolve, 10));
  });
  // Five seconds after the last commit, by itself.
  let after = before;
  for (let waited = 0; waited < 30 && after.packs > 20; waited++) {
    await sleep(500);
    after = await page.evaluate(() => db.storage());
  }
  assert.ok(after.packs < 20, `${after.packs} packs after idling, ${before.packs} before`);
  const held = await other.evaluate(() => {
    release();
    return held;
  });
  assert.deepEqual(held, { first: { c: 100 }, second: { c: 100, s: 4_950 } });
  const seen = await page.evaluate(async () => {
    // With nobody in the way the merged packs are deleted.
    await db.link.ask({ what: 'tidy' });
    await db.link.ask({ what: 'evict' });
    const { rows: [row] } = await db.query('SELECT COUNT(*) AS c, MAX(a) AS a FROM t');
    return { row, report: await db.verify(), figures: await db.link.ask({ what: 'figures' }) };
  });
  assert.deepEqual(seen.row, { c: 100, a: 'row 99' });
  assert.equal(seen.report.ok, true);
  for (const one of [page, other]) assert.deepEqual(one.errors, []);
});

test('CALL dolt_gc() in a page frees what nothing reaches', { timeout: 60_000 }, async () => {
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('swept');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE kept (id INTEGER PRIMARY KEY)');
    await db.vc.commit({ message: 'empty', all: true });
    const noise = () => Array.from(crypto.getRandomValues(new Uint8Array(500)), (byte) => byte.toString(16)).join('');
    await db.batch(Array.from({ length: 2_000 }, (_, id) => ({ sql: 'INSERT INTO t VALUES (?, ?)', params: [id, noise()] })));
    await db.query('DELETE FROM t');
    const before = await db.storage();
    const { rows } = await db.query('CALL dolt_gc()');
    let after = before;
    for (let waited = 0; waited < 100 && after.bytes > before.bytes / 10; waited++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      after = await db.storage();
    }
    await db.link.ask({ what: 'evict' });
    const { rows: [{ c }] } = await db.query('SELECT COUNT(*) AS c FROM t');
    const report = await db.verify();
    await db.close();
    return { rows, before, after, c, report };
  });
  assert.equal(seen.rows.length, 1);
  assert.ok(seen.before.bytes > 1_000_000, `${seen.before.bytes}`);
  assert.ok(seen.after.bytes < seen.before.bytes / 10, `${seen.after.bytes} of ${seen.before.bytes} bytes are left`);
  assert.equal(seen.c, 0);
  assert.equal(seen.report.ok, true);
});
