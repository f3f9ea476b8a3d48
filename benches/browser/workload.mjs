// What every engine is asked to do, and how it is timed. The answers are compared between the engines,
// so that nobody is fast by being wrong.
//
// An engine is a module with `open()`, which answers an object with:
//   exec(sql)                 statements without an answer
//   insert(rows)              durable when it resolves, as one transaction
//   many(sql, parameters[])   runs one statement for each set of parameters; answers the first row of each, as arrays
//   query(sql)                all rows, as arrays
//   autocommit(rows)          inserts one by one, each durable before the next begins
//   sent(rows)                optional: the same without waiting in between
//   reopen()                  closes and opens the database again; answers an engine
//   close()
// What an engine has no means for may be missing: then the step is left out.

/** The same numbers everywhere and always. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function makeRows(count, first = 1, seed = 7) {
  const random = generator(seed);
  const text = (length) => {
    let made = '';
    while (made.length < length) made += LETTERS[Math.floor(random() * LETTERS.length)];
    return made;
  };
  const rows = [];
  for (let id = first; id < first + count; id++) rows.push([id, Math.floor(random() * count), text(60), text(30)]);
  return rows;
}

function makeKeys(count, below, seed = 11) {
  const random = generator(seed);
  return Array.from({ length: count }, () => [1 + Math.floor(random() * below)]);
}

/**
 * Runs all steps; `report` gets {step, ms, answer} for each, or {step, error}. `before` and `after` a step a profiler may
 * be started and stopped.
 */
export async function runWorkload(open, { rows: count }, report, { before, after } = {}) {
  let engine = await open();
  const rows = makeRows(count);
  const points = makeKeys(10_000, count);
  const ranges = makeKeys(100, count - 100, 13).map(([low]) => [low, low + 99]);
  const lookups = makeKeys(1_000, count, 17);
  const more = makeRows(200, count + 1, 19);
  const burst = makeRows(1_000, count + 201, 23);
  const children = makeKeys(1_000, count, 29).map(([parent], index) => [index + 1, parent]);

  const step = async (name, needs, work) => {
    if (needs.some((method) => typeof engine[method] !== 'function')) return;
    try {
      await before?.(name);
      const began = performance.now();
      const answer = await work();
      const ms = performance.now() - began;
      await after?.(name, ms);
      report({ step: name, ms, answer: answer === undefined ? undefined : JSON.stringify(answer) });
    } catch (error) {
      report({ step: name, error: String(error?.message ?? error) });
    }
  };
  const sum = (found) => found.reduce((total, row) => total + (row ? row.reduce((a, b) => a + Number(b), 0) : 0), 0);

  await engine.exec?.('CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, c TEXT, pad TEXT)');
  await engine.exec?.('CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER)');
  await step(`${count / 1000} k rows inserted, durable`, ['insert'], () => engine.insert(rows));
  await step('10 k point selects', ['many'], async () => sum(await engine.many('SELECT k FROM t WHERE id = ?', points)));
  await step('100 range selects of 100 rows', ['many'], async () =>
    sum(await engine.many('SELECT COUNT(*), SUM(k) FROM t WHERE id BETWEEN ? AND ?', ranges)));
  await step('COUNT(*)', ['query'], () => engine.query('SELECT COUNT(*) FROM t'));
  await step('full-scan aggregate', ['query'], () => engine.query('SELECT COUNT(*), SUM(k), MIN(c), MAX(pad) FROM t'));
  await step('full-scan filter', ['query'], () => engine.query("SELECT COUNT(*) FROM t WHERE c LIKE '%abc%'"));
  await step('GROUP BY', ['query'], () =>
    engine.query('SELECT k % 100 AS g, COUNT(*), SUM(k) FROM t GROUP BY k % 100 ORDER BY g LIMIT 5'));
  await step('ORDER BY a column LIMIT 10', ['query'], () => engine.query('SELECT id FROM t ORDER BY c LIMIT 10'));
  await step('all rows to JavaScript', ['query'], async () => (await engine.query('SELECT id, k, c, pad FROM t')).length);
  await step('an index made', ['exec'], () => engine.exec('CREATE INDEX t_k ON t (k)'));
  await step('1 k index lookups', ['many'], async () => sum(await engine.many('SELECT COUNT(*), MIN(id) FROM t WHERE k = ?', lookups)));
  if (engine.many && engine.exec) {
    await engine.many('INSERT INTO u VALUES (?, ?)', children);
    await step('1 k rows joined by key', ['query'], () => engine.query('SELECT COUNT(*), SUM(t.k) FROM u JOIN t ON t.id = u.t_id'));
  }
  await step('1 k rows updated by key', ['many'], async () =>
    (await engine.many('UPDATE t SET pad = ? WHERE id = ?', lookups.map(([id]) => ['changed', id]))).length);
  await step('200 autocommit inserts, awaited', ['autocommit'], () => engine.autocommit(more));
  await step('1,000 autocommit inserts, sent', ['sent'], () => engine.sent(burst));
  await step('open and first query', ['reopen'], async () => {
    engine = await engine.reopen();
    return engine.query('SELECT k FROM t WHERE id = 777');
  });
  await engine.close?.();
}
