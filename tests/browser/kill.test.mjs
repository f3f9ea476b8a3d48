// Chromium killed while it writes, opened again and verified: every acknowledged commit is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchKillable, sleep, startServer, temporaryProfile } from './harness.mjs';
import { count, prollitePage } from './pages.mjs';

const server = await startServer();

test('every acknowledged commit survives a kill', { timeout: 1_800_000 }, async () => {
  const kills = count('PROLLITE_KILLS', 5);
  // A kill counts when a commit was on its way: after the engine began to write and before it said done.
  const wanted = Math.min(kills, 20);
  const profile = temporaryProfile();
  let acknowledged = 0;
  let inFlight = 0;
  let next = 0;
  for (let round = 0; round < kills || (inFlight < wanted && round < kills * 3); round++) {
    const { context, kill } = await launchKillable(profile);
    const page = await prollitePage(context, server);
    let sent = 0;
    await page.exposeFunction('acknowledge', (id) => {
      acknowledged = Math.max(acknowledged, id);
    });
    await page.exposeFunction('sending', (id) => {
      sent = id;
    });
    const state = await page.evaluate(async () => {
      globalThis.db = await prollite.open('killed');
      await db.exec('CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX IF NOT EXISTS t_a ON t (a)');
      const { rows: [row] } = await db.query('SELECT COUNT(*) AS c, COALESCE(MAX(id), 0) AS m FROM t');
      return { ...row, report: await db.verify() };
    });
    assert.equal(state.report.ok, true, JSON.stringify(state.report));
    assert.equal(state.c, state.m, 'rows have gaps');
    assert.ok(state.m >= acknowledged, `row ${acknowledged} was acknowledged, the last is ${state.m}`);
    next = state.m + 1;
    const writing = page
      .evaluate(async (first) => {
        for (let id = first; ; id++) {
          await sending(id);
          const insert = ['INSERT INTO t VALUES (?, ?, ?)', [id, crypto.randomUUID(), 'x'.repeat(Math.random() * 4_000)]];
          if (id % 10 === 0) await db.transaction((tx) => tx.query(...insert), { commit: { message: `row ${id}` } });
          else await db.query(...insert);
          // The test has heard of it before the next begins.
          await acknowledge(id);
        }
      }, next)
      .catch(() => undefined);
    await sleep(150 + Math.random() * 600);
    if (sent > acknowledged) inFlight++;
    await kill();
    await writing;
  }
  const { context, kill } = await launchKillable(profile);
  const page = await prollitePage(context, server);
  const state = await page.evaluate(async () => {
    const db = await prollite.open('killed');
    const { rows: [row] } = await db.query('SELECT COUNT(*) AS c, COALESCE(MAX(id), 0) AS m FROM t');
    return { ...row, report: await db.verify() };
  });
  await kill();
  assert.equal(state.report.ok, true, JSON.stringify(state.report));
  assert.equal(state.c, state.m);
  assert.ok(state.m >= acknowledged);
  assert.ok(acknowledged > 0);
  console.log(`${kills} kills, ${inFlight} of them with a commit on its way; ${acknowledged} commits acknowledged`);
  assert.ok(inFlight >= Math.min(wanted, kills / 2), `only ${inFlight} kills met a commit on its way`);
});
