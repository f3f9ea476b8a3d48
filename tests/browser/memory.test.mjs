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
    // A cold look-up takes a round a level: what it takes more in the large table are that table's further levels.
    await db.query('CREATE TABLE leaf (id INTEGER PRIMARY KEY, a TEXT)');
    await db.query("INSERT INTO leaf VALUES (1, 'x')");
    const lookUp = async (table) => {
      await db.link.ask({ what: 'evict' });
      const { rounds } = await db.link.ask({ what: 'figures' });
      await db.query(`SELECT a FROM ${table} WHERE id = 1`);
      return (await db.link.ask({ what: 'figures' })).rounds - rounds;
    };
    const height = (await lookUp('big')) - (await lookUp('leaf')) + 1;
    await db.link.ask({ what: 'evict' });
    const before = await db.link.ask({ what: 'figures' });
    const { rows: joined } = await db.query('SELECT picks.n, big.id, big.a FROM picks JOIN big ON big.id = picks.id ORDER BY picks.n');
    const after = await db.link.ask({ what: 'figures' });
    await db.close();
    const right = joined.length === 1_000 && joined.every(({ n, id, a }) => picks[n][1] === id && a.startsWith(`row ${id} `));
    return { right, height, rounds: after.rounds - before.rounds, packs: after.packsRead - before.packsRead };
  });
  console.log(`cold join: ${seen.rounds} rounds, ${seen.packs} packs, a tree of ${seen.height} levels`);
  assert.equal(seen.right, true);
  assert.ok(seen.height >= 2 && seen.height <= 4, `${seen.height} levels`);
  assert.ok(seen.rounds <= 4 * seen.height + 12, `${seen.rounds} rounds`);
});

/** Writes and reads a database three times its cache; answers what that took. */
const largerThanCache = (page, budget, rows) =>
  page.evaluate(async ({ budget, rows }) => {
    let db = await prollite.open('large', { durability: 'relaxed' });
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)');
    const noise = () => Array.from(crypto.getRandomValues(new Uint8Array(450)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    for (let from = 0; from < rows; from += 2_000) {
      await db.batch(Array.from({ length: 2_000 }, (_, i) => ({ sql: 'INSERT INTO t VALUES (?, ?)', params: [from + i, noise()] })));
    }
    await db.vc.commit({ message: 'base', all: true });
    await db.close();
    db = await prollite.open('large', budget ? { cacheBytes: budget } : {});
    const size = (await db.storage()).bytes;
    const steps = {};
    const step = async (name, work) => {
      const began = performance.now();
      const answer = await work();
      steps[name] = { ms: Math.round(performance.now() - began), memory: (await db.link.ask({ what: 'figures' })).memory };
      return answer;
    };
    const scanned = await step('scan', async () => (await db.query('SELECT COUNT(*) AS c, MAX(a) AS m FROM t WHERE LENGTH(a) = 900')).rows[0].c);
    const grouped = await step('group', async () => (await db.query('SELECT SUBSTR(a, 1, 1) AS g, COUNT(*) AS c FROM t GROUP BY g ORDER BY c DESC')).rows.length);
    const sorted = await step('sort', async () => (await db.query('SELECT id FROM t ORDER BY a LIMIT 10')).rows.length);
    await db.vc.branch('other');
    const other = await db.connect('other');
    await step('theirs', () => other.query('UPDATE t SET a = ? WHERE id % 100 = 7', ['theirs']));
    await other.vc.commit({ message: 'theirs', all: true });
    await step('ours', () => db.query('UPDATE t SET a = ? WHERE id % 100 = 8', ['ours']));
    await db.vc.commit({ message: 'ours', all: true });
    const merge = await step('merge', () => db.vc.merge('other'));
    let changes = 0;
    await step('diff', async () => { for await (const _ of db.vc.diff('t', 'HEAD~1', 'HEAD')) changes++; });
    const report = await step('verify', () => db.verify());
    const figures = await db.link.ask({ what: 'figures' });
    await db.close();
    return { size, scanned, grouped, sorted, merge, changes, report, figures, steps };
  }, { budget, rows });

// The default cache takes a minute to fill: the long run has it as well.
for (const budget of process.env.PROLLITE_LONG ? [16 * MB, 64 * MB] : [16 * MB]) {
  test(`a database three times a cache of ${budget / MB} MB, scanned, diffed and merged: memory stays near it`, { timeout: 1_200_000 }, async () => {
    const page = await prollitePage(await browser.newContext(), server);
    const rows = (budget / MB) * 3_500;
    const seen = await largerThanCache(page, budget === 64 * MB ? undefined : budget, rows);
    const steps = Object.entries(seen.steps).map(([name, { ms, memory }]) => `${name} ${ms} ms ${(memory / MB).toFixed(0)} MB`);
    console.log(`database ${(seen.size / MB).toFixed(1)} MB, cache ${budget / MB} MB, wasm memory: ${steps.join(', ')}`);
    assert.ok(seen.size >= 3 * budget, `${seen.size}`);
    assert.deepEqual([seen.scanned, seen.grouped, seen.sorted], [rows, 16, 10]);
    assert.deepEqual([seen.merge.conflicts, seen.changes, seen.report.ok], [0, rows / 100, true]);
    assert.ok(seen.figures.memory <= budget + 64 * MB, `${seen.figures.memory} bytes of wasm memory`);
  });
}
