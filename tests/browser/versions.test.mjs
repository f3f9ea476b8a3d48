// What the handle's version control does in a page besides committing and merging.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, startServer } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();
const freshPage = async () => prollitePage(await browser.newContext(), server);

test('blame, revert, cherry-pick and undo', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const author = { name: 'Ada', email: 'ada@example.org' };
    const db = await prollite.open('verbs', { author });
    const { vc } = db;
    const all = async (on = db) => (await on.query('SELECT id, a FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
    await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    const first = await vc.commit({ message: 'first', all: true });
    await db.query("UPDATE t SET a = 'TWO' WHERE id = 2");
    const second = await vc.commit({ message: 'second', all: true });
    const out = { blame: [(await vc.blame('t', [1]))?.hash === first.hash, (await vc.blame('t', [2]))?.hash === second.hash, await vc.blame('t', [9])] };
    out.blameOf = (await vc.blame('t', [2])).author;
    out.badKey = await failure(vc.blame('t', [1, 2]));
    const reverted = await vc.revert(second.hash);
    out.reverted = [reverted.conflicts, await all()];
    out.undone = [(await vc.undo()) === second.hash, await all()];
    await vc.branch('other', { from: first.hash });
    const other = await db.connect('other');
    await other.transaction((tx) => tx.query("INSERT INTO t VALUES (3, 'three')"), { commit: { message: 'three' } });
    const [picked] = await (async () => { for await (const commit of other.vc.log({ limit: 1 })) return [commit]; })();
    const pick = await vc.cherryPick(picked.hash);
    out.picked = [pick.conflicts, await all(), pick.hash !== picked.hash];
    // The same row on both sides: a conflict, which can be given up.
    await other.transaction((tx) => tx.query("UPDATE t SET a = 'zwei' WHERE id = 2"), { commit: { message: 'zwei' } });
    const [clash] = await (async () => { for await (const commit of other.vc.log({ limit: 1 })) return [commit]; })();
    const clashed = await vc.cherryPick(clash.hash).catch(({ code }) => ({ code }));
    out.clashed = clashed.code ?? clashed.conflicts;
    await vc.abort().catch(() => undefined);
    out.after = await all();
    out.unknown = (await failure(vc.revert('nowhere')))?.code;
    out.report = await db.verify();
    await other.close();
    await db.close();
    return out;
  });
  assert.deepEqual(seen.blame, [true, true, undefined]);
  assert.deepEqual(seen.blameOf, { name: 'Ada', email: 'ada@example.org' });
  assert.equal(seen.badKey.code, 'BAD_ARGUMENT');
  assert.deepEqual(seen.reverted, [0, [[1, 'one'], [2, 'two']]]);
  assert.deepEqual(seen.undone, [true, [[1, 'one'], [2, 'TWO']]]);
  assert.deepEqual(seen.picked, [0, [[1, 'one'], [2, 'TWO'], [3, 'three']], true]);
  assert.ok(seen.clashed === 1 || seen.clashed === 'MERGE_CONFLICT', String(seen.clashed));
  assert.deepEqual(seen.after, [[1, 'one'], [2, 'TWO'], [3, 'three']]);
  assert.equal(seen.unknown, 'REF_NOT_FOUND');
  assert.equal(seen.report.ok, true);
});

test('a branch that is not there is refused when the handle is opened', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const fresh = await failure(prollite.open('branches', { branch: 'nowhere' }));
    const db = await prollite.open('branches');
    const connected = await failure(db.connect('nowhere'));
    const transaction = (await db.transaction((tx) => tx.query('SELECT 1 AS x'))).rows;
    await db.close();
    const cold = await failure(prollite.open('branches', { branch: 'nowhere' }));
    const again = await prollite.open('branches', { branch: 'main' });
    await again.close();
    return { fresh, connected, transaction, cold };
  });
  for (const error of [seen.fresh, seen.connected, seen.cold]) {
    assert.equal(error?.code, 'REF_NOT_FOUND');
    assert.match(error.message, /nowhere/);
  }
  assert.deepEqual(seen.transaction, [{ x: 1 }]);
});

test('a merge is previewed, and counted; rows are restored from an older commit', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('preview');
    const { vc } = db;
    const all = async (table = 't') => (await db.query(`SELECT * FROM ${table} ORDER BY 1`, [], { rowMode: 'array' })).rows;
    await db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
      INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three');
      CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id) ON DELETE CASCADE);
      INSERT INTO child VALUES (10, 1);
      CREATE TABLE loose (a TEXT); INSERT INTO loose VALUES ('x'), ('x')`);
    const first = await vc.commit({ message: 'first', all: true });
    await vc.branch('other');
    const other = await db.connect('other');
    await other.transaction(async (tx) => {
      await tx.exec("UPDATE t SET a = 'ONE' WHERE id = 1; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (4, 'four'), (5, 'five')");
    }, { commit: { message: 'theirs' } });
    const out = { forward: await vc.merge('other', { preview: true }) };
    await db.transaction((tx) => tx.exec("UPDATE t SET a = 'TWO' WHERE id = 2"), { commit: { message: 'ours' } });
    out.clean = await vc.merge('other', { preview: true });
    out.untouched = await all();
    out.moved = await failure(vc.merge('other', { preview: true, expect: first.hash }));
    out.merged = await vc.merge('other');
    out.again = await vc.merge('other', { preview: true });
    await other.transaction((tx) => tx.exec("UPDATE t SET a = 'zwei' WHERE id = 2"), { commit: { message: 'zwei' } });
    await db.transaction((tx) => tx.exec("UPDATE t SET a = 'deux' WHERE id = 2"), { commit: { message: 'deux' } });
    out.conflicting = (await vc.merge('other', { preview: true })).conflicts;
    out.status = await vc.status();
    await vc.restore('t', first.hash, [[2], [4]]);
    out.some = await all();
    await vc.restore('t', first.hash);
    out.whole = await all();
    out.child = await all('child');
    await db.exec("DELETE FROM loose; INSERT INTO loose VALUES ('y')");
    await vc.restore('loose', first.hash);
    out.loose = await all('loose');
    out.badKey = (await failure(vc.restore('t', first.hash, [[1, 2]])))?.code;
    out.keyless = (await failure(vc.restore('loose', first.hash, [[1]])))?.code;
    out.unknown = (await failure(vc.restore('nowhere', first.hash)))?.code;
    out.noRef = (await failure(vc.restore('t', 'nowhere')))?.code;
    await other.close();
    await db.close();
    return out;
  });
  const stats = { t: { added: 2, modified: 1, deleted: 1 } };
  assert.deepEqual(seen.forward, { fastForward: true, conflicts: 0, message: '', stats });
  assert.deepEqual(seen.clean, { fastForward: false, conflicts: 0, message: '', stats });
  assert.deepEqual(seen.untouched, [[1, 'one'], [2, 'TWO'], [3, 'three']]);
  assert.equal(seen.moved?.code, 'TX_CONFLICT');
  assert.deepEqual([seen.merged.conflicts, seen.merged.stats], [0, stats]);
  assert.deepEqual([seen.again.message, seen.again.stats], ['Everything up-to-date', {}]);
  assert.equal(seen.conflicting, 1);
  assert.deepEqual(seen.status, []);
  assert.deepEqual(seen.some, [[1, 'ONE'], [2, 'two'], [5, 'five']]);
  assert.deepEqual(seen.whole, [[1, 'one'], [2, 'two'], [3, 'three']]);
  assert.deepEqual(seen.child, [[10, 1]]);
  assert.deepEqual(seen.loose, [['x'], ['x']]);
  assert.deepEqual([seen.badKey, seen.keyless, seen.unknown, seen.noRef], ['BAD_ARGUMENT', 'BAD_ARGUMENT', 'TABLE_NOT_FOUND', 'REF_NOT_FOUND']);
});

test('a head that was expected is there when the commit or the merge lands', async () => {
  const context = await browser.newContext();
  const pages = [await prollitePage(context, server), await prollitePage(context, server)];
  await pages[0].evaluate(async () => {
    globalThis.db = await prollite.open('expected');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0)');
    await db.vc.commit({ message: 'first', all: true });
  });
  await pages[1].evaluate(async () => { globalThis.db = await prollite.open('expected'); });
  // Each commits a row of its own onto the head that it saw: the chain of commits never skips what the other did.
  const race = (page, tab) => page.evaluate(async (tab) => {
    const landed = [];
    for (let n = 0; landed.length < 15; n++) {
      const { hash: expect } = (await db.query("SELECT dolt_hashof('HEAD') AS hash")).rows[0];
      await db.query('INSERT INTO t VALUES (?, ?)', [tab * 1_000 + n, n]);
      try {
        const { hash } = await db.vc.commit({ message: `${tab}/${n}`, all: true, expect });
        landed.push([hash, expect]);
      } catch (error) {
        if (error.code !== 'TX_CONFLICT' && error.code !== 'NOTHING_TO_COMMIT') throw error;
      }
    }
    return landed;
  }, tab);
  const landed = (await Promise.all([race(pages[0], 1), race(pages[1], 2)])).flat();
  // The other tab's last commit is heard of a moment later.
  const parents = await pages[0].evaluate(async () => {
    let found = {};
    for (const until = Date.now() + 3_000; Object.keys(found).length < 32 && Date.now() < until;) {
      found = {};
      for await (const { hash, parents } of db.vc.log()) found[hash] = parents[0];
    }
    return found;
  });
  assert.equal(landed.length, 30);
  assert.equal(Object.keys(parents).length, 32);
  for (const [hash, expect] of landed) assert.equal(parents[hash], expect);
});
