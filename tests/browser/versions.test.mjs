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
