// Several tabs on one database: nothing is lost, nothing is torn, and gc takes nothing that is in use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, sleep, startServer } from './harness.mjs';
import { count, prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();

async function tabs(number) {
  const context = await browser.newContext();
  return Promise.all(Array.from({ length: number }, () => prollitePage(context, server)));
}

test('two tabs, 200 transactions each on one table: all there', async () => {
  const [a, b] = await tabs(2);
  await a.evaluate(async () => {
    const db = await prollite.open('shared');
    await db.exec('CREATE TABLE log (id INTEGER PRIMARY KEY, tab TEXT, n INTEGER); CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO counter VALUES (1, 0)');
    globalThis.db = db;
  });
  await b.evaluate(async () => {
    globalThis.db = await prollite.open('shared');
  });
  const work = (page, tab) =>
    page.evaluate(async (tab) => {
      for (let n = 0; n < 200; n++) {
        // Rows of its own merge with the other tab's; a counter that both move does not, and is tried again.
        if (n % 4 === 0) {
          await db.transaction(async (tx) => {
            await tx.query('INSERT INTO log VALUES (?, ?, ?)', [(tab === 'a' ? 0 : 1_000) + n, tab, n]);
            await tx.query('UPDATE counter SET n = n + 1 WHERE id = 1');
          }, { retries: 200 });
        } else {
          await db.query('INSERT INTO log VALUES (?, ?, ?)', [(tab === 'a' ? 0 : 1_000) + n, tab, n]);
          await db.query('UPDATE counter SET n = n + 1 WHERE id = 1');
        }
      }
    }, tab);
  await Promise.all([work(a, 'a'), work(b, 'b')]);
  const seen = await a.evaluate(async () => {
    const { rows } = await db.query('SELECT tab, COUNT(*) AS c, SUM(n) AS s FROM log GROUP BY tab ORDER BY tab');
    const { rows: [counter] } = await db.query('SELECT n FROM counter');
    return { rows, counter, report: await db.verify() };
  });
  assert.deepEqual(seen.rows, [{ tab: 'a', c: 200, s: 19_900 }, { tab: 'b', c: 200, s: 19_900 }]);
  assert.equal(seen.counter.n, 400);
  assert.equal(seen.report.ok, true);
});

test('a commit in one tab shows in the other within 300 ms', async () => {
  const [a, b] = await tabs(2);
  await a.evaluate(async () => {
    globalThis.db = await prollite.open('news');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
  });
  await b.evaluate(async () => {
    globalThis.db = await prollite.open('news');
    globalThis.changes = [];
    db.on('change', (change) => changes.push(change));
    db.on('ref', (moved) => changes.push(moved));
    await db.query('SELECT * FROM t');
  });
  await a.evaluate(() => db.query('INSERT INTO t VALUES (1)'));
  await sleep(250);
  const seen = await b.evaluate(async () => ({ rows: (await db.query('SELECT * FROM t')).rows, changes }));
  assert.deepEqual(seen.rows, [{ id: 1 }]);
  assert.deepEqual(seen.changes, [{ ref: 'main', tables: ['t'], local: false }]);
});

test('gc in a loop beside two writers that revert values and a long reader', { timeout: 180_000 }, async () => {
  const rounds = count('PROLLITE_GC_ROUNDS', process.env.PROLLITE_LONG ? 60 : 12);
  const [collector, first, second, reader] = await tabs(4);
  await collector.evaluate(async () => {
    globalThis.db = await prollite.open('gc');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)');
    await db.batch(Array.from({ length: 2_000 }, (_, id) => ({ sql: 'INSERT INTO t VALUES (?, ?)', params: [id, 'x'.repeat(100) + id] })));
    globalThis.stop = false;
  });
  for (const page of [first, second, reader]) {
    await page.evaluate(async () => {
      globalThis.db = await prollite.open('gc');
      globalThis.stop = false;
    });
  }
  // Each sets rows to another value and back: chunks that gc found dead come to life again.
  const write = (page, from) =>
    page.evaluate(async (from) => {
      let writes = 0;
      while (!stop) {
        const id = from + ((writes * 37) % 1_000);
        await db.query('UPDATE t SET a = ? WHERE id = ?', [`other ${writes}`, id]);
        await db.query('UPDATE t SET a = ? WHERE id = ?', ['x'.repeat(100) + id, id]);
        if (writes % 5 === 0) {
          await db.transaction(async (tx) => {
            await tx.query('UPDATE t SET a = ? WHERE id = ?', ['tx', id]);
            await new Promise((resolve) => setTimeout(resolve, 30));
            await tx.query('UPDATE t SET a = ? WHERE id = ?', ['x'.repeat(100) + id, id]);
          }, { retries: 100 });
        }
        writes++;
      }
      return writes;
    }, from);
  const read = reader.evaluate(async () => {
    let reads = 0;
    while (!stop) {
      // A transaction that stays on its root while the others move on.
      await db.transaction(async (tx) => {
        const before = (await tx.query('SELECT COUNT(*) AS c, SUM(LENGTH(a)) AS s FROM t')).rows[0];
        for (let i = 0; i < 5; i++) {
          await new Promise((resolve) => setTimeout(resolve, 40));
          await db.link.ask({ what: 'evict' });
          const after = (await tx.query('SELECT COUNT(*) AS c, SUM(LENGTH(a)) AS s FROM t')).rows[0];
          if (before.c !== after.c || before.s !== after.s) throw new Error('the snapshot moved');
        }
      });
      reads++;
    }
    return reads;
  });
  const writers = [write(first, 0), write(second, 1_000)];
  const figures = await collector.evaluate(async (rounds) => {
    let freed = 0;
    for (let i = 0; i < rounds; i++) {
      freed += (await db.gc()).freed;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { freed };
  }, rounds);
  for (const page of [first, second, reader]) await page.evaluate(() => { globalThis.stop = true; });
  const [writesA, writesB, reads] = await Promise.all([...writers, read]);
  const seen = await collector.evaluate(async () => {
    await db.gc();
    await db.link.ask({ what: 'evict' });
    const { rows } = await db.query('SELECT COUNT(*) AS c FROM t WHERE a = ? || id', ['x'.repeat(100)]);
    return { intact: rows[0].c, report: await db.verify(), figures: await db.link.ask({ what: 'figures' }) };
  });
  assert.equal(seen.report.ok, true, JSON.stringify(seen.report));
  assert.equal(seen.intact, 2_000);
  assert.ok(writesA > 5 && writesB > 5 && reads > 0, `${writesA} ${writesB} ${reads}`);
  assert.ok(figures.freed > 0);
  assert.ok(seen.figures.generation > 0);
  for (const page of [collector, first, second, reader]) assert.deepEqual(page.errors, []);
});
