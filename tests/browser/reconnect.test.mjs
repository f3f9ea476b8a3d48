// WebKit ends the connection to IndexedDB behind a page's back. The worker connects again, and reads whether a commit
// that was on its way has landed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, startServer } from './harness.mjs';
import { prollitePage } from './pages.mjs';

const server = await startServer();
const browser = await launch();

/**
 * Runs in the worker before the package's script. On a message it takes the connection away: `cut` at once, whatever is
 * under way; `before` and `after` at the next commit, which then is undone, or lands and is reported as lost.
 */
function faulty() {
  const databases = new Set();
  const transactions = new Set();
  let plan;
  const lost = () => new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', 'UnknownError');
  const make = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function transaction(...args) {
    databases.add(this);
    const made = make.apply(this, args);
    transactions.add(made);
    for (const end of ['complete', 'abort']) made.addEventListener(end, () => transactions.delete(made));
    const isCommit = args[1] === 'readwrite' && Array.from(args[0]).includes('refs');
    if (!isCommit || plan === undefined) return made;
    const how = plan;
    plan = undefined;
    if (how === 'before') {
      setTimeout(() => this.close(), 0);
      made.abort();
      return made;
    }
    // The events are kept from whoever listens by property, as the engine does; it hears of an abort instead.
    let onabort;
    Object.defineProperty(made, 'oncomplete', { set() {}, get: () => null });
    Object.defineProperty(made, 'onabort', { set: (listener) => { onabort = listener; }, get: () => onabort });
    made.addEventListener('complete', () => {
      Object.defineProperty(made, 'error', { value: lost() });
      this.close();
      onabort?.call(made, new Event('abort'));
    });
    return made;
  };
  new BroadcastChannel('faulty').onmessage = ({ data }) => {
    if (data !== 'cut') {
      plan = data;
    } else {
      for (const transaction of transactions) {
        try {
          transaction.abort();
        } catch {}
      }
      for (const database of databases) database.close();
      databases.clear();
    }
    new BroadcastChannel('faulty-done').postMessage(data);
  };
}

async function faultyPage(name) {
  const page = await prollitePage(await browser.newContext(), server);
  await page.evaluate(async ({ source, name }) => {
    const module = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const first = module(`(${source})();`);
    const script = new URL('/dist/worker.js', location.href).href;
    const worker = () => new Worker(module(`import ${JSON.stringify(first)}; import ${JSON.stringify(script)};`), { type: 'module' });
    globalThis.db = await prollite.open(name, { worker });
    const channel = new BroadcastChannel('faulty');
    const done = new BroadcastChannel('faulty-done');
    globalThis.plan = (what) => new Promise((resolve) => {
      done.onmessage = resolve;
      channel.postMessage(what);
    });
    await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0)');
  }, { source: faulty.toString(), name });
  return page;
}

test('a connection that is gone is made again: reads, changes and transactions go on', async () => {
  const page = await faultyPage('cut');
  const seen = await page.evaluate(async () => {
    for (let round = 0; round < 5; round++) {
      await plan('cut');
      await db.query('UPDATE t SET n = n + 1 WHERE id = 1');
      await plan('cut');
      await db.link.ask({ what: 'evict' });
      await db.query('SELECT * FROM t');
      await db.transaction(async (tx) => {
        await tx.query('UPDATE t SET n = n + 1 WHERE id = 1');
        await plan('cut');
        await tx.query('UPDATE t SET n = n + 1 WHERE id = 1');
      });
    }
    const { rows } = await db.query('SELECT n FROM t');
    return { rows, report: await db.verify(), status: db.status };
  });
  assert.deepEqual(seen.rows, [{ n: 15 }]);
  assert.equal(seen.report.ok, true);
  assert.equal(seen.status, 'ready');
});

for (const when of ['before', 'after']) {
  test(`a connection lost ${when} a commit landed: the change is made once`, async () => {
    const page = await faultyPage(when);
    const seen = await page.evaluate(async (when) => {
      for (let round = 0; round < 4; round++) {
        await plan(when);
        await db.query('UPDATE t SET n = n + 1 WHERE id = 1');
        await plan(when);
        await db.transaction((tx) => tx.query('UPDATE t SET n = n + 10 WHERE id = 1'), { commit: { message: `round ${round}` } });
      }
      const { rows } = await db.query('SELECT n FROM t');
      const messages = [];
      for await (const { message } of db.vc.log()) messages.push(message);
      return { rows, messages, report: await db.verify() };
    }, when);
    assert.deepEqual(seen.rows, [{ n: 44 }]);
    assert.deepEqual(seen.messages.slice(0, 4), ['round 3', 'round 2', 'round 1', 'round 0']);
    assert.equal(seen.report.ok, true);
  });
}
