// A database larger than its cache: rounds of fetching, and memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, startServer } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();
const MB = 1024 * 1024;

test('a cold random join of 1,000 keys needs few rounds', { timeout: 240_000 }, async () => {
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('cold', { durability: 'relaxed' });
    await db.exec('CREATE TABLE big (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE picks (n INTEGER PRIMARY KEY, id INTEGER)');
    const rows = 100_000;
    for (let from = 0; from < rows; from += 5_000) {
      await db.batch(Array.from({ length: 5_000 }, (_, i) => ({ sql: 'INSERT INTO big VALUES (?, ?)', params: [from + i, `row ${from + i} ${'x'.repeat(60)}`] })));
    }
    const picks = Array.from({ length: 1_000 }, (_, n) => [n, Math.floor(Math.random() * rows)]);
    await db.batch(picks.map((params) => ({ sql: 'INSERT INTO picks VALUES (?, ?)', params })));
    await db.link.ask({ what: 'evict' });
    const before = await db.link.ask({ what: 'figures' });
    const { rows: joined } = await db.query('SELECT picks.n, big.id, big.a FROM picks JOIN big ON big.id = picks.id ORDER BY picks.n');
    const after = await db.link.ask({ what: 'figures' });
    await db.close();
    const right = joined.length === 1_000 && joined.every(({ n, id, a }) => picks[n][1] === id && a.startsWith(`row ${id} `));
    return { right, rounds: after.rounds - before.rounds, packs: after.packsRead - before.packsRead };
  });
  // 100,000 rows of this size stand in a tree of three levels.
  const height = 3;
  console.log(`cold join: ${seen.rounds} rounds, ${seen.packs} packs`);
  assert.equal(seen.right, true);
  assert.ok(seen.rounds <= 4 * height + 12, `${seen.rounds} rounds`);
});

test('a database three times its cache, scanned, diffed and merged: memory stays near the budget', { timeout: 300_000 }, async () => {
  const page = await prollitePage(await browser.newContext(), server);
  const budget = 16 * MB;
  const seen = await page.evaluate(async (budget) => {
    let db = await prollite.open('large', { durability: 'relaxed' });
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)');
    const noise = () => Array.from(crypto.getRandomValues(new Uint8Array(450)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    for (let from = 0; from < 56_000; from += 2_000) {
      await db.batch(Array.from({ length: 2_000 }, (_, i) => ({ sql: 'INSERT INTO t VALUES (?, ?)', params: [from + i, noise()] })));
    }
    await db.vc.commit({ message: 'base', all: true });
    await db.close();
    db = await prollite.open('large', { cacheBytes: budget });
    const size = (await db.storage()).bytes;
    const scanned = (await db.query('SELECT COUNT(*) AS c FROM t WHERE LENGTH(a) = 900')).rows[0].c;
    await db.vc.branch('other');
    const other = await db.connect('other');
    await other.query('UPDATE t SET a = ? WHERE id % 100 = 7', ['theirs']);
    await other.vc.commit({ message: 'theirs', all: true });
    await db.query('UPDATE t SET a = ? WHERE id % 100 = 8', ['ours']);
    await db.vc.commit({ message: 'ours', all: true });
    const merge = await db.vc.merge('other');
    let changes = 0;
    for await (const _ of db.vc.diff('t', 'HEAD~1', 'HEAD')) changes++;
    const report = await db.verify();
    const figures = await db.link.ask({ what: 'figures' });
    await db.close();
    return { size, scanned, merge, changes, report, figures };
  }, budget);
  console.log(`database ${(seen.size / MB).toFixed(1)} MB, cache ${budget / MB} MB, wasm memory ${(seen.figures.memory / MB).toFixed(1)} MB`);
  assert.ok(seen.size >= 3 * budget, `${seen.size}`);
  assert.equal(seen.scanned, 56_000);
  assert.deepEqual([seen.merge.conflicts, seen.changes, seen.report.ok], [0, 560, true]);
  assert.ok(seen.figures.memory <= budget + 64 * MB, `${seen.figures.memory} bytes of wasm memory`);
});
