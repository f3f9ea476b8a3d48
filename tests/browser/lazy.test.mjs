// A lazy clone of a database larger than the cache: it opens at once, reads what is asked, says offline what is missing,
// and is whole in the end.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createServer as createHost, request } from 'node:http';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildServer, startRemote } from '../../pkg-config/server.mjs';
import { launchPersistent, openPage, startServer } from './harness.mjs';
import { importInto } from './pages.mjs';

await buildServer({ quiet: true });
const data = mkdtempSync(join(tmpdir(), 'prollite-lazy-'));
const remote = await startRemote({ data });
after(async () => {
  await remote.stop();
  rmSync(data, { recursive: true, force: true });
});
const server = await startServer();
const url = `${remote.url}/big`;
const ROWS = 40_000;
const CACHE = 1 << 20;

/** Bytes that the server holds. */
function size(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? size(path) : statSync(path).size);
  }, 0);
}

const requests = () => remote.output().split('\n').filter((line) => line.includes(' request ') && !line.includes('OPTIONS')).length;

const open = async (context) => {
  const page = await openPage(context, server);
  await importInto(page);
  return page;
};

test('it opens at once, reads what is asked, says offline what is missing, and is made whole', async () => {
  const ada = await launchPersistent();
  const a = await open(ada.context);
  await a.evaluate(async ({ url, rows }) => {
    const db = await prollite.open('big');
    await db.exec('CREATE TABLE big (id INTEGER PRIMARY KEY, name TEXT, n INTEGER); CREATE TABLE small (id INTEGER PRIMARY KEY)');
    const noise = (id) => Array.from({ length: 6 }, (_, part) => Math.imul(id * 6 + part + 1, 2_654_435_761) >>> 0).map((n) => n.toString(36)).join('');
    for (let first = 0; first < rows; first += 4_000) {
      const values = Array.from({ length: 4_000 }, (_, i) => `(${first + i}, '${noise(first + i)}', ${(first + i) % 97})`);
      await db.query(`INSERT INTO big VALUES ${values.join(',')}`);
    }
    await db.query('INSERT INTO small VALUES (1), (2)');
    await db.vc.commit({ message: 'rows', all: true });
    await db.remotes.add('origin', url);
    await db.remotes.push('origin', { branch: 'main' });
    await db.close();
  }, { url, rows: ROWS });
  await ada.close();
  const whole = size(data);

  const bob = await launchPersistent();
  let page = await open(bob.context);
  const before = requests();
  const first = await page.evaluate(async ({ url, cache }) => {
    const began = performance.now();
    globalThis.db = await prollite.clone(url, 'copy', { lazy: true, cacheBytes: cache, author: { name: 'Bob' } });
    const opened = performance.now() - began;
    globalThis.read = { bytes: 0 };
    db.on('sync', ({ bytesWire }) => { read.bytes = bytesWire; });
    const { rows } = await db.query('SELECT n FROM big WHERE id = 12345');
    const { bytes, chunks } = await db.storage();
    return { rows, wire: read.bytes, bytes, chunks, opened };
  }, { url, cache: CACHE });
  const asked = requests() - before;
  console.log(`lazy: ${whole} bytes at the server; clone and first query: ${asked} requests, ${first.wire} bytes for the query, ${Math.round(first.opened)} ms to open`);
  assert.deepEqual(first.rows, [{ n: 12345 % 97 }]);
  assert.ok(whole > CACHE, `${whole} bytes are no more than the cache`);
  assert.ok(asked <= 4 && first.wire > 0 && first.wire < whole / 5, JSON.stringify({ asked, ...first, whole }));

  // Offline: what is here answers, what is not says so, and nothing is lost.
  await bob.context.setOffline(true);
  const offline = await page.evaluate(async () => {
    const near = await db.query('SELECT COUNT(*) AS c FROM big WHERE id BETWEEN 12340 AND 12350');
    const far = await failure(db.query('SELECT n FROM big WHERE id = 39000'));
    await db.query('CREATE TABLE own (id INTEGER PRIMARY KEY)');
    const log = await Array.fromAsync(db.vc.log());
    const inside = await db.transaction(async (tx) => {
      await tx.query('INSERT INTO own VALUES (1)');
      const { code } = await failure(tx.query('SELECT COUNT(name) FROM big'));
      await tx.query('INSERT INTO own VALUES (2)');
      return code;
    });
    await db.vc.commit({ message: 'offline', all: true });
    const report = await db.verify();
    await db.gc();
    const again = await db.query('SELECT n FROM big WHERE id = 12345');
    return { near: near.rows, far, log: log.length, inside, report, again: again.rows, own: (await db.query('SELECT id FROM own')).rows };
  });
  assert.deepEqual(offline.near, [{ c: 11 }]);
  assert.equal(offline.far.code, 'NOT_HERE');
  assert.match(offline.far.message, /^\d+ chunks? of table big (is|are) not here, and remote origin does not give them: http\S+ the browser is offline$|^\d+ chunks? of table big (is|are) not here, and remote origin does not give them: .*cannot be reached/);
  assert.match(offline.far.hint, /dolt_unlazy/);
  assert.equal(offline.far.retryable, true);
  assert.equal(offline.inside, 'NOT_HERE');
  assert.ok(offline.log >= 2);
  assert.deepEqual(offline.own, [{ id: 1 }, { id: 2 }]);
  assert.deepEqual(offline.again, [{ n: 12345 % 97 }]);
  assert.ok(offline.report.ok && offline.report.leftOut > 0 && offline.report.corrupt.length === 0, JSON.stringify(offline.report));

  // Online again: the same query, a whole scan through a cache that holds a part of it, and the changes go out.
  await bob.context.setOffline(false);
  const online = await page.evaluate(async () => {
    const far = await db.query('SELECT n FROM big WHERE id = 39000');
    await db.query("UPDATE big SET name = 'of bob' WHERE id = 7");
    await db.vc.commit({ message: 'bob', all: true });
    await db.remotes.push('origin', { branch: 'main' });
    return far.rows;
  });
  assert.deepEqual(online, [{ n: 39000 % 97 }]);

  // Unlazy, broken off by a reload, goes on.
  await page.evaluate(async () => {
    const stop = new AbortController();
    db.on('sync', ({ chunks }) => { if (chunks > 300) stop.abort(); });
    globalThis.broken = await failure(db.remotes.unlazy({ signal: stop.signal }));
  });
  assert.equal(await page.evaluate(() => broken?.code), 'ABORTED');
  await page.close();
  page = await open(bob.context);
  const done = await page.evaluate(async (cache) => {
    globalThis.db = await prollite.open('copy', { cacheBytes: cache });
    const before = (await db.storage()).chunks;
    let progress;
    await db.remotes.unlazy({ onProgress: (now) => { progress = now; } });
    return { before, progress, chunks: (await db.storage()).chunks };
  }, CACHE);
  assert.ok(done.before > 300 && done.progress.chunks < done.chunks && done.progress.chunks > 0, JSON.stringify(done));
  await bob.context.setOffline(true);
  const kept = await page.evaluate(async () => ({
    rows: (await db.query('SELECT COUNT(*) AS c, SUM(n) AS s, SUM(name = \'of bob\') AS b FROM big')).rows,
    small: (await db.query('SELECT COUNT(*) AS c FROM small')).rows,
    report: await db.verify(),
  }));
  const sum = Array.from({ length: ROWS }, (_, id) => id % 97).reduce((a, b) => a + b);
  assert.deepEqual(kept.rows, [{ c: ROWS, s: sum, b: 1 }]);
  assert.deepEqual(kept.small, [{ c: 2 }]);
  assert.ok(kept.report.ok && kept.report.leftOut === 0, JSON.stringify(kept.report));
  await bob.close();
});

test('a clone that a reload broke off goes on, and holds one batch in memory', async () => {
  const dora = await launchPersistent();
  let page = await open(dora.context);
  const broken = await page.evaluate(async (url) => {
    const stop = new AbortController();
    const { code } = await failure(prollite.clone(url, 'dora', { signal: stop.signal, onProgress: ({ chunks }) => { if (chunks > 300) stop.abort(); } }));
    return code;
  }, url);
  assert.equal(broken, 'ABORTED');
  await page.close();
  page = await open(dora.context);
  const seen = await page.evaluate(async (url) => {
    let last;
    const db = await prollite.clone(url, 'dora', { onProgress: (now) => { last = now; } });
    const { rows } = await db.query('SELECT COUNT(*) AS c FROM big');
    const { chunks } = await db.storage();
    return { rows, last, chunks, report: await db.verify(), other: await failure(db.remotes.clone(`${url}2`)) };
  }, url);
  assert.deepEqual(seen.rows, [{ c: ROWS }]);
  assert.ok(seen.last.chunks + 300 <= seen.chunks, JSON.stringify(seen));
  assert.ok(seen.report.ok && seen.report.leftOut === 0, JSON.stringify(seen.report));
  assert.equal(seen.other.code, 'EXISTS');
  await dora.close();
});

/** Hands on to the server, and of the requests for chunks the first `most`: of those behind them nothing is heard. */
async function startProxy() {
  const proxy = { bytes: 0, asked: 0, most: Infinity };
  const host = createHost((asked, answer) => {
    if (asked.method === 'POST' && asked.url.endsWith('/chunks/get') && ++proxy.asked > proxy.most) return proxy.stalled();
    const onward = request(`${remote.url}${asked.url}`, { method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.on('data', (part) => { proxy.bytes += part.length; });
      got.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise((resolve) => host.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${host.address().port}`;
  proxy.stop = () => new Promise((resolve) => { host.close(resolve); host.closeAllConnections(); });
  return proxy;
}

test('a large pull that a reload broke off goes on, and the database is whole again', async () => {
  const proxy = await startProxy();
  const erin = await launchPersistent();
  const page = await open(erin.context);
  const rows = 60_000;
  const batchBytes = 100_000;
  await page.evaluate(async ({ near, far, rows, cache }) => {
    const source = await prollite.open('source');
    await source.exec('CREATE TABLE own (id INTEGER PRIMARY KEY); INSERT INTO own VALUES (1)');
    await source.vc.commit({ message: 'own', all: true });
    await source.remotes.add('origin', near);
    await source.remotes.push('origin', { branch: 'main' });
    globalThis.db = await prollite.clone(far, 'long', { author: { name: 'Erin' }, cacheBytes: cache });
    await db.exec('INSERT INTO own VALUES (2)');
    await db.vc.commit({ message: 'two', all: true });
    await db.exec('INSERT INTO own VALUES (3)');
    await source.exec('CREATE TABLE big (id INTEGER PRIMARY KEY, name TEXT, n INTEGER)');
    for (let first = 0; first < rows; first += 4_000) {
      const values = Array.from({ length: 4_000 }, (_, i) => `(${first + i}, '${`${Math.imul(first + i, 2_654_435_761) >>> 0} `.repeat(5)}', ${first + i})`);
      await source.query(`INSERT INTO big VALUES ${values.join(',')}`);
    }
    await source.vc.commit({ message: 'rows', all: true });
    await source.remotes.push('origin', { branch: 'main' });
    await source.close();
    await db.vc.commit({ message: 'three', all: true });
    await db.exec('INSERT INTO own VALUES (4)');
  }, { near: `${remote.url}/long`, far: `${proxy.url}/long`, rows, cache: CACHE });

  [proxy.most, proxy.asked] = [1, 0];
  const stalled = new Promise((resolve) => { proxy.stalled = resolve; });
  await page.evaluate((batchBytes) => { void db.remotes.pull('origin', { branch: 'main', batchBytes }).catch(() => undefined); }, batchBytes);
  await stalled;
  await page.reload();
  await importInto(page);
  [proxy.most, proxy.bytes] = [Infinity, 0];
  const meanwhile = await page.evaluate(async (cache) => {
    globalThis.db = await prollite.open('long', { author: { name: 'Erin' }, cacheBytes: cache });
    const own = (await db.query('SELECT id FROM own ORDER BY id')).rows.map(({ id }) => id);
    await db.gc();
    return { own, chunks: (await db.storage()).chunks, report: await db.verify() };
  }, CACHE);
  assert.deepEqual(meanwhile.own, [1, 2, 3, 4]);
  assert.ok(meanwhile.report.ok && meanwhile.report.leftOut > 0, JSON.stringify(meanwhile));
  assert.equal(proxy.bytes, 0);
  await page.evaluate(() => db.vc.commit({ message: 'four', all: true }));
  const done = await page.evaluate(async (batchBytes) => {
    let progress;
    const merged = await db.remotes.pull('origin', { branch: 'main', batchBytes, onProgress: (now) => { progress = now; } });
    return { merged, progress, chunks: (await db.storage()).chunks };
  }, batchBytes);
  const read = proxy.bytes;
  assert.ok(done.progress.chunks > 0 && done.progress.chunks + meanwhile.chunks <= done.chunks, JSON.stringify({ meanwhile, done }));
  await erin.context.setOffline(true);
  const whole = await page.evaluate(async () => ({
    big: (await db.query('SELECT COUNT(*) AS c, SUM(n) AS s FROM big')).rows,
    own: (await db.query('SELECT id FROM own ORDER BY id')).rows.map(({ id }) => id),
    report: await db.verify(),
  }));
  assert.deepEqual(whole.big, [{ c: rows, s: (rows * (rows - 1)) / 2 }]);
  assert.deepEqual(whole.own, [1, 2, 3, 4]);
  assert.ok(whole.report.ok && whole.report.leftOut === 0, JSON.stringify(whole.report));
  await erin.context.setOffline(false);
  proxy.bytes = 0;
  await page.evaluate(async (url) => {
    await prollite.clone(url, 'anew');
    // No lazy database lets its remote go.
    await db.remotes.remove('origin');
  }, `${proxy.url}/long`);
  console.log(`large pull: ${read} bytes after the reload, ${proxy.bytes} from nothing; ${done.progress.chunks} of ${done.chunks} chunks`);
  assert.ok(read < proxy.bytes * 0.8, `${read} of ${proxy.bytes} bytes`);
  await erin.close();
  await proxy.stop();
});

test('in memory as well: rows are read from the remote when they are asked for', async () => {
  const carol = await launchPersistent();
  const page = await open(carol.context);
  const rows = await page.evaluate(async (url) => {
    const db = await prollite.clone(url, 'carol', { lazy: true, storage: 'memory' });
    return (await db.query('SELECT COUNT(*) AS c FROM big')).rows;
  }, url);
  assert.deepEqual(rows, [{ c: ROWS }]);
  await carol.close();
});
