// What a user gets wrong: each mistake has its own code and names the object, and nothing is lost by it. What goes wrong
// in browsers is in `failures.test.mjs`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, startServer } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();

test('each mistake has its own code, and changes nothing', async () => {
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('refusals');
    const { vc } = db;
    await db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, n INTEGER NOT NULL CHECK (n > 0));
      CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id));
      CREATE TABLE keyed (k TEXT PRIMARY KEY);
      INSERT INTO t VALUES (1, 'one', 1)`);
    await vc.commit({ message: 'first', all: true });
    await vc.branch('other');
    const state = async () => JSON.stringify([(await db.query('SELECT dolt_hashof_db() AS h, dolt_hashof(?) AS c', ['HEAD'])).rows, await vc.branches(), await vc.tags(), await vc.status()]);
    const before = await state();
    const columns = Array.from({ length: 200 }, (_, n) => `c${n}`);
    const mistakes = {
      ref: () => db.query("SELECT * FROM t AS OF 'nowhere'"),
      refOfCheckout: () => vc.checkout('nowhere'),
      refOfMerge: () => vc.merge('nowhere'),
      refOfReset: () => vc.reset({ hard: true, to: 'nowhere' }),
      refOfTag: () => vc.tag('v1', { ref: 'nowhere' }),
      table: () => db.query('SELECT * FROM nowhere'),
      tableOfDiff: async () => { for await (const _ of vc.diff('nowhere', 'HEAD', 'WORKING')); },
      tableOfAdd: () => vc.add(['nowhere']),
      column: () => db.query('SELECT nope FROM t'),
      flag: () => db.query("CALL dolt_commit('--frobnicate')"),
      flagOfBranch: () => db.query("CALL dolt_branch('--frobnicate', 'x')"),
      procedure: () => db.query("CALL dolt_frobnicate('x')"),
      syntax: () => db.query('SELECT id,\n  FROM t WHERE'),
      text: () => db.query("INSERT INTO t VALUES (2, 'open"),
      unique: () => db.query("INSERT INTO t VALUES (2, 'one', 1)"),
      primary: () => db.query("INSERT INTO t VALUES (1, 'two', 1)"),
      notNull: () => db.query("INSERT INTO t VALUES (2, 'two', NULL)"),
      check: () => db.query("INSERT INTO t VALUES (2, 'two', 0)"),
      foreign: () => db.query('INSERT INTO child VALUES (1, 99)'),
      type: () => db.query("INSERT INTO t VALUES ('x', 'two', 1)"),
      nothing: () => vc.commit({ message: 'nothing', all: true }),
      unstaged: () => vc.commit({ message: 'nothing' }),
      key: () => db.query('INSERT INTO keyed VALUES (?)', ['k'.repeat(4_000)]),
      row: async () => {
        await db.transaction(async (tx) => {
          await tx.exec(`CREATE TABLE wide (id INTEGER PRIMARY KEY, ${columns.map((name) => `${name} TEXT`).join(', ')})`);
          await tx.query(`INSERT INTO wide VALUES (1, ${columns.map(() => '?').join(', ')})`, columns.map(() => 'x'.repeat(60)));
        });
      },
      exists: () => vc.branch('other'),
      parameters: () => db.query('SELECT ? + ?', [1]),
    };
    const out = {};
    for (const [name, mistake] of Object.entries(mistakes)) {
      out[name] = (await failure(Promise.resolve().then(mistake))) ?? {};
      out[name].same = (await state()) === before;
    }
    // A merge that the uncommitted change would be lost in.
    const other = await db.connect('other');
    await other.transaction((tx) => tx.query("UPDATE t SET a = 'theirs' WHERE id = 1"), { commit: { message: 'theirs' } });
    await other.close();
    await db.query("UPDATE t SET a = 'mine' WHERE id = 1");
    const dirty = await state();
    out.dirty = (await failure(vc.merge('other'))) ?? {};
    out.dirty.same = (await state()) === dirty;
    out.readOnly = await failure((async () => (await db.at('HEAD')).query("UPDATE t SET a = 'x'"))());
    out.rows = (await db.query('SELECT * FROM t', [], { rowMode: 'array' })).rows;
    out.report = await db.verify();
    await db.close();
    return out;
  });
  const codes = {
    ref: ['REF_NOT_FOUND', /nowhere/], refOfCheckout: ['REF_NOT_FOUND', /nowhere/], refOfMerge: ['REF_NOT_FOUND', /nowhere/],
    refOfReset: ['REF_NOT_FOUND', /nowhere/], refOfTag: ['REF_NOT_FOUND', /nowhere/],
    table: ['TABLE_NOT_FOUND', /nowhere/], tableOfDiff: ['TABLE_NOT_FOUND', /nowhere/], tableOfAdd: ['TABLE_NOT_FOUND', /nowhere/],
    column: ['COLUMN_NOT_FOUND', /nope/],
    flag: ['BAD_ARGUMENT', /frobnicate/], flagOfBranch: ['BAD_ARGUMENT', /frobnicate/], procedure: ['UNSUPPORTED', /frobnicate/],
    syntax: ['SYNTAX', /FROM/], text: ['SYNTAX', /./],
    unique: ['CONSTRAINT', /a/], primary: ['CONSTRAINT', /1/], notNull: ['CONSTRAINT', /n/], check: ['CONSTRAINT', /n > 0/], foreign: ['CONSTRAINT', /child/],
    type: ['TYPE', /id/],
    nothing: ['NOTHING_TO_COMMIT', /./], unstaged: ['NOTHING_TO_COMMIT', /./],
    key: ['KEY_TOO_LARGE', /3,?072/], row: ['ROW_TOO_LARGE', /2,?048/],
    exists: ['EXISTS', /other/], parameters: ['BAD_ARGUMENT', /2/],
    dirty: ['DIRTY', /t/],
  };
  for (const [name, [code, message]] of Object.entries(codes)) {
    assert.equal(seen[name].code, code, `${name}: ${JSON.stringify(seen[name])}`);
    assert.match(seen[name].message, message, name);
    assert.equal(seen[name].same, true, `${name} changed something`);
  }
  // Line and column, or a place in the text.
  for (const name of ['syntax', 'text']) assert.ok(seen[name].position !== undefined, JSON.stringify(seen[name]));
  assert.equal(seen.readOnly?.code, 'READ_ONLY');
  assert.deepEqual(seen.rows, [[1, 'mine', 1]]);
  assert.equal(seen.report.ok, true);
});

test('closing while queries run: those that changed something land or are refused, the others are CLOSED', async () => {
  const page = await prollitePage(await browser.newContext(), server);
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('closing');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)');
    await db.query('INSERT INTO t SELECT value, hex(randomblob(60)) FROM generate_series(1, 20000)');
    const read = failure(db.query('SELECT COUNT(*) AS c FROM t AS a JOIN t AS b ON a.id % 1000 = b.id % 1000 AND a.a < b.a'));
    const writes = Array.from({ length: 50 }, (_, n) => failure(db.query('INSERT INTO t VALUES (?, ?)', [100_000 + n, 'late'])));
    await new Promise((wait) => setTimeout(wait, 20));
    const began = performance.now();
    await db.close();
    const ms = performance.now() - began;
    const late = await failure(db.query('SELECT 1'));
    const outcomes = await Promise.all(writes);
    const again = await prollite.open('closing');
    const stored = (await again.query('SELECT id FROM t WHERE id >= 100000', [], { rowMode: 'array' })).rows.flat();
    const report = await again.verify();
    await again.close();
    return { read: await read, outcomes, late, stored, report, ms };
  });
  console.log(`closed within ${seen.ms.toFixed(0)} ms; ${seen.stored.length} of 50 writes behind the query landed`);
  assert.equal(seen.late?.code, 'CLOSED');
  assert.ok(seen.read === undefined || seen.read.code === 'CLOSED', JSON.stringify(seen.read));
  for (const outcome of seen.outcomes) assert.ok(outcome === undefined || outcome.code === 'CLOSED', JSON.stringify(outcome));
  const landed = seen.outcomes.flatMap((outcome, n) => (outcome ? [] : [100_000 + n]));
  assert.deepEqual(seen.stored, landed);
  assert.equal(seen.report.ok, true);
});
