// A database in a page: opened, queried, left and found again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, startServer } from './harness.mjs';
import { importInto, prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();

const freshPage = async () => prollitePage(await browser.newContext(), server);

test('rows survive a reload', async () => {
  const page = await freshPage();
  const before = await page.evaluate(async () => {
    const db = await prollite.open('first');
    await db.query('CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, done BOOLEAN)');
    const { affected } = await db.query('INSERT INTO notes VALUES (1, ?, ?), (2, ?, FALSE)', ['né 🙂', true, 'two']);
    const { rows, columns } = await db.query('SELECT * FROM notes ORDER BY id');
    return { affected, rows, columns, branch: db.branch, status: db.status };
  });
  assert.deepEqual(before.rows, [
    { id: 1, body: 'né 🙂', done: true },
    { id: 2, body: 'two', done: false },
  ]);
  assert.deepEqual(before.columns, [
    { name: 'id', type: 'INTEGER' },
    { name: 'body', type: 'TEXT' },
    { name: 'done', type: 'BOOLEAN' },
  ]);
  assert.deepEqual([before.affected, before.branch, before.status], [2, 'main', 'ready']);
  await page.reload();
  await importInto(page);
  const after = await page.evaluate(async () => {
    const db = await prollite.open('first');
    const rows = await db.sql`SELECT body FROM notes WHERE id = ${1}`;
    const report = await db.verify();
    await db.close();
    return { rows, report };
  });
  assert.deepEqual(after.rows, [{ body: 'né 🙂' }]);
  assert.equal(after.report.ok, true);
  assert.deepEqual(page.errors, []);
});

test('values keep their types', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('types');
    await db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN, n DECIMAL(10, 2), r REAL, j JSON, x BLOB, d DATE, ts TIMESTAMP, big BIGINT)`);
    await db.query('INSERT INTO t VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)', [
      false, '12.50', 1.5, { a: [1, 'é'] }, new Uint8Array([0, 255, 7]), '2024-02-29', new Date(Date.UTC(2024, 0, 2, 3, 4, 5)), 9007199254740993n,
    ]);
    const narrow = await failure(db.query('SELECT big FROM t').then(({ rows }) => rows));
    const { rows: [row] } = await db.query('SELECT * FROM t', [], { int64: 'bigint' });
    const { rows: [texts] } = await db.query('SELECT id, big FROM t', [], { int64: 'string' });
    const { rows: [dated] } = await db.query('SELECT ts FROM t', [], { temporal: 'Date' });
    const { rows: [arrays] } = await db.query('SELECT id, id FROM t', [], { rowMode: 'array' });
    await db.close();
    return {
      narrow, texts, arrays,
      row: { ...row, x: [...row.x], big: String(row.big), id: typeof row.id },
      dated: dated.ts instanceof Date && dated.ts.getTime() === Date.UTC(2024, 0, 2, 3, 4, 5),
    };
  });
  assert.equal(seen.narrow.code, 'INT_RANGE');
  assert.equal(seen.narrow.name, 'DbError');
  assert.deepEqual(seen.row, {
    id: 'bigint', b: false, n: '12.50', r: 1.5, j: { a: [1, 'é'] }, x: [0, 255, 7], d: '2024-02-29', ts: seen.row.ts, big: '9007199254740993',
  });
  assert.match(seen.row.ts, /^2024-01-02T03:04:05(\.000)?Z$/);
  assert.deepEqual(seen.texts, { id: '1', big: '9007199254740993' });
  assert.deepEqual(seen.arrays, [1, 1]);
  assert.equal(seen.dated, true);
});

test('parameters by name and by place, and what is refused', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const { sql } = prollite;
    const db = await prollite.open('params');
    await db.query('CREATE TABLE "odd name" (id INTEGER PRIMARY KEY, a TEXT)');
    await db.query('INSERT INTO "odd name" VALUES (:id, :a)', { id: 1, a: "it's" });
    await db.query(sql`INSERT INTO ${sql.id('odd name')} VALUES ${sql.join([sql`(${2}, ${'x'})`, sql`(${3}, ${null})`])}`);
    const rows = await db.sql`SELECT * FROM ${sql.id('odd name')} WHERE id IN (${sql.join([1, 3].map((id) => sql`${id}`))}) ORDER BY id`;
    const refused = {
      undefined: await failure(db.query('SELECT ?', [undefined])),
      missing: await failure(db.query('SELECT :a, :b', { a: 1 })),
      unknown: await failure(db.query('SELECT :a', { a: 1, b: 2 })),
      plain: await failure(db.query({ text: 'SELECT 1', params: [] })),
      several: await failure(db.query('SELECT 1; SELECT 2')),
      syntax: await failure(db.query("SELECT 'né🙂' + , 1")),
      table: await failure(db.query('SELECT * FROM nowhere')),
      symbol: await failure(db.query('SELECT ?', [Symbol('x')])),
    };
    await db.close();
    return { rows, refused };
  });
  assert.deepEqual(seen.rows, [{ id: 1, a: "it's" }, { id: 3, a: null }]);
  for (const key of ['undefined', 'missing', 'unknown', 'plain', 'several', 'symbol']) assert.equal(seen.refused[key]?.code, 'BAD_ARGUMENT', key);
  assert.equal(seen.refused.syntax.code, 'SYNTAX');
  assert.equal(seen.refused.syntax.position, "SELECT 'né🙂' + ".length);
  assert.equal(seen.refused.table.code, 'TABLE_NOT_FOUND');
});

test('transactions are handles: isolated, undone, merged, retried', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('tx');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0), (2, 0)');
    const all = async () => (await db.query('SELECT id, n FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
    const out = {};
    out.value = await db.transaction(async (tx) => {
      await tx.query('UPDATE t SET n = 1 WHERE id = 1');
      out.outside = await all();
      await tx.savepoint(async (inner) => {
        await inner.query('UPDATE t SET n = 5 WHERE id = 2');
        throw new Error('back');
      }).catch(() => undefined);
      out.inside = (await tx.query('SELECT id, n FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
      return 'done';
    });
    out.after = await all();
    out.thrown = await db.transaction(async (tx) => {
      await tx.query('DELETE FROM t');
      throw new Error('mine');
    }).catch((error) => error.message);
    out.rolledBack = await failure(db.transaction(async (tx) => {
      await tx.query('DELETE FROM t');
      tx.rollback();
    }));
    out.unchanged = await all();
    // Another row: merged. The same row: a conflict, and a retry that sees the new value.
    await db.transaction(async (tx) => {
      await tx.query('UPDATE t SET n = n + 10 WHERE id = 1');
      await db.query('UPDATE t SET n = n + 100 WHERE id = 2');
    });
    out.merged = await all();
    let runs = 0;
    const collide = (retries) => db.transaction(async (tx) => {
      await tx.query('UPDATE t SET n = n + 1 WHERE id = 1');
      if (runs++ === 0) await db.query('UPDATE t SET n = n + 1000 WHERE id = 1');
    }, { retries });
    out.conflict = await failure(collide(0));
    runs = 0;
    await collide(1);
    out.retried = await all();
    let kept;
    await db.transaction(async (tx) => { kept = tx; });
    out.late = await failure(kept.query('SELECT 1'));
    out.batch = await failure(db.batch([{ sql: 'INSERT INTO t VALUES (7, 7)' }, { sql: 'INSERT INTO t VALUES (1, 1)' }]));
    out.results = (await db.batch([{ sql: 'INSERT INTO t VALUES (?, ?)', params: [8, 8] }, { sql: 'SELECT COUNT(*) AS c FROM t' }])).map(({ rows, affected }) => [rows, affected]);
    await db.close();
    return out;
  });
  assert.equal(seen.value, 'done');
  assert.deepEqual(seen.outside, [[1, 0], [2, 0]]);
  assert.deepEqual(seen.inside, [[1, 1], [2, 0]]);
  assert.deepEqual(seen.after, [[1, 1], [2, 0]]);
  assert.equal(seen.thrown, 'mine');
  assert.equal(seen.rolledBack.code, 'ABORTED');
  assert.deepEqual(seen.unchanged, [[1, 1], [2, 0]]);
  assert.deepEqual(seen.merged, [[1, 11], [2, 100]]);
  assert.deepEqual([seen.conflict.code, seen.conflict.retryable], ['TX_CONFLICT', true]);
  assert.deepEqual(seen.retried, [[1, 2012], [2, 100]]);
  assert.equal(seen.late.code, 'CLOSED');
  assert.equal(seen.batch.code, 'CONSTRAINT');
  assert.deepEqual(seen.results, [[[], 1], [[{ c: 3 }], 0]]);
});

test('commit, branch, merge, conflict, resolve, time travel', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const author = { name: 'Ada', email: 'ada@example.org' };
    const db = await prollite.open('versions', { author });
    const { vc } = db;
    await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    const out = { status: await vc.status() };
    await vc.add();
    const first = await vc.commit({ message: 'first', trailers: { Reason: 'test' } });
    out.first = { ...first, hash: typeof first.hash, parents: first.parents.length, date: first.date instanceof Date };
    await vc.branch('other');
    const other = await db.connect('other');
    await other.transaction(async (tx) => {
      await tx.query("UPDATE t SET a = 'theirs' WHERE id = 1");
      await tx.query("INSERT INTO t VALUES (3, 'three')");
    }, { commit: { message: 'on other' } });
    out.untouched = await db.sql`SELECT a FROM t WHERE id = 1`;
    await db.query("UPDATE t SET a = 'ours' WHERE id = 1");
    out.dirty = (await failure(vc.merge('other')))?.code;
    await vc.commit({ message: 'ours', all: true });
    out.merge = await vc.merge('other');
    const [conflict] = (out.conflicts = await vc.conflicts());
    out.blocked = (await failure(vc.commit({ message: 'too soon', all: true })))?.code;
    await vc.resolve(conflict.id, 'theirs');
    const merged = await vc.continue({ message: 'merged' });
    out.parents = merged.parents.length;
    out.rows = (await db.query('SELECT * FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
    out.then = (await db.at(first.hash).query('SELECT * FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
    out.readOnly = (await failure(db.at(first.hash).query('DELETE FROM t')))?.code;
    out.log = [];
    for await (const { message } of vc.log()) out.log.push(message);
    out.diff = [];
    for await (const change of vc.diff('t', first.hash, 'HEAD')) out.diff.push(change);
    await vc.tag('v1', { message: 'tagged' });
    out.tags = (await vc.tags()).map(({ name, message }) => [name, message]);
    out.branches = (await vc.branches()).map(({ name, current }) => [name, current]);
    await vc.checkout('other');
    out.branch = db.branch;
    out.moved = (await failure(vc.commit({ message: 'x', expect: first.hash })))?.code;
    out.nothing = (await failure(vc.commit({ message: 'x' })))?.code;
    out.unknown = (await failure(vc.checkout('nowhere')))?.code;
    await other.close();
    await db.close();
    return out;
  });
  assert.deepEqual(seen.status, [{ table: 't', staged: false, change: 'new table' }]);
  assert.deepEqual(seen.first, {
    hash: 'string', parents: 1, author: { name: 'Ada', email: 'ada@example.org' }, committer: seen.first.committer,
    date: true, message: 'first\n\nReason: test', trailers: { Reason: 'test' },
  });
  assert.deepEqual(seen.untouched, [{ a: 'one' }]);
  assert.equal(seen.dirty, 'DIRTY');
  assert.deepEqual([seen.merge.conflicts, seen.merge.fastForward], [1, false]);
  assert.deepEqual(seen.conflicts, [{
    id: seen.conflicts[0].id, table: 't', key: [1], columns: ['a'],
    base: { id: 1, a: 'one' }, ours: { id: 1, a: 'ours' }, theirs: { id: 1, a: 'theirs' },
  }]);
  assert.equal(seen.blocked, 'MERGE_CONFLICT');
  assert.equal(seen.parents, 2);
  assert.deepEqual(seen.rows, [[1, 'theirs'], [2, 'two'], [3, 'three']]);
  assert.deepEqual(seen.then, [[1, 'one'], [2, 'two']]);
  assert.equal(seen.readOnly, 'READ_ONLY');
  assert.equal(seen.log[0], 'merged');
  assert.equal(seen.log.length, 5);
  assert.deepEqual(seen.diff.sort((a, b) => a.key[0] - b.key[0]), [
    { op: 'update', key: [1], before: { id: 1, a: 'one' }, after: { id: 1, a: 'theirs' }, columns: ['a'] },
    { op: 'insert', key: [3], after: { id: 3, a: 'three' } },
  ]);
  assert.deepEqual(seen.tags, [['v1', 'tagged']]);
  assert.deepEqual(seen.branches, [['main', true], ['other', false]]);
  assert.equal(seen.branch, 'other');
  assert.deepEqual([seen.moved, seen.nothing, seen.unknown], ['TX_CONFLICT', 'NOTHING_TO_COMMIT', 'REF_NOT_FOUND']);
});

test('names of databases may hold anything; they are listed and removed', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const names = ['a/b', "quo'te", 'sp ace', '🙂', 'ünï', '..', '%2F', 'a'.repeat(300), 'constructor', '\u0000x'];
    for (const name of names) {
      const db = await prollite.open(name);
      await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
      await db.close();
    }
    const listed = (await prollite.listDbs()).map(({ name }) => name);
    const open = await prollite.open('🙂');
    await prollite.deleteDb('🙂');
    const gone = await failure(open.query('SELECT * FROM t'));
    const empty = await failure(prollite.open(''));
    const broken = await failure(prollite.open('\ud800'));
    for (const name of names) await prollite.deleteDb(name);
    return { names, listed, gone, empty, broken, rest: await prollite.listDbs() };
  });
  assert.deepEqual(seen.listed, [...seen.names].sort());
  assert.equal(seen.gone?.code, 'STORAGE_LOST');
  assert.deepEqual([seen.empty.code, seen.broken.code], ['BAD_ARGUMENT', 'BAD_ARGUMENT']);
  assert.deepEqual(seen.rest, []);
});

test('closing rejects what is on its way, and everything after', async () => {
  const page = await freshPage();
  const seen = await page.evaluate(async () => {
    const db = await prollite.open('closing');
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const events = [];
    db.on('status', (status) => events.push(status));
    // Longer than closing waits.
    const late = failure(db.query('SELECT COUNT(*) FROM generate_series(1, 100000) AS a JOIN generate_series(1, 100000) AS b ON a.value < b.value'));
    const closing = db.close();
    const [inFlight] = await Promise.all([late, closing]);
    await db.close();
    return { inFlight, after: await failure(db.query('SELECT 1')), status: db.status, events };
  });
  assert.equal(seen.inFlight.code, 'CLOSED');
  assert.equal(seen.after.code, 'CLOSED');
  assert.equal(seen.status, 'closed');
  assert.deepEqual(seen.events, ['closed']);
});
