// The programs of pkg-config/: what they say when something is wrong, and that a step is done once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { serve } from '../../pkg-config/serve.mjs';
import { findChromium } from '../../pkg-config/setup.mjs';
import { at, hashOf, once, run, Stop } from '../../pkg-config/steps.mjs';

const start = (...args) => spawnSync(process.execPath, [at('pkg-config/run.mjs'), ...args], { encoding: 'utf8' });

test('an unknown command, suite or engine is refused in one line', () => {
  for (const [args, text] of [
    [['nonsense'], /^✗ there is no command "nonsense": start, build, test, /],
    [[], /^✗ there is no command ""/],
    [['test', 'nonsense'], /^✗ there is no suite "nonsense": rust, fuzz, build, /],
    [['bench', 'nonsense'], /^✗ there is no engine "nonsense": native, memory-blocks, prollite, /],
  ]) {
    const { status, stderr } = start(...args);
    assert.equal(status, 1);
    assert.match(stderr, text);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});

test('a program that fails stops the step, and says which', async () => {
  await assert.rejects(run(process.execPath, ['-e', 'process.exit(3)'], { quiet: true }), { name: 'Error', message: /exit code 3/ });
  await assert.rejects(run('/no/such/program', []), Stop);
  const { code, output } = await run(process.execPath, ['-e', 'console.log(1); process.exit(3)'], { quiet: true, mayFail: true });
  assert.deepEqual([code, output], [3, '1\n']);
});

test('a step is done once, again when its input changes, and again when it was cut short', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prollite-steps-'));
  const input = join(folder, 'input');
  let done = 0;
  const step = () => once('test-of-once', hashOf([input]), ['package.json'], () => void done++);
  rmSync(at('.cache/stamps/test-of-once'), { force: true });
  try {
    writeFileSync(input, 'one');
    assert.equal(await step(), true);
    assert.equal(await step(), false);
    writeFileSync(input, 'two');
    assert.equal(await step(), true);
    const cut = () => once('test-of-once', 'other', ['package.json'], () => Promise.reject(new Error('cut short')));
    await assert.rejects(cut(), /cut short/);
    assert.equal(await step(), true);
    assert.equal(done, 3);
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(at('.cache/stamps/test-of-once'), { force: true });
  }
});

test('$CHROMIUM that is not there is said, not passed over', () => {
  const before = process.env.CHROMIUM;
  process.env.CHROMIUM = '/no/such/browser';
  try {
    assert.throws(findChromium, /\/no\/such\/browser, which does not exist/);
  } finally {
    if (before === undefined) delete process.env.CHROMIUM;
    else process.env.CHROMIUM = before;
  }
});

test('the server serves its folders and nothing above them', async () => {
  const server = await serve({ routes: { '/config/': at('pkg-config'), '/made': () => ({ type: 'text/plain', body: 'made' }) } });
  // `fetch` would tidy the path before it is sent.
  const get = (path, headers = {}) =>
    new Promise((resolve, reject) => {
      request({ port: server.port, path, headers }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() }));
      }).on('error', reject).end();
    });
  try {
    const file = await get('/config/serve.mjs?x=1');
    assert.equal(file.status, 200);
    assert.equal(file.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(file.headers['cross-origin-opener-policy'], undefined);
    assert.equal((await get('/config/serve.mjs', { 'if-none-match': file.headers.etag })).status, 304);
    assert.equal((await get('/made')).body, 'made');
    for (const path of ['/config/../package.json', '/config/%2e%2e/package.json', '/config/..%2fpackage.json', '/config//../../package.json', '/package.json', '/config/%', '/config/nothing']) {
      assert.equal((await get(path)).status, 404, path);
    }
  } finally {
    await server.close();
  }
});
