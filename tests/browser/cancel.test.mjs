// A runaway query is cancelled; the page never blocks; the next query works.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, startServer } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const browser = await launch();

const RUNAWAY = 'SELECT COUNT(*) AS c FROM t a, t b, t c WHERE a.n + b.n + c.n = -1';

async function runaway(page) {
  return page.evaluate(async (sql) => {
    const db = await prollite.open('runaway');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)');
    await db.batch(Array.from({ length: 1_000 }, (_, id) => ({ sql: 'INSERT INTO t VALUES (?, ?)', params: [id, id] })));
    let longest = 0;
    let last = performance.now();
    const ticker = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 5);
    const statuses = [];
    db.on('status', (status) => statuses.push(status));
    const out = {};
    const cancel = async (options, stop) => {
      const call = failure(db.query(sql, [], options));
      await new Promise((resolve) => setTimeout(resolve, 400));
      const began = performance.now();
      stop?.();
      const error = await call;
      return { code: error?.code, ms: performance.now() - began };
    };
    const controller = new AbortController();
    out.aborted = await cancel({ signal: controller.signal }, () => controller.abort());
    out.next = (await db.query('SELECT COUNT(*) AS c FROM t')).rows;
    const began = performance.now();
    out.timedOut = { code: (await failure(db.query(sql, [], { timeoutMs: 300 })))?.code, ms: performance.now() - began };
    out.again = (await db.query('SELECT COUNT(*) AS c FROM t')).rows;
    const early = AbortSignal.abort();
    out.early = (await failure(db.query('SELECT 1', [], { signal: early })))?.code;
    const closing = failure(db.query(sql));
    const from = performance.now();
    await db.close();
    out.closed = { code: (await closing)?.code, ms: performance.now() - from };
    clearInterval(ticker);
    return { ...out, longest, statuses, isolated: crossOriginIsolated };
  }, RUNAWAY);
}

function check(seen) {
  assert.deepEqual([seen.aborted.code, seen.timedOut.code, seen.early, seen.closed.code], ['ABORTED', 'TIMEOUT', 'ABORTED', 'CLOSED']);
  assert.deepEqual(seen.next, [{ c: 1_000 }]);
  assert.deepEqual(seen.again, [{ c: 1_000 }]);
  assert.ok(seen.aborted.ms < 400, `cancelled after ${seen.aborted.ms} ms`);
  assert.ok(seen.timedOut.ms < 900, `timed out after ${seen.timedOut.ms} ms`);
  assert.ok(seen.closed.ms < 2_000, `closed after ${seen.closed.ms} ms`);
  assert.ok(seen.longest < 300, `the page stood still for ${seen.longest} ms`);
}

test('without special headers: a blob URL that is revoked', async () => {
  const server = await startServer();
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await runaway(page);
  check(seen);
  assert.equal(seen.isolated, false);
  assert.deepEqual(seen.statuses, ['closed'], 'the worker was not ended');
});

test('cross-origin isolated: a shared flag', async () => {
  const server = await startServer({ isolated: true });
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await runaway(page);
  check(seen);
  assert.equal(seen.isolated, true);
  assert.deepEqual(seen.statuses, ['closed'], 'the worker was not ended');
});

test('where a policy forbids the poll: the worker is ended and opened again', async () => {
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
  const server = await startServer({ headers: { 'content-security-policy': policy } });
  const context = await browser.newContext();
  const page = await prollitePage(context, server);
  const seen = await runaway(page);
  check(seen);
  assert.deepEqual(seen.statuses.slice(0, 2), ['degraded', 'ready']);
});

test('a write that is cancelled has happened or has not, and says which', async () => {
  const server = await startServer();
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('write');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    let kept = 0;
    for (let id = 0; id < 60; id++) {
      const controller = new AbortController();
      const call = failure(db.query('INSERT INTO t VALUES (?)', [id], { signal: controller.signal }));
      setTimeout(() => controller.abort(), id % 6);
      if (!(await call)) kept++;
    }
    const { rows: [{ c }] } = await db.query('SELECT COUNT(*) AS c FROM t');
    await db.close();
    return { kept, c };
  });
  assert.equal(seen.c, seen.kept);
});
