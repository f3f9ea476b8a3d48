// What goes wrong in browsers: each gives its own coded error, and nothing acknowledged is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, launchPersistent, startServer } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer({
  routes: { '/html.wasm': () => ({ body: '<!doctype html><title>not found</title>' }) },
});
const browser = await launch();

const freshPage = async () => prollitePage(await browser.newContext(), server);

/** Runs in the page: a raw IndexedDB transaction on a Prollite database. */
const rawAccess = async (page) =>
  page.evaluate(() => {
    globalThis.raw = (name, store, work) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(`prollite/${name}`);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const database = request.result;
          const transaction = database.transaction(store, 'readwrite');
          const asked = work(transaction.objectStore(store));
          transaction.oncomplete = () => {
            database.close();
            resolve(asked?.result);
          };
          transaction.onabort = () => reject(transaction.error);
        };
      });
  });

test('a quota that is exhausted: QUOTA, nothing lost, reads go on, and writes when there is room', async () => {
  // The quota of a context without a profile cannot be overridden.
  const { context, close } = await launchPersistent();
  const page = await prollitePage(context, server);
  const cdp = await page.context().newCDPSession(page);
  const limit = (bytes) => cdp.send('Storage.overrideQuotaForOrigin', { origin: server.url, ...(bytes === undefined ? {} : { quotaSize: bytes }) });
  // Before the first write: Chromium remembers for a while how much room there was.
  await limit(1_000_000);
  await page.evaluate(async () => {
    globalThis.db = await prollite.open('quota');
    await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'kept')");
  });
  const full = await page.evaluate(async () => {
    const noise = () => Array.from(crypto.getRandomValues(new Uint8Array(6_000)), (byte) => byte.toString(16)).join('');
    let written = 0;
    for (let id = 2; id < 500; id++) {
      const error = await failure(db.query('INSERT INTO t VALUES (?, ?)', [id, noise()]));
      if (error) return { error, written, rows: (await db.query('SELECT COUNT(*) AS c FROM t')).rows[0].c };
      written++;
    }
    return { written };
  });
  assert.equal(full.error?.code, 'QUOTA', JSON.stringify(full));
  assert.equal(full.rows, full.written + 1);
  const inTransaction = await page.evaluate(async () => {
    const noise = () => Array.from(crypto.getRandomValues(new Uint8Array(60_000)), (byte) => byte.toString(16)).join('');
    const error = await failure(db.transaction(async (tx) => { for (let id = 1_000; id < 1_010; id++) await tx.query('INSERT INTO t VALUES (?, ?)', [id, noise()]); }));
    return { error, rows: (await db.query('SELECT COUNT(*) AS c FROM t')).rows[0].c };
  });
  assert.equal(inTransaction.error?.code, 'QUOTA');
  assert.equal(inTransaction.rows, full.rows);
  await limit(undefined);
  const after = await page.evaluate(async () => {
    await db.query("INSERT INTO t VALUES (9999, 'room')");
    return { rows: (await db.query('SELECT COUNT(*) AS c FROM t')).rows[0].c, report: await db.verify() };
  });
  assert.equal(after.rows, full.rows + 1);
  assert.equal(after.report.ok, true);
  await close();
});

test('storage cleared while open: STORAGE_LOST, never a silent new database', async () => {
  const page = await freshPage();
  await page.evaluate(async () => {
    globalThis.db = await prollite.open('cleared');
    globalThis.statuses = [];
    db.on('status', (status) => statuses.push(status));
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
  });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes: 'indexeddb' });
  const seen = await page.evaluate(async () => {
    const first = await failure(db.query('INSERT INTO t VALUES (1)'));
    const second = await failure(db.query('SELECT * FROM t'));
    const names = (await prollite.listDbs()).map(({ name }) => name);
    const { status } = db;
    await db.close();
    const again = await failure(prollite.open('cleared'));
    await prollite.deleteDb('cleared');
    const anew = await prollite.open('cleared');
    const { rows: [{ c }] } = await anew.query("SELECT COUNT(*) AS c FROM sqlite_master WHERE type = 'table'");
    await anew.close();
    return { first, second, again, c, names, status, statuses };
  });
  assert.equal(seen.first?.code, 'STORAGE_LOST');
  assert.equal(seen.second?.code, 'STORAGE_LOST');
  assert.equal(seen.again?.code, 'STORAGE_LOST');
  assert.match(seen.again.hint, /deleteDb/);
  assert.equal(seen.c, 0);
  assert.deepEqual(seen.names, []);
  assert.equal(seen.status, 'lost');
  assert.deepEqual(seen.statuses, ['lost', 'closed']);
});

test('a database of a newer format is refused and left alone', async () => {
  const page = await freshPage();
  await rawAccess(page);
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('newer');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
    await db.close();
    await raw('newer', 'meta', (store) => store.put(2, 'format'));
    const refused = await failure(prollite.open('newer'));
    await raw('newer', 'meta', (store) => store.put(1, 'format'));
    const again = await prollite.open('newer');
    const { rows } = await again.query('SELECT * FROM t');
    await again.close();
    return { refused, rows };
  });
  assert.equal(seen.refused.code, 'FORMAT_NEWER');
  assert.deepEqual(seen.rows, [{ id: 1 }]);
});

test('a damaged pack and a missing one: CORRUPT where they are read, and verify names the chunks', async () => {
  const page = await freshPage();
  await rawAccess(page);
  const seen = await page.evaluate(async () => {
    let db = await prollite.open('damaged');
    await db.exec('CREATE TABLE good (id INTEGER PRIMARY KEY, a TEXT)');
    await db.query("INSERT INTO good VALUES (1, 'fine')");
    const before = await raw('damaged', 'packs', (store) => store.getAllKeys());
    await db.exec('CREATE TABLE bad (id INTEGER PRIMARY KEY, a TEXT)');
    await db.batch(Array.from({ length: 3_000 }, (_, id) => ({ sql: 'INSERT INTO bad VALUES (?, ?)', params: [id, crypto.randomUUID()] })));
    await db.close();
    const packs = await raw('damaged', 'packs', (store) => store.getAllKeys());
    const largest = packs.filter((key) => !before.includes(key)).at(-2);
    const stored = await raw('damaged', 'packs', (store) => store.get(largest));
    const flipped = stored.slice();
    for (let at = 1_000; at < flipped.length; at += 7) flipped[at] ^= 0x55;
    await raw('damaged', 'packs', (store) => store.put(flipped, largest));
    db = await prollite.open('damaged');
    const good = (await db.query('SELECT a FROM good')).rows;
    const read = await failure(db.query('SELECT COUNT(DISTINCT a) AS c FROM bad').then(({ rows }) => rows));
    const damaged = await db.verify();
    await db.close();
    await raw('damaged', 'packs', (store) => store.delete(largest));
    db = await prollite.open('damaged');
    const gone = await failure(db.query('SELECT COUNT(DISTINCT a) AS c FROM bad').then(({ rows }) => rows));
    await db.close();
    await raw('damaged', 'packs', (store) => store.put(stored, largest));
    db = await prollite.open('damaged');
    const whole = await db.verify();
    await db.close();
    return { good, read, damaged, gone, whole };
  });
  assert.deepEqual(seen.good, [{ a: 'fine' }]);
  assert.equal(seen.read?.code, 'CORRUPT');
  assert.equal(seen.damaged.ok, false);
  assert.ok(seen.damaged.corrupt.length > 0, JSON.stringify(seen.damaged));
  assert.equal(seen.gone?.code, 'CORRUPT');
  assert.equal(seen.whole.ok, true);
});

test('a defect in the engine: the worker starts again, what was acknowledged is there', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('defect');
    const statuses = [];
    db.on('status', (status) => statuses.push(status));
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
    const open = failure(db.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (2)');
      db.link.ask({ what: 'defect' }).catch(() => undefined);
      await tx.query('INSERT INTO t VALUES (3)');
      await tx.query('INSERT INTO t VALUES (4)');
    }));
    const transaction = await open;
    const { rows } = await db.query('SELECT id FROM t');
    await db.query('INSERT INTO t VALUES (5)');
    const report = await db.verify();
    await db.close();
    return { transaction, rows, report, statuses };
  });
  assert.equal(seen.transaction?.code, 'WORKER_RESTARTED');
  assert.equal(seen.transaction.retryable, true);
  assert.deepEqual(seen.rows, [{ id: 1 }]);
  assert.equal(seen.report.ok, true);
  assert.deepEqual(seen.statuses, ['degraded', 'ready', 'closed']);
});

test('a defect while commits are on their way: what resolved is stored, what was rejected is not', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('burst');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const out = [];
    for (let round = 0; round < 8; round++) {
      const resolved = [];
      const codes = new Set();
      const calls = Array.from({ length: 300 }, async (_, i) => {
        const id = round * 1_000 + i;
        // Some wait for one before, so that there are several publications.
        if (i % 3 === 0) await new Promise((wait) => setTimeout(wait, i / 10));
        const error = await failure(db.query('INSERT INTO t VALUES (?)', [id]));
        if (error) codes.add(error.code);
        else resolved.push(id);
      });
      await new Promise((wait) => setTimeout(wait, round * 5));
      db.link.ask({ what: 'defect' }).catch(() => undefined);
      await Promise.all(calls);
      const { rows } = await db.query('SELECT id FROM t WHERE id >= ? ORDER BY id', [round * 1_000]);
      out.push({ stored: rows.map(({ id }) => id).join(), resolved: resolved.sort((a, b) => a - b).join(), codes: [...codes].join() });
      // Restarts that follow one another too fast end the engine: stay below that.
      if (round === 3) break;
    }
    const report = await db.verify();
    await db.close();
    return { out, report };
  });
  for (const { stored, resolved, codes } of seen.out) {
    assert.equal(stored, resolved);
    assert.ok(codes === '' || codes === 'WORKER_RESTARTED', codes);
  }
  assert.equal(seen.report.ok, true);
});

test('sent without waiting, changes share publications', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('group');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE)');
    const before = (await db.link.ask({ what: 'figures' })).commits;
    const began = performance.now();
    const settled = await Promise.allSettled(Array.from({ length: 1_000 }, (_, id) => db.query('INSERT INTO t VALUES (?, ?)', [id, `a${id === 500 ? 499 : id}`])));
    const ms = performance.now() - began;
    const after = (await db.link.ask({ what: 'figures' })).commits;
    const { rows: [{ c }] } = await db.query('SELECT COUNT(*) AS c FROM t');
    await db.close();
    return { ms, commits: after - before, c, failed: settled.flatMap(({ status, reason }, id) => (status === 'rejected' ? [[id, reason.code]] : [])) };
  });
  console.log(`1,000 inserts sent without waiting: ${seen.ms.toFixed(0)} ms, ${seen.commits} publications`);
  // Each has its own outcome.
  assert.deepEqual(seen.failed, [[500, 'CONSTRAINT']]);
  assert.equal(seen.c, 999);
  assert.ok(seen.commits < 100, `${seen.commits} publications`);
});

test('files that are not where they should be are named', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => ({
    html: await failure(prollite.open('x', { wasm: '/html.wasm' })),
    missing: await failure(prollite.open('x', { wasm: '/missing.wasm' })),
    worker: await failure(prollite.open('x', { worker: () => new Worker('/missing.js', { type: 'module' }) })),
  }));
  assert.equal(seen.html.code, 'WASM_LOAD');
  assert.match(seen.html.message, /HTML/);
  assert.equal(seen.missing.code, 'WASM_LOAD');
  assert.match(seen.missing.message, /404/);
  assert.equal(seen.worker.code, 'WORKER_LOAD');
  assert.ok(seen.worker.hint);
});

test('without Web Locks and BroadcastChannel it works all the same', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const module = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const bare = module('delete WorkerNavigator.prototype.locks; delete globalThis.BroadcastChannel;');
    const script = new URL('/dist/worker.js', location.href).href;
    const worker = () => new Worker(module(`import ${JSON.stringify(bare)}; import ${JSON.stringify(script)};`), { type: 'module' });
    const db = await prollite.open('insecure', { worker });
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
    const { rows } = await db.query('SELECT * FROM t');
    const gc = await db.gc();
    const report = await db.verify();
    await db.close();
    return { rows, gc, report };
  });
  assert.deepEqual(seen.rows, [{ id: 1 }]);
  assert.equal(seen.report.ok, true);
});
