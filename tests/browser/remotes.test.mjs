// Two people with a browser each, and a server between them: clone, work offline, meet again, lose nothing.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHost } from 'node:http';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildServer, startRemote } from '../../pkg-config/server.mjs';
import { launch, launchPersistent, startServer } from './harness.mjs';
import { importInto, prollitePage } from './pages.mjs';
import { openPage } from './harness.mjs';

await buildServer({ quiet: true });
const data = mkdtempSync(join(tmpdir(), 'prollite-remote-'));
const remote = await startRemote({ data });
after(async () => {
  await remote.stop();
  rmSync(data, { recursive: true, force: true });
});
const server = await startServer();

const requests = () => remote.output().split('\n').filter((line) => line.includes(' request ') && !line.includes('OPTIONS'));

test('two profiles: push, clone, both change offline, both pull and push, nobody loses a row', async () => {
  const ada = await launchPersistent();
  const bob = await launchPersistent();
  const a = await openPage(ada.context, server);
  const b = await openPage(bob.context, server);
  await importInto(a);
  await importInto(b);
  const url = `${remote.url}/story`;
  await a.evaluate(async (url) => {
    globalThis.db = await prollite.open('story', { author: { name: 'Ada' } });
    await db.exec(`CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, n INTEGER);
      INSERT INTO notes VALUES (1, 'one', 0), (2, 'two', 0)`);
    await db.vc.commit({ message: 'notes', all: true });
    await db.remotes.add('origin', url);
    await db.remotes.push('origin', { branch: 'main', upstream: true });
  }, url);
  const seen = await b.evaluate(async (url) => {
    const progress = [];
    globalThis.db = await prollite.clone(url, 'story', { author: { name: 'Bob' }, onProgress: (now) => progress.push(now) });
    return { rows: (await db.query('SELECT * FROM notes ORDER BY id')).rows, progress };
  }, url);
  assert.deepEqual(seen.rows, [{ id: 1, body: 'one', n: 0 }, { id: 2, body: 'two', n: 0 }]);
  assert.ok(seen.progress.at(-1).chunks > 3, JSON.stringify(seen.progress));
  // Offline, both go on.
  await ada.context.setOffline(true);
  await bob.context.setOffline(true);
  const offline = await a.evaluate(() => failure(db.remotes.fetch('origin')));
  assert.equal(offline.code, 'REMOTE_UNREACHABLE');
  await a.evaluate(async () => {
    await db.exec("UPDATE notes SET body = 'ONE' WHERE id = 1; INSERT INTO notes VALUES (10, 'of ada', 1)");
    await db.vc.commit({ message: 'ada, offline', all: true });
  });
  await b.evaluate(async () => {
    await db.exec("UPDATE notes SET n = 7 WHERE id = 1; INSERT INTO notes VALUES (20, 'of bob', 2)");
    await db.vc.commit({ message: 'bob, offline', all: true });
  });
  await ada.context.setOffline(false);
  await bob.context.setOffline(false);
  await a.evaluate(() => db.remotes.push());
  const refused = await b.evaluate(() => failure(db.remotes.push()));
  assert.equal(refused.code, 'REMOTE_NON_FF');
  assert.match(refused.hint, /pull/);
  const merged = await b.evaluate(() => db.remotes.pull());
  assert.deepEqual([merged.fastForward, merged.conflicts], [false, 0]);
  await b.evaluate(() => db.remotes.push());
  await a.evaluate(() => db.remotes.pull());
  const expected = [
    { id: 1, body: 'ONE', n: 7 }, { id: 2, body: 'two', n: 0 }, { id: 10, body: 'of ada', n: 1 }, { id: 20, body: 'of bob', n: 2 },
  ];
  for (const page of [a, b]) {
    const { rows, report } = await page.evaluate(async () => ({
      rows: (await db.query('SELECT * FROM notes ORDER BY id')).rows, report: await db.verify(),
    }));
    assert.deepEqual(rows, expected);
    assert.equal(report.ok, true);
  }
  // A change of one row: one request each way.
  const before = requests().length;
  await a.evaluate(async () => {
    await db.query("UPDATE notes SET n = 8 WHERE id = 2");
    await db.vc.commit({ message: 'one row', all: true });
    await db.remotes.push();
  });
  await b.evaluate(() => db.remotes.pull());
  assert.deepEqual(requests().slice(before).map((line) => /path=\S*\/(\w+)"?\s/.exec(line)?.[1]), ['push', 'fetch']);
  // What came is in the profile: the next visit needs no network.
  await b.evaluate(() => db.close());
  await bob.context.setOffline(false);
  const again = await openPage(bob.context, server);
  await importInto(again);
  const kept = await again.evaluate(async () => {
    const db = await prollite.open('story');
    return (await db.query('SELECT n FROM notes WHERE id = 2')).rows;
  });
  assert.deepEqual(kept, [{ n: 8 }]);
  await ada.close();
  await bob.close();
});

test('tokens are asked in the page, again once when they expired, and a foreign origin gets nothing', async () => {
  const guarded = mkdtempSync(join(tmpdir(), 'prollite-guarded-'));
  const { run, targetDir } = await import('../../pkg-config/steps.mjs');
  const program = join(targetDir, 'debug', 'prollite-server');
  const { output } = await run(program, ['token', 'add', '--data', guarded, '--database', 'notes', '--scope', 'write'], { quiet: true });
  const token = /plt_[0-9a-f]{64}/.exec(output)[0];
  const own = await startRemote({ data: guarded });
  const { newContext } = await launch();
  const page = await prollitePage(await newContext(), server);
  const seen = await page.evaluate(async ({ url, token }) => {
    const asked = [];
    const db = await prollite.open('guarded', {
      auth: (remote, { scope, reason }) => {
        asked.push(`${scope} ${reason}`);
        return { authorization: `Bearer ${reason === 'first' ? 'plt_old' : token}` };
      },
    });
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    await db.vc.commit({ message: 't', all: true });
    await db.remotes.add('origin', url);
    await db.remotes.push('origin', { branch: 'main' });
    const bare = await prollite.open('bare');
    const refused = await failure(bare.remotes.clone(url));
    return { asked, refused: refused.code };
  }, { url: `${own.url}/notes`, token });
  assert.deepEqual(seen, { asked: ['write first', 'write expired'], refused: 'REMOTE_AUTH' });
  await own.stop();
  rmSync(guarded, { recursive: true, force: true });
});

test('a clone whose connection breaks again and again is whole in the end', async () => {
  const { newContext } = await launch();
  const page = await prollitePage(await newContext(), server);
  await page.evaluate(async (url) => {
    const db = await prollite.open('large');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)');
    for (let part = 0; part < 20; part++) {
      const rows = Array.from({ length: 500 }, (_, i) => `(${part * 500 + i}, '${Math.random().toString(36).repeat(8)}')`);
      await db.query(`INSERT INTO t VALUES ${rows.join(',')}`);
    }
    await db.vc.commit({ message: 'rows', all: true });
    await db.remotes.add('origin', url);
    await db.remotes.push('origin', { branch: 'main' });
    await db.close();
  }, `${remote.url}/large`);
  // The first three answers are cut off after 60 KB each.
  let cuts = 0;
  const { port } = new URL(remote.url);
  const proxy = createServer((client) => {
    const upstream = connect(Number(port), '127.0.0.1');
    let left = 60_000;
    client.pipe(upstream);
    upstream.on('data', (piece) => {
      left -= cuts < 3 ? piece.length : 0;
      if (left > 0) return client.write(piece);
      cuts++;
      client.destroy();
      upstream.destroy();
    });
    upstream.on('end', () => client.end());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${proxy.address().port}/large`;
  const seen = await page.evaluate(async (url) => {
    const db = await prollite.clone(url, 'copy');
    const { rows } = await db.query('SELECT COUNT(*) AS c, SUM(id) AS s FROM t');
    return { rows, ok: (await db.verify()).ok };
  }, url);
  assert.deepEqual(seen, { rows: [{ c: 10_000, s: 49_995_000 }], ok: true });
  assert.equal(cuts, 3);
  proxy.close();
});

test('a cancelled clone leaves nothing', async () => {
  const { newContext } = await launch();
  const page = await prollitePage(await newContext(), server);
  // A server that takes the request and never answers.
  const silent = createServer(() => undefined);
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const seen = await page.evaluate(async (url) => {
    const db = await prollite.open('silent');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const began = performance.now();
    const { code } = await failure(db.remotes.clone(url, { signal: stop.signal }));
    return { code, soon: performance.now() - began < 5_000, remotes: (await db.remotes.list()).length };
  }, `http://127.0.0.1:${silent.address().port}/x`);
  assert.ok(seen.code === 'ABORTED' && seen.soon && seen.remotes === 0, JSON.stringify(seen));
  silent.close();
});

test('a folder of files on any host is cloned by ranges, and fetched again', async () => {
  const own = mkdtempSync(join(tmpdir(), 'prollite-static-'));
  const { run, targetDir } = await import('../../pkg-config/steps.mjs');
  const program = join(targetDir, 'debug', 'prollite-server');
  const { newContext } = await launch();
  const page = await prollitePage(await newContext(), server);
  const push = async (sql) => {
    const remote = await startRemote({ data: join(own, 'data') });
    await page.evaluate(async ({ url, sql }) => {
      const db = await prollite.open('exported');
      await db.exec(sql);
      await db.vc.commit({ message: 'rows', all: true });
      const known = await db.remotes.list();
      await (known.length ? db.remotes.setUrl('origin', url) : db.remotes.add('origin', url));
      await db.remotes.push('origin', { branch: 'main' });
      await db.close();
    }, { url: `${remote.url}/files`, sql });
    await remote.stop();
    await run(program, ['export', join(own, 'data'), 'files', join(own, 'static')], { quiet: true });
  };
  const rows = Array.from({ length: 5_000 }, (_, i) => `(${i}, '${(i * 7_919).toString(36).repeat(6)}')`);
  await push(`CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES ${rows.join(',')}`);
  const asked = [];
  const host = createHost((request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    asked.push(`${request.method} ${pathname.split('.').pop()}${from === undefined ? '' : ' range'}`);
    const file = readFileSync(join(own, 'static', pathname));
    const body = from === undefined ? file : file.subarray(Number(from), Number(to) + 1);
    response.writeHead(from === undefined ? 200 : 206, { 'access-control-allow-origin': '*', 'content-length': body.length });
    response.end(body);
  });
  await new Promise((resolve) => host.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${host.address().port}/refs.json`;
  const seen = await page.evaluate(async (url) => {
    globalThis.db = await prollite.clone(url, 'of-files');
    const { rows } = await db.query('SELECT COUNT(*) AS c, SUM(id) AS s FROM t');
    const refused = await failure(db.remotes.push('origin', { branch: 'main' }));
    return { rows, ok: (await db.verify()).ok, refused: refused?.code };
  }, url);
  assert.deepEqual(seen.rows, [{ c: 5_000, s: 12_497_500 }]);
  assert.equal(seen.ok, true);
  // No preflight: a range is a plain request.
  assert.ok(asked.includes('GET json') && asked.includes('GET pack range') && asked.every((line) => line.startsWith('GET')), asked.join());
  await push("UPDATE t SET body = 'new' WHERE id = 77");
  const again = await page.evaluate(async () => {
    await db.remotes.pull();
    return (await db.query('SELECT body FROM t WHERE id = 77')).rows;
  });
  assert.deepEqual(again, [{ body: 'new' }]);
  host.close();
  rmSync(own, { recursive: true, force: true });
});

test('the playground shows how far a clone has come', async () => {
  const { newContext } = await launch();
  const context = await newContext();
  const maker = await prollitePage(context, server);
  await maker.evaluate(async (url) => {
    const db = await prollite.open('shown');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)');
    for (let part = 0; part < 10; part++) {
      const rows = Array.from({ length: 1_000 }, (_, i) => `(${part * 1_000 + i}, '${Array.from({ length: 20 }, () => Math.random().toString(36).slice(2)).join('')}')`);
      await db.query(`INSERT INTO t VALUES ${rows.join(',')}`);
    }
    await db.vc.commit({ message: 'rows', all: true });
    await db.remotes.add('origin', url);
    await db.remotes.push('origin', { branch: 'main' });
    await db.close();
  }, `${remote.url}/shown`);
  // The answer stops after its first block until the page has shown it.
  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  const proxy = createServer((client) => {
    const upstream = connect(Number(new URL(remote.url).port), '127.0.0.1');
    let passed = 0;
    client.pipe(upstream);
    upstream.on('data', async (piece) => {
      upstream.pause();
      passed += piece.length;
      client.write(piece);
      if (passed > 900_000) await opened;
      upstream.resume();
    });
    upstream.on('end', () => client.end());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const page = await openPage(context, server, '/playground/?db=shown-clone');
  await page.locator('.workspace[data-ready=true]').waitFor({ timeout: 30_000 });
  await page.getByRole('tab', { name: 'SQL' }).click();
  await page.getByRole('textbox', { name: 'SQL' }).focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(`CALL dolt_clone('http://127.0.0.1:${proxy.address().port}/shown')`);
  await page.keyboard.press('Control+Enter');
  const state = page.locator('.sync-state');
  await state.waitFor({ timeout: 30_000 });
  assert.match(await state.innerText(), /^[\d,]+( of [\d,]+)? chunks, \d+/);
  assert.equal(await state.getByRole('progressbar').count(), 1);
  open();
  await state.waitFor({ state: 'detached', timeout: 60_000 });
  assert.equal(await page.locator('.results[data-runs="1"]').count(), 1);
  await page.locator('.table-list').getByText('t', { exact: true }).first().waitFor({ timeout: 30_000 });
  proxy.close();
});
