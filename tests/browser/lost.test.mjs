// What a browser that was killed leaves behind, and a database that is gone: said, never made anew in silence.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, launchKillable, startServer, temporaryProfile } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer();
// Chromium is moving to another store; these are about LevelDB's files.
const LEVELDB = { args: ['--disable-features=IdbSqliteBackingStore'] };

/** Path of LevelDB's newest log in a profile. */
function newestLog(profile) {
  const all = join(profile, 'Default/IndexedDB');
  const own = readdirSync(all).find((name) => name.endsWith('.indexeddb.leveldb'));
  const logs = readdirSync(join(all, own)).filter((name) => name.endsWith('.log'));
  return join(all, own, logs.sort().at(-1));
}

/** What a browser leaves that is killed while it appends: a header that promises more bytes than follow. */
function tearLog(profile) {
  const header = Buffer.from([1, 2, 3, 4, 0xb8, 0x0b, 1]);
  appendFileSync(newestLog(profile), Buffer.concat([header, Buffer.alloc(100, 7)]));
}

const write = (page, from) =>
  page.evaluate(async (from) => {
    globalThis.db = await prollite.open('torn');
    await db.exec('CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a TEXT)');
    const { rows: [before] } = await db.query('SELECT COUNT(*) AS c FROM t');
    for (let id = from; id < from + 20; id++) await db.query('INSERT INTO t VALUES (?, ?)', [id, 'x'.repeat(2_000)]);
    return { before: before.c, ok: (await db.verify()).ok };
  }, from);

// A browser reads a torn log up to the tear and appends behind it; the next one then found its databases corrupt and
// deleted them all: a kill was followed, a start later, by an empty database.
test('a torn log costs nothing, not at the next start and not at the one after', { timeout: 120_000 }, async () => {
  const profile = temporaryProfile();
  for (let round = 0; round < 4; round++) {
    const { context, kill } = await launchKillable(profile, LEVELDB);
    const seen = await write(await prollitePage(context, server), round * 20);
    await kill();
    assert.deepEqual(seen, { before: round * 20, ok: true });
    tearLog(profile);
  }
});

test('storage that the browser deletes as corrupt: STORAGE_LOST, until deleteDb forgets it', { timeout: 120_000 }, async () => {
  const profile = temporaryProfile();
  const first = await launchKillable(profile, LEVELDB);
  await write(await prollitePage(first.context, server), 0);
  await first.kill();
  const log = newestLog(profile);
  const bytes = readFileSync(log);
  bytes.fill(0x55, 200, 20_000);
  writeFileSync(log, bytes);
  const { context, kill } = await launchKillable(profile, LEVELDB);
  const page = await prollitePage(context, server);
  const seen = await page.evaluate(async () => {
    const lost = [await failure(prollite.open('torn')), await failure(prollite.open('torn'))];
    const names = (await prollite.listDbs()).map(({ name }) => name);
    const another = await prollite.open('another');
    await another.close();
    await prollite.deleteDb('torn');
    const db = await prollite.open('torn');
    const { rows } = await db.query("SELECT name FROM sqlite_master WHERE type = 'table'");
    await db.close();
    return { lost, names, rows };
  });
  await kill();
  for (const error of seen.lost) {
    assert.equal(error?.code, 'STORAGE_LOST');
    assert.match(error.message, /storage of torn$/);
    assert.match(error.hint, /deleteDb/);
  }
  assert.deepEqual([seen.names, seen.rows], [[], []]);
});

test('a loss is noticed by a page alone, and by a worker alone', async () => {
  const browser = await launch();
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await page.evaluate(async () => {
    const codes = [];
    const root = await navigator.storage.getDirectory();
    const remove = (name) => new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`prollite/${name}`);
      request.onsuccess = resolve;
      request.onerror = reject;
    });
    for (const forget of [() => root.removeEntry('prollite', { recursive: true }), () => localStorage.clear()]) {
      await (await prollite.open('marked')).close();
      await remove('marked');
      await forget();
      codes.push((await failure(prollite.open('marked')))?.code);
      await prollite.deleteDb('marked');
    }
    // Nobody remembers: new.
    await (await prollite.open('marked')).close();
    await remove('marked');
    await root.removeEntry('prollite', { recursive: true });
    localStorage.clear();
    const db = await prollite.open('marked');
    codes.push(db.status);
    await db.close();
    return codes;
  });
  assert.deepEqual(seen, ['STORAGE_LOST', 'STORAGE_LOST', 'ready']);
});
