// Remotes through the playground's own buttons: two people with a browser each and a server between them.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildServer, startRemote } from '../../pkg-config/server.mjs';
import { run as runProgram, targetDir } from '../../pkg-config/steps.mjs';
import { launch, launchPersistent, startServer } from './harness.mjs';
import { SLOW, commit, gridRows, openPlayground, ready, run, said, show } from './playground.mjs';

await buildServer({ quiet: true });
const data = mkdtempSync(join(tmpdir(), 'prollite-playground-remote-'));
const remote = await startRemote({ data });
after(async () => {
  await remote.stop();
  rmSync(data, { recursive: true, force: true });
});
const server = await startServer();

const button = (page, name) => page.getByRole('button', { name });
const failed = (page, code) => page.locator('.notice-bar .error-code', { hasText: code }).waitFor(SLOW);
const pair = (page, branch) => page.locator('.pairs li', { has: page.locator('strong', { hasText: new RegExp(`^${branch}$`) }) });

async function addOrigin(page, url) {
  await show(page, /^Remotes/);
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill(url);
  await button(page, 'Add the remote').click();
  await said(page, 'origin is known now.');
}

/** A way to the server whose answers stop after `bytes` until it is opened. */
async function gate(url, bytes) {
  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  const proxy = createServer((client) => {
    const upstream = connect(Number(new URL(url).port), '127.0.0.1');
    let passed = 0;
    client.pipe(upstream);
    upstream.on('data', async (piece) => {
      upstream.pause();
      passed += piece.length;
      client.write(piece);
      if (passed > bytes) await opened;
      upstream.resume();
    });
    upstream.on('end', () => client.end());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${proxy.address().port}`, open, close: () => proxy.close() };
}

test('two profiles: push, clone with progress, both offline, both pull and push, a cell that both changed, no row lost', async () => {
  const [ada, bob] = [await launchPersistent(), await launchPersistent()];
  const a = await openPlayground(ada.context, server, '?db=story');
  const url = `${remote.url}/story`;
  const filler = Array.from({ length: 6_000 }, (_, i) => `(${i}, '${Array.from({ length: 24 }, () => Math.random().toString(36).slice(2)).join('')}')`);
  await run(a, `CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, n INTEGER);
    INSERT INTO notes VALUES (1, 'one', 0), (2, 'two', 0);
    CREATE TABLE filler (id INTEGER PRIMARY KEY, body TEXT);
    INSERT INTO filler VALUES ${filler.join(',')};`);
  await commit(a, 'Notes');
  await addOrigin(a, url);
  await a.getByText('Nothing was fetched from it or pushed to it yet.').waitFor(SLOW);
  await button(a, 'Push main').click();
  await said(a, /^origin has all commits of main\. [\d,]+ chunks, [\d.]+ MB on the wire\.$/);
  await pair(a, 'main').filter({ hasText: 'same as origin/main' }).waitFor(SLOW);

  // The answer stops after its first block until the page has shown how far it came.
  const slow = await gate(remote.url, 900_000);
  const b = await openPlayground(bob.context, server, '?db=copy');
  await show(b, /^Remotes/);
  await b.getByRole('textbox', { name: 'Address to clone from' }).fill(`${slow.url}/story`);
  assert.equal(await b.getByRole('textbox', { name: 'Into the database' }).inputValue(), 'copy');
  await button(b, 'Clone').click();
  const progress = b.locator('.transfer');
  await progress.getByText(/^[\d,]+( of [\d,]+)? chunks, \d+ KB$/).waitFor(SLOW);
  assert.equal(await progress.getByRole('progressbar', { name: 'Chunks carried' }).count(), 1);
  assert.equal(await progress.getByRole('button', { name: 'Cancel' }).count(), 1);
  slow.open();
  await said(b, /^Cloned http:\/\/\S+\/story\. [\d,]+ chunks, [\d.]+ MB on the wire\.$/);
  assert.equal(await progress.count(), 0);
  await b.locator('.table-item', { hasText: 'filler' }).getByText('6,000 rows').waitFor(SLOW);
  slow.close();
  await b.getByText('Another address').click();
  await b.getByRole('textbox', { name: 'Address of origin' }).fill(url);
  await button(b, 'Change').click();
  await said(b, `origin is at ${url} from now on.`);

  // Offline, both go on.
  for (const { context } of [ada, bob]) await context.setOffline(true);
  for (const page of [a, b]) {
    await show(page, /^Remotes/);
    await page.locator('.network[data-online=false]', { hasText: 'Offline.' }).waitFor(SLOW);
  }
  await button(a, 'Fetch from origin').click();
  await failed(a, 'REMOTE_UNREACHABLE');
  await a.locator('.notice-bar .error-message', { hasText: 'offline' }).waitFor(SLOW);
  await run(a, "UPDATE notes SET body = 'ONE' WHERE id = 1; INSERT INTO notes VALUES (10, 'of ada', 1);");
  await commit(a, 'Ada, offline');
  await run(b, "UPDATE notes SET n = 7 WHERE id = 1; INSERT INTO notes VALUES (20, 'of bob', 2);");
  await commit(b, 'Bob, offline');
  await b.getByRole('tab', { name: /^Remotes/ }).locator('.badge', { hasText: '1 commits to push or pull' }).waitFor(SLOW);

  for (const { context } of [ada, bob]) await context.setOffline(false);
  await show(a, /^Remotes/);
  await a.locator('.network[data-online=true]').waitFor({ state: 'attached', ...SLOW });
  await pair(a, 'main').filter({ hasText: '↑ 1 commit to push' }).waitFor(SLOW);
  await button(a, 'Push main').click();
  await said(a, /^origin has all commits of main\./);
  await show(b, /^Remotes/);
  await button(b, 'Push main').click();
  await failed(b, 'REMOTE_NON_FF');
  await b.locator('.refused', { hasText: 'Somebody has pushed to origin since you last pulled.' }).waitFor(SLOW);
  await button(b, 'Pull, then push').click();
  await said(b, /^Merged what came from origin into main: \d+ rows changed\. origin has them both\./);
  assert.equal(await b.locator('.refused').count(), 0);
  await button(a, 'Pull into main').click();
  await said(a, /^main moved forward to where origin has it\./);

  await b.setViewportSize({ width: 320, height: 700 });
  assert.ok(await b.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'a remote is too wide for 320 pixels');
  await b.setViewportSize({ width: 1280, height: 720 });

  // A cell that both changed: the second one decides, by hand.
  await run(a, "UPDATE notes SET body = 'two, says ada' WHERE id = 2;");
  await commit(a, 'Ada on two');
  await run(b, "UPDATE notes SET body = 'two, says bob' WHERE id = 2; INSERT INTO notes VALUES (21, 'of bob', 3);");
  await commit(b, 'Bob on two');
  await show(a, /^Remotes/);
  await button(a, 'Push main').click();
  await said(a, /^origin has all commits of main\./);
  await show(b, /^Remotes/);
  await button(b, 'Fetch from origin').click();
  await said(b, /^Fetched from origin: no branch here has moved\./);
  await pair(b, 'main').filter({ hasText: '↑ 1 commit to push' }).filter({ hasText: '↓ 1 commit to pull' }).waitFor(SLOW);
  await button(b, 'Pull into main').click();
  await said(b, '1 conflict between main and origin: choose for each below.');
  await b.locator('.conflict').getByRole('button', { name: /^Keep ours/ }).click();
  await button(b, 'Commit the merge').click();
  await said(b, 'The merge is committed.');
  await show(b, /^Remotes/);
  await button(b, 'Push main').click();
  await said(b, /^origin has all commits of main\./);
  await button(a, 'Pull into main').click();
  await said(a, /^main moved forward/);

  const expected = [['1', 'ONE', '7'], ['2', 'two, says bob', '0'], ['10', 'of ada', '1'], ['20', 'of bob', '2'], ['21', 'of bob', '3']];
  const counts = [];
  for (const page of [a, b]) {
    await page.reload();
    await ready(page);
    await run(page, 'SELECT * FROM notes ORDER BY id;');
    assert.deepEqual(await gridRows(page), expected);
    await run(page, 'SELECT COUNT(*) AS n, (SELECT COUNT(*) FROM dolt_log) AS commits FROM filler;');
    counts.push(await gridRows(page));
    await show(page, /^Remotes/);
    await pair(page, 'main').filter({ hasText: 'same as origin/main' }).waitFor(SLOW);
  }
  assert.deepEqual(counts[0], counts[1]);
  assert.equal(counts[0][0][0], '6000');
  await ada.close();
  await bob.close();
});

test('a branch of the remote is brought here; a push that overwrites does so only over what was seen', async () => {
  const { newContext } = await launch();
  const [a, b] = [await openPlayground(await newContext(), server, '?db=ours'), await openPlayground(await newContext(), server, '?db=theirs')];
  const url = `${remote.url}/lease`;
  await run(a, `CREATE TABLE t (id INTEGER PRIMARY KEY); CALL dolt_commit('-Am', 't'); CALL dolt_remote('add', 'origin', '${url}');
    CALL dolt_push('-u', 'origin', 'main'); CALL dolt_checkout('-b', 'idea'); INSERT INTO t VALUES (1); CALL dolt_commit('-am', 'idea');`);
  await show(a, /^Remotes/);
  await button(a, 'Push idea').click();
  await said(a, /^origin has all commits of idea\./);
  // A second database, beside the one that is open.
  await run(b, 'CREATE TABLE mine (id INTEGER PRIMARY KEY);');
  await show(b, /^Remotes/);
  await b.getByRole('textbox', { name: 'Address to clone from' }).fill(url);
  assert.equal(await b.getByRole('textbox', { name: 'Into the database' }).inputValue(), 'lease');
  await button(b, 'Clone').click();
  await b.waitForURL(/\?db=lease$/, SLOW);
  await ready(b);
  await show(b, /^Remotes/);
  await button(b, 'idea from origin: switch to it').click();
  await said(b, 'On branch idea.');
  await pair(b, 'idea').filter({ hasText: 'same as origin/idea' }).waitFor(SLOW);

  await run(a, "INSERT INTO t VALUES (2); CALL dolt_commit('-am', 'two'); CALL dolt_push();");
  await run(b, "INSERT INTO t VALUES (3); CALL dolt_commit('-am', 'three');");
  await show(b, /^Remotes/);
  await button(b, 'Push idea').click();
  await failed(b, 'REMOTE_NON_FF');
  const overwrite = async () => {
    await button(b, 'Overwrite origin instead').click();
    await button(b, 'Overwrite').click();
  };
  // What came since was never seen here: it is not overwritten.
  await overwrite();
  await failed(b, 'REMOTE_NON_FF');
  await button(b, 'Fetch from origin').click();
  await said(b, /^Fetched from origin/);
  await button(b, 'Push idea').click();
  await failed(b, 'REMOTE_NON_FF');
  await overwrite();
  await said(b, /^origin has all commits of idea\./);
  await button(b, 'Remove origin').click();
  await button(b, 'Remove').click();
  await said(b, 'origin is forgotten here.');
  await b.getByText('This one has none yet.').waitFor(SLOW);
});

test('a token is asked in the page, again when it is refused; a server that is silent is left by Cancel', async () => {
  const guarded = mkdtempSync(join(tmpdir(), 'prollite-playground-guarded-'));
  const program = join(targetDir, 'debug', 'prollite-server');
  const add = ['token', 'add', '--data', guarded, '--database', 'notes', '--scope', 'write'];
  const { output } = await runProgram(program, add, { quiet: true });
  const token = /plt_[0-9a-f]{64}/.exec(output)[0];
  const own = await startRemote({ data: guarded });
  const { newContext } = await launch();
  const page = await openPlayground(await newContext(), server, '?db=guarded');
  await run(page, "CREATE TABLE t (id INTEGER PRIMARY KEY); CALL dolt_commit('-Am', 't');");
  await addOrigin(page, `${own.url}/notes`);

  await button(page, 'Push main').click();
  const question = page.locator('.token-question');
  await question.getByText('A token is wanted by').waitFor(SLOW);
  await button(page, 'Go on without').click();
  await failed(page, 'REMOTE_AUTH');
  await button(page, 'Push main').click();
  await question.getByRole('textbox', { name: 'Token' }).or(question.getByLabel('Token')).fill('plt_wrong');
  await page.keyboard.press('Enter');
  await failed(page, 'REMOTE_AUTH');
  // The one in memory was wrong: the next try asks again.
  await button(page, 'Push main').click();
  await question.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await said(page, /^origin has all commits of main\./);
  // It is remembered, and stands nowhere that outlives the tab.
  await button(page, 'Push main').click();
  await said(page, /^origin has all commits of main\./);
  assert.equal(await question.count(), 0);
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage }) + location.href)).includes('plt_'));
  await own.stop();
  rmSync(guarded, { recursive: true, force: true });

  const silent = createServer(() => undefined);
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('silent');
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill(`http://127.0.0.1:${silent.address().port}/x`);
  await button(page, 'Add the remote').click();
  await said(page, 'silent is known now.');
  await button(page, 'Fetch from silent').click();
  await page.locator('.transfer').getByRole('button', { name: 'Cancel' }).click();
  await said(page, 'Fetching from silent was cancelled.');
  await run(page, 'SELECT COUNT(*) AS n FROM t;');
  assert.deepEqual(await gridRows(page), [['0']]);
  silent.close();

  await show(page, /^Remotes/);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('bad');
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill('http://user:secret@localhost/x');
  await button(page, 'Add the remote').click();
  await failed(page, 'BAD_ARGUMENT');
});
