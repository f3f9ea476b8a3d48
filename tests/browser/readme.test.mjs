// The example of the README runs as it stands there: its first JavaScript block, in a page of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { at } from '../../pkg-config/steps.mjs';
import { launch, openPage, startServer } from './harness.mjs';

test("the README's example runs", async () => {
  const [, language, code] = /^```(js|ts|javascript|typescript)\n([\s\S]*?)^```/m.exec(readFileSync(at('README.md'), 'utf8')) ?? [];
  assert.ok(code, 'README.md has no JavaScript example');
  let source = code;
  if (language.startsWith('t')) source = (await (await import('esbuild')).transform(code, { loader: 'ts' })).code;
  const html = `<!doctype html><title>readme</title>
    <script type="importmap">{"imports": {"prollite": "/dist/index.js"}}</script>
    <script type="module">try { await import('/example.js'); document.title = 'ran'; } catch (error) { document.title = 'failed: ' + error; }</script>`;
  const server = await startServer({
    routes: { '/readme.html': () => ({ body: html }), '/example.js': () => ({ type: 'text/javascript', body: source }) },
  });
  const { newContext } = await launch();
  const page = await openPage(await newContext(), server, '/readme.html');
  await page.waitForFunction(() => document.title !== 'readme', null, { timeout: 30_000 });
  assert.equal(await page.title(), 'ran');
  assert.deepEqual(page.errors, []);
  assert.ok(page.lines.length > 0, 'the example prints something');
});
