// The playground, used as a person uses it: the whole story of issue 2 in one profile, then its parts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { build } from 'esbuild';
import { at } from '../../pkg-config/steps.mjs';
import { launch, launchPersistent, startServer } from './harness.mjs';
import { SLOW, commit, gridRows, openPlayground, ready, run, said, show, switchTo } from './playground.mjs';

const SCHEMA = `-- Core memory blocks
CREATE TABLE memory_blocks (
    id INT PRIMARY KEY AUTO_INCREMENT,
    user_id VARCHAR(255) NOT NULL,
    label VARCHAR(100) NOT NULL,
    schema_ref VARCHAR(255),
    title VARCHAR(255),
    body TEXT,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY (user_id, label)
);

-- Pending agent edits (approval workflow)
CREATE TABLE pending_diffs (
    id VARCHAR(36) PRIMARY KEY,
    user_id VARCHAR(255) NOT NULL,
    block_label VARCHAR(100) NOT NULL,
    operation ENUM('append', 'replace', 'full_replace') NOT NULL,
    new_value TEXT,
    current_value TEXT,
    reasoning TEXT,
    confidence ENUM('low', 'medium', 'high'),
    agent_id VARCHAR(255),
    status ENUM('pending', 'approved', 'rejected', 'superseded', 'expired'),
    created_at TIMESTAMP,
    reviewed_at TIMESTAMP
);`;

const ROWS = `INSERT INTO memory_blocks (user_id, label, title, body) VALUES
  ('ada', 'student', 'Who Ada is', 'Second-year student of mathematics.'),
  ('ada', 'journey', 'The essay so far', 'The first draft is done.');`;

const messages = (page) => page.locator('.commit-message').allInnerTexts();

test('SQL of the memory blocks, commit, branch, both sides change, merge, conflict, reload, a second tab', async () => {
  const server = await startServer();
  const { context, profile, close } = await launchPersistent();
  const page = await openPlayground(context, server);

  await run(page, `${SCHEMA}\n${ROWS}`);
  assert.match(await page.locator('.results').innerText(), /2 rows changed/);
  await show(page, /^Changes/);
  await page.getByRole('heading', { name: 'memory_blocks' }).waitFor(SLOW);
  await page.getByRole('heading', { name: 'pending_diffs' }).waitFor(SLOW);
  await page.locator('.counts', { hasText: '+ 2 added' }).waitFor(SLOW);
  await commit(page, 'Add memory blocks');
  await page.getByText('Nothing has changed.').waitFor(SLOW);

  await show(page, /^Branches/);
  await page.getByRole('textbox', { name: /^New branch from main/ }).fill('feature/tone');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.locator('.workspace[data-branch="feature/tone"]').waitFor(SLOW);
  await run(page, `UPDATE memory_blocks SET body = 'Third-year student, reads papers.' WHERE label = 'student';
    INSERT INTO memory_blocks (user_id, label, title) VALUES ('ben', 'student', 'Who Ben is');`);
  await show(page, /^Changes/);
  // The old and the new cell stand side by side, and words say which is which.
  const changed = page.locator('.diff .sides', { hasText: 'Third-year' });
  await changed.waitFor(SLOW);
  assert.equal(await changed.locator('del').textContent(), 'was Second-year student of mathematics.');
  assert.equal(await changed.locator('ins').textContent(), 'is now Third-year student, reads papers.');
  await commit(page, 'A warmer tone');

  await switchTo(page, 'main');
  await run(page, `UPDATE memory_blocks SET body = 'Student of mathematics and history.' WHERE label = 'student';
    UPDATE memory_blocks SET title = 'The essay, week two' WHERE label = 'journey';`);
  await commit(page, 'History too');

  await show(page, /^Branches/);
  await page.getByRole('button', { name: 'Merge feature/tone into main' }).click();
  const conflict = page.locator('.conflict');
  await conflict.waitFor(SLOW);
  assert.equal(await conflict.count(), 1);
  const sides = await conflict.locator('.clash', { hasText: 'body' }).locator('dd').allInnerTexts();
  assert.deepEqual(sides, [
    'Second-year student of mathematics.', 'Student of mathematics and history.', 'Third-year student, reads papers.',
  ]);

  // The merge waits in the branch's working set: it is there after a reload.
  await page.reload();
  await ready(page);
  await page.locator('.merge-banner', { hasText: 'Merging feature/tone: 1 conflict to decide.' }).waitFor(SLOW);
  await page.getByRole('button', { name: 'Go to the merge' }).click();
  await page.getByRole('button', { name: /^Take theirs/ }).click();
  await page.getByRole('button', { name: 'Commit the merge' }).click();
  await said(page, 'The merge is committed.');

  await page.close();
  await close();

  // The browser was closed; everything is there in the next one.
  const { context: later } = await launchPersistent(profile);
  const again = await openPlayground(later, server);
  await run(again, 'SELECT user_id, label, title, body FROM memory_blocks ORDER BY user_id, label;');
  assert.deepEqual(await gridRows(again), [
    ['ada', 'journey', 'The essay, week two', 'The first draft is done.'],
    ['ada', 'student', 'Who Ada is', 'Third-year student, reads papers.'],
    ['ben', 'student', 'Who Ben is', 'NULL'],
  ]);
  await show(again, 'History');
  await again.locator('.commit-message', { hasText: 'Merge feature/tone into main' }).waitFor(SLOW);
  const log = await messages(again);
  assert.equal(log[0], 'Merge feature/tone into main');
  for (const message of ['Add memory blocks', 'A warmer tone', 'History too']) assert.ok(log.includes(message), `${message} in ${log}`);
  assert.match(await again.locator('.commit').first().innerText(), /merge of [0-9a-v]{8} and [0-9a-v]{8}/);

  // A commit of one tab shows in the other, which nobody touched.
  const second = await openPlayground(later, server);
  await show(second, 'History');
  await second.locator('.commit-message', { hasText: 'Merge feature/tone into main' }).waitFor(SLOW);
  await run(again, `UPDATE memory_blocks SET title = 'Ada' WHERE label = 'student' AND user_id = 'ada';`);
  await commit(again, 'A shorter title');
  await second.locator('.commit-message', { hasText: 'A shorter title' }).waitFor({ timeout: 5_000 });

  assert.deepEqual([...page.errors, ...again.errors, ...second.errors], []);
});

test('abort restores what was there before the merge', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext();
  const page = await openPlayground(context, server);
  await run(page, `CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'base');
    CALL DOLT_ADD('-A'); CALL DOLT_COMMIT('-m', 'base'); CALL DOLT_CHECKOUT('-b', 'other');
    UPDATE t SET v = 'theirs'; CALL DOLT_COMMIT('-am', 'theirs'); CALL DOLT_CHECKOUT('main');
    UPDATE t SET v = 'ours'; CALL DOLT_COMMIT('-am', 'ours');`);
  await show(page, /^Branches/);
  await page.getByRole('button', { name: 'Merge other into main' }).click();
  await page.locator('.conflict').waitFor(SLOW);
  await page.getByRole('button', { name: 'Abort the merge' }).click();
  await page.getByRole('button', { name: 'Abort', exact: true }).click();
  await said(page, 'The merge is undone');
  assert.equal(await page.locator('.conflict').count(), 0);
  await run(page, 'SELECT v FROM t;');
  assert.deepEqual(await gridRows(page), [['ours']]);
  await show(page, /^Changes/);
  await page.getByText('Nothing has changed.').waitFor(SLOW);
  assert.deepEqual(page.errors, []);
});

test('a conflict is decided cell by cell: one side, what was before, or words of one’s own', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext();
  const page = await openPlayground(context, server);
  await run(page, `CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b TEXT, c INT, d TEXT); INSERT INTO t VALUES (1, 'a', 'b', 3, 'd');
    CALL DOLT_ADD('-A'); CALL DOLT_COMMIT('-m', 'base'); CALL DOLT_CHECKOUT('-b', 'other');
    UPDATE t SET a = 'a of theirs', b = 'b of theirs', c = 30, d = 'theirs alone'; CALL DOLT_COMMIT('-am', 'theirs'); CALL DOLT_CHECKOUT('main');
    UPDATE t SET a = 'a of ours', b = 'b of ours', c = 300; CALL DOLT_COMMIT('-am', 'ours');`);
  await show(page, /^Branches/);
  await page.getByRole('button', { name: 'Merge other into main' }).click();
  const conflict = page.locator('.conflict');
  await conflict.waitFor(SLOW);
  const use = conflict.getByRole('button', { name: /^Use what is chosen/ });
  assert.ok(await use.isDisabled());
  const cell = (name) => conflict.getByRole('group', { name, exact: true });
  await cell('a').getByRole('radio', { name: /theirs/ }).check();
  await cell('b').getByRole('radio', { name: 'before both' }).check();
  await cell('c').getByRole('radio', { name: 'written by you' }).check();
  await cell('c').getByRole('textbox').fill('33');
  await use.click();
  await said(page, '1 conflict resolved');
  await page.getByRole('button', { name: 'Commit the merge' }).click();
  await said(page, 'The merge is committed.');
  await run(page, 'SELECT * FROM t;');
  assert.deepEqual(await gridRows(page), [['1', 'a of theirs', 'b', '33', 'theirs alone']]);
  assert.deepEqual(page.errors, []);
});

test('axe finds nothing on any view, in both themes', async () => {
  const axe = readFileSync(at('node_modules/axe-core/axe.min.js'), 'utf8');
  const server = await startServer();
  const context = await (await launch()).newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: 'reduce' });
  const page = await openPlayground(context, server);
  const found = [];
  const check = async (name) => {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => (await window.axe.run(document)).violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary?.split('\n')[1] ?? ''}`).join(' | ')}`));
      found.push(...violations.map((violation) => `${name}, ${colorScheme}: ${violation}`));
    }
  };
  await check('an empty database');
  await page.getByRole('button', { name: 'Load Memory blocks' }).click();
  await said(page, 'Memory blocks loaded');
  await run(page, 'SELECT * FROM memory_blocks;');
  await check('results');
  await run(page, 'SELECT 1 +* 2;');
  await check('an error');
  await commit(page, 'Memory blocks');
  await run(page, `CALL dolt_checkout('-b', 'other'); UPDATE memory_blocks SET body = CONCAT(body, '\n\nTheirs, and rather long: the sound of rain on a roof.') WHERE id = 1; ALTER TABLE pending_diffs ADD COLUMN mood TEXT;`);
  await show(page, /^Changes/);
  await page.locator('.sides-long').waitFor(SLOW);
  await check('changes');
  await commit(page, 'Theirs');
  await run(page, `CALL dolt_checkout('main'); UPDATE memory_blocks SET body = CONCAT(body, '\n\nOurs.') WHERE id = 1; CALL dolt_commit('-am', 'Ours');`);
  await show(page, 'History');
  await page.locator('.commit').first().click();
  await page.locator('.table-diff').first().waitFor(SLOW);
  await check('history');
  await show(page, /^Branches/);
  await check('branches');
  await show(page, /^Remotes/);
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill('http://localhost:9/nowhere');
  await page.getByRole('button', { name: 'Add the remote' }).click();
  await said(page, 'origin is known now');
  await check('remotes');
  await show(page, 'Storage');
  await page.getByRole('button', { name: 'Check everything' }).click();
  await page.locator('.verdict').waitFor(SLOW);
  await check('storage');
  await show(page, /^Branches/);
  await page.getByRole('button', { name: 'Merge other into main' }).click();
  await page.locator('.conflict').waitFor(SLOW);
  await page.getByRole('radio', { name: 'written by you' }).check();
  await check('a merge');
  await page.getByRole('combobox', { name: 'As of' }).selectOption('other');
  await page.locator('.past').waitFor(SLOW);
  await check('tables as of another branch');
  await page.goto(`${server.url}/playground/?db=guided-sample`);
  await ready(page);
  await check('the guided sample');
  assert.deepEqual(found, []);
  assert.deepEqual(page.errors, []);
});

test('a branch that another tab deletes is said, and main is one button away', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext();
  const page = await openPlayground(context, server);
  await run(page, `CREATE TABLE t (id INT PRIMARY KEY); CALL DOLT_ADD('-A'); CALL DOLT_COMMIT('-m', 't'); CALL DOLT_CHECKOUT('-b', 'short-lived');`);
  await page.locator('.workspace[data-branch="short-lived"]').waitFor(SLOW);
  const other = await openPlayground(context, server);
  await show(other, /^Branches/);
  await other.getByRole('button', { name: 'Delete', exact: true }).click();
  await other.getByRole('button', { name: 'Delete', exact: true }).click();
  await said(other, 'Deleted short-lived.');
  await page.getByText('The branch short-lived was deleted elsewhere.').waitFor(SLOW);
  await page.getByRole('button', { name: 'Go to main' }).click();
  await page.locator('.workspace[data-branch="main"][data-ready=true]').waitFor(SLOW);
  await page.locator('.table-name', { hasText: 't' }).waitFor(SLOW);

  // An address that names the branch, a bookmark say, opens main.
  const late = await openPlayground(context, server, '?branch=short-lived');
  assert.equal(await late.locator('.workspace').getAttribute('data-branch'), 'main');
  assert.deepEqual([...page.errors, ...other.errors, ...late.errors], []);
});

test('an error names its code and marks its place in the editor', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext();
  const page = await openPlayground(context, server);
  await run(page, 'SELECT 1;\nSELECT *\nFROM nowhere_at_all;');
  await page.locator('.results .error-code', { hasText: 'TABLE_NOT_FOUND' }).waitFor(SLOW);
  await run(page, 'SELECT 1;\nSELECT 1 +* 2;');
  await page.locator('.results .error-code', { hasText: 'SYNTAX' }).waitFor(SLOW);
  assert.match(await page.locator('.error-place').innerText(), /Line 2, column \d+/);
  await page.locator('.cm-lintRange-error').first().waitFor(SLOW); // the editor draws it in a frame of its own
  assert.equal(await page.locator('.cm-lintRange-error').count(), 1);
  assert.deepEqual(page.errors, []);
});

test('samples load, the grid holds thousands of rows, a runaway query is cancelled', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext();
  const page = await openPlayground(context, server);
  const loads = [['Memory blocks', 'memory_blocks', 3], ['Airports', 'airports', 3376], ['Seattle weather', 'seattle_weather', 1461], ['Movies', 'movies', 3201]];
  for (const [title, table, rows] of loads) {
    await page.getByRole('button', { name: `Load ${title}` }).click();
    await said(page, `${title} loaded, not committed yet.`);
    const item = page.locator('.table-item', { has: page.locator('.table-name', { hasText: new RegExp(`^${table}$`) }) });
    await item.locator('.table-rows', { hasText: rows.toLocaleString('en') }).waitFor(SLOW);
  }
  await run(page, 'SELECT * FROM airports ORDER BY iata;');
  const grid = page.getByRole('grid');
  assert.equal(await grid.getAttribute('aria-rowcount'), '3377');
  assert.ok((await grid.getByRole('row').count()) < 100, 'only the rows in view are in the page');
  await grid.focus();
  await page.keyboard.press('Control+End');
  await grid.locator('[aria-rowindex="3377"] [aria-selected=true]').waitFor(SLOW);

  // Three tables of thousands joined without a condition: more rows than anyone waits for.
  await page.getByRole('textbox', { name: 'SQL' }).focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText('SELECT COUNT(*) FROM airports a, airports b, movies c WHERE a.latitude + b.longitude > c.id + 4000;');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('.results-status', { hasText: /^Cancelled after/ }).waitFor(SLOW);
  await run(page, 'SELECT COUNT(*) AS n FROM airports;');
  assert.deepEqual(await gridRows(page), [['3376']]);
  assert.deepEqual(page.errors, []);
});

test('nothing is cut off at 320 pixels, and every view is reached by the keyboard', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext({ viewport: { width: 320, height: 640 }, colorScheme: 'dark', reducedMotion: 'reduce' });
  const page = await openPlayground(context, server);
  await show(page, /^Tables/);
  await page.getByRole('button', { name: 'Load Memory blocks' }).click();
  await said(page, 'Memory blocks loaded');
  await page.getByRole('tab', { name: 'Tables', exact: true }).focus();
  for (const name of ['Changes', 'History', 'Branches', 'Remotes', 'Storage', 'SQL', 'Tables']) {
    await page.keyboard.press('ArrowRight');
    assert.match(await page.locator('[role=tab]:focus').innerText(), new RegExp(`^${name}`));
    await page.locator(`[role=tabpanel]:not([hidden])`).waitFor(SLOW);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(over <= 0, `${name} is ${over} pixels too wide`);
  }
  assert.deepEqual(page.errors, []);
});

test('the guided sample: five steps in a database of its own, with the keyboard alone where it asks', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext({ viewport: { width: 1200, height: 900 } });
  const page = await openPlayground(context, server);
  await page.getByRole('button', { name: 'Begin the guided sample' }).click();
  await page.waitForURL(/\?db=guided-sample$/, SLOW);
  await ready(page);
  const tour = page.locator('.tour');
  const press = async (name) => {
    const button = tour.getByRole('button', { name, exact: true });
    await button.and(page.locator(':enabled')).waitFor(SLOW);
    await button.focus();
    await page.keyboard.press('Enter');
  };
  const after = async (text) => tour.getByText(text).waitFor(SLOW);
  await tour.getByText('Step 1 of 5').waitFor(SLOW);
  await press('Make the notes and change one');
  await after('cell by cell');
  assert.equal(await page.locator('.diff .sides ins').textContent(), 'is now Milk, bread, three lemons.');
  await press('Next step');
  await press('Commit the change');
  await after('History has both commits');
  assert.deepEqual((await messages(page)).slice(0, 2), ['One more lemon', 'Three notes']);
  // A reload goes on where one was.
  await page.reload();
  await ready(page);
  await press('Next step');
  await press('Let both change the notes');
  await after('Both have changed');
  await press('Next step');
  await press('Merge draft into main');
  await after('Decide below');
  assert.ok(await tour.getByRole('button', { name: 'Next step' }).isDisabled());
  await page.getByRole('button', { name: /^Take theirs/ }).click();
  await page.getByRole('button', { name: 'Commit the merge' }).click();
  await press('Next step');
  await press('Ask the first version');
  await after('as they were first');
  await page.locator('.results[data-runs="1"]').waitFor(SLOW);
  assert.deepEqual(await gridRows(page), [
    ['1', 'Groceries', 'Milk, bread, two lemons.'], ['2', 'Essay', 'The first draft is done.'], ['3', 'Call Ben', 'He is back on Monday.'],
  ]);
  await page.locator('.past', { hasText: 'Three notes' }).waitFor(SLOW);
  await page.locator('.table-item', { hasText: 'notes' }).getByText('3 rows').waitFor(SLOW);
  await press('Finish');
  await tour.getByText('That was all of it').waitFor(SLOW);
  await page.getByRole('combobox', { name: 'As of' }).selectOption({ label: 'now' });
  await page.locator('.table-item', { hasText: 'notes' }).getByText('4 rows').waitFor(SLOW);
  await run(page, 'SELECT body FROM notes WHERE id IN (2, 4) ORDER BY id;');
  assert.deepEqual(await gridRows(page), [['The first draft is done, and read twice.'], ['Two, for Friday.']]);
  // Once more, from the beginning.
  await tour.getByRole('button', { name: 'Begin again' }).click();
  await tour.getByRole('button', { name: 'Begin again' }).click();
  await tour.getByText('Step 1 of 5').waitFor(SLOW);
  await ready(page);
  await page.getByText('No tables on this branch yet.').waitFor(SLOW);
  assert.deepEqual(page.errors, []);
});

test('tables as of a commit, a tag or another branch, and a table that was dropped since', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext({ viewport: { width: 1200, height: 900 } });
  const page = await openPlayground(context, server);
  await run(page, `CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2); CREATE TABLE gone (id INT PRIMARY KEY);
    CALL dolt_commit('-Am', 'two rows'); CALL dolt_tag('v1'); CALL dolt_branch('side'); DROP TABLE gone; DELETE FROM t WHERE id = 1;
    CALL dolt_commit('-Am', 'one row'); INSERT INTO t VALUES (3), (4), (5);`);
  const item = (name) => page.locator('.table-item', { has: page.locator('.table-name', { hasText: new RegExp(`^${name}$`) }) });
  const asOf = page.getByRole('combobox', { name: 'As of' });
  await item('t').getByText('4 rows').waitFor(SLOW);
  await asOf.selectOption('v1');
  await item('t').getByText('2 rows').waitFor(SLOW);
  await item('gone').getByText('0 rows').waitFor(SLOW);
  assert.equal(await page.locator('.table-change').count(), 0);
  await item('t').click();
  await page.locator('.results[data-runs="2"]').waitFor(SLOW);
  assert.deepEqual(await gridRows(page), [['1'], ['2']]);
  assert.match(await page.locator('.results-sql').innerText(), /AS OF 'v1'/);
  // A branch that moves is followed.
  await asOf.selectOption('side');
  await item('t').getByText('2 rows').waitFor(SLOW);
  await run(page, "CALL dolt_checkout('side'); INSERT INTO t VALUES (9); CALL dolt_commit('-am', 'three'); CALL dolt_checkout('main');");
  await item('t').getByText('3 rows').waitFor(SLOW);
  // From a commit to its tables.
  await show(page, 'History');
  await page.locator('.commit', { hasText: 'one row' }).click();
  await page.getByRole('button', { name: 'Show its tables' }).click();
  await item('t').getByText('1 row', { exact: true }).waitFor(SLOW);
  assert.equal(await item('gone').count(), 0);
  await asOf.selectOption({ label: 'now' });
  await item('t').getByText('4 rows').waitFor(SLOW);
  assert.deepEqual(page.errors, []);
});

test('a merge is previewed, and nothing is done; storage is checked and freed', async () => {
  const server = await startServer();
  const context = await (await launch()).newContext();
  const page = await openPlayground(context, server);
  await run(page, `CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'base'), (2, 'base'); CALL dolt_commit('-Am', 'base');
    CALL dolt_checkout('-b', 'ahead'); INSERT INTO t VALUES (3, 'ahead'); DELETE FROM t WHERE id = 2; CALL dolt_commit('-am', 'ahead'); CALL dolt_checkout('main');`);
  await show(page, /^Branches/);
  const preview = page.locator('.merge-preview');
  await page.getByRole('button', { name: 'Preview the merge of ahead' }).click();
  await preview.getByText('main would move forward to ahead').waitFor(SLOW);
  assert.deepEqual(await preview.locator('tbody tr').locator('th, td').allInnerTexts(), ['t', '1', '0', '1']);
  // What changes meanwhile shows.
  await run(page, "UPDATE t SET v = 'ours' WHERE id = 2; CALL dolt_commit('-am', 'ours');");
  await show(page, /^Branches/);
  await page.getByRole('button', { name: 'Preview the merge of ahead' }).click();
  await preview.getByText('1 conflict would wait for you.').waitFor(SLOW);
  await run(page, 'SELECT * FROM t; SELECT COUNT(*) AS n FROM dolt_log;');
  assert.deepEqual(await gridRows(page), [['3']]);

  await show(page, 'Storage');
  await page.locator('.facts', { hasText: /in \d+ chunks/ }).waitFor(SLOW);
  await page.getByRole('button', { name: 'Check everything' }).click();
  await page.locator('.verdict', { hasText: 'Everything is whole.' }).waitFor(SLOW);
  await page.getByRole('button', { name: 'Free space' }).click();
  await page.getByRole('button', { name: 'Free space' }).click();
  await said(page, / were freed\.$/);
  assert.deepEqual(page.errors, []);
});

test('after the first visit it opens, queries and commits without a network', async () => {
  const first = await startServer();
  const { context } = await launchPersistent();
  const page = await openPlayground(context, first);
  await run(page, "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); CALL dolt_commit('-Am', 'online');");
  await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active.state === 'activated' || new Promise((done) => active.addEventListener('statechange', done, { once: true }))));
  // Nobody is there any more: what comes now was kept.
  await first.close();
  await page.reload();
  await ready(page);
  await run(page, "INSERT INTO t VALUES (2); CALL dolt_commit('-Am', 'offline'); SELECT COUNT(*) AS n FROM t;");
  assert.deepEqual(await gridRows(page), [['2']]);
  const other = await openPlayground(context, first, '?db=another');
  await other.getByRole('button', { name: 'Load Airports' }).click();
  await said(other, 'Airports loaded, not committed yet.');
});

test('the commit graph: children above parents whatever the clocks say, a branch in one lane', async () => {
  const { outputFiles } = await build({ entryPoints: [at('www/playground/src/lib/graph.ts')], bundle: true, format: 'esm', write: false });
  const { layOut, orderCommits } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
  const commit = (hash, minute, ...parents) => ({ hash, parents, date: new Date(Date.UTC(2026, 0, 1, 0, minute)), message: hash });
  // The merge's clock is behind that of both its parents.
  const given = [commit('base', 0), commit('ours', 5, 'base'), commit('theirs', 4, 'base'), commit('merge', 1, 'ours', 'theirs')];
  const ordered = orderCommits(given);
  assert.deepEqual(ordered.map(({ hash }) => hash), ['merge', 'ours', 'theirs', 'base']);
  const rows = layOut(ordered);
  assert.deepEqual(rows.map(({ lane }) => lane), [0, 0, 1, 0]);
  assert.deepEqual(rows[0].edges, [{ from: 0, to: 0, part: 'below' }, { from: 0, to: 1, part: 'below' }]);
  assert.deepEqual(rows[3].edges, [{ from: 0, to: 0, part: 'above' }, { from: 1, to: 0, part: 'above' }]);
});
