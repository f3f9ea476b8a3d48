// Chromium keeps IndexedDB in LevelDB, and is moving it to SQLite: the same on both.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launchKillable, sleep, startServer, temporaryProfile } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer();

/** Names of the files that hold IndexedDB in a profile. */
function storedFiles(profile) {
  const folder = join(profile, 'Default/IndexedDB');
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
}

for (const [backend, flag] of [['LevelDB', '--disable-features'], ['SQLite', '--enable-features']]) {
  test(`on ${backend}: commits, conflicts of tabs, gc, a kill, and everything is there`, { timeout: 180_000 }, async () => {
    const profile = temporaryProfile();
    const args = [`${flag}=IdbSqliteBackingStore`];
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      const { context, kill } = await launchKillable(profile, { args });
      const pages = [await prollitePage(context, server), await prollitePage(context, server)];
      const found = await pages[0].evaluate(async () => {
        globalThis.db = await prollite.open('both');
        await db.exec('CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, n INTEGER); INSERT OR IGNORE INTO counter VALUES (1, 0)');
        const { rows: [{ c }] } = await db.query('SELECT COUNT(*) AS c FROM t');
        return { c, ok: (await db.verify()).ok };
      });
      assert.ok(found.ok && found.c >= acknowledged, JSON.stringify({ found, acknowledged }));
      await pages[1].evaluate(async () => { globalThis.db = await prollite.open('both'); });
      const count = (page) => page.evaluate(async () => {
        for (let n = 0; n < 30; n++) await db.query('UPDATE counter SET n = n + 1 WHERE id = 1');
      });
      await Promise.all(pages.map(count));
      const seen = await pages[0].evaluate(async () => {
        await db.vc.commit({ message: 'counted', all: true });
        await db.batch(Array.from({ length: 500 }, (_, id) => ({ sql: 'INSERT INTO t VALUES (?, ?)', params: [100_000 + id, crypto.randomUUID()] })));
        await db.query('DELETE FROM t WHERE id >= 100000');
        const { freed } = await db.gc();
        await db.link.ask({ what: 'evict' });
        const { rows: [{ n }] } = await db.query('SELECT n FROM counter');
        return { n, freed, ok: (await db.verify()).ok };
      });
      assert.deepEqual([seen.n, seen.ok], [(round + 1) * 60, true]);
      assert.ok(seen.freed > 0);
      await pages[0].exposeFunction('acknowledge', (id) => { acknowledged = id; });
      const writing = pages[0].evaluate(async (first) => {
        for (let id = first; ; id++) {
          await db.query('INSERT INTO t VALUES (?, ?)', [id, 'x'.repeat(Math.random() * 4_000)]);
          await acknowledge(id);
        }
      }, found.c + 1).catch(() => undefined);
      await sleep(300 + Math.random() * 300);
      await kill();
      await writing;
    }
    assert.ok(acknowledged > 0);
    const files = storedFiles(profile);
    assert.equal(files.some((name) => name.includes('leveldb')), backend === 'LevelDB', files.join());
    assert.ok(files.length > 0);
  });
}
