import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, launchKillable, launchPersistent, openPage, startServer, temporaryProfile } from './harness.mjs';

const put = (key) =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open('harness', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('kept');
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction('kept', 'readwrite', { durability: 'strict' });
      transaction.objectStore('kept').put(1, key);
      transaction.oncomplete = () => (request.result.close(), resolve());
    };
  });
const keys = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open('harness', 1);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const all = request.result.transaction('kept').objectStore('kept').getAllKeys();
      all.onsuccess = () => (request.result.close(), resolve(all.result));
    };
  });

test('the server answers with the right types, and isolates only when it is told', async () => {
  const plain = await startServer();
  const isolated = await startServer({ isolated: true });
  const { newContext } = await launch();
  const context = await newContext();
  const page = await openPage(context, plain);
  assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), false);
  assert.equal(await page.evaluate(async () => (await fetch('/dist/prollite_bg.wasm')).headers.get('content-type')), 'application/wasm');
  assert.equal(await page.evaluate(async () => (await fetch('/dist/..%2fpackage.json')).status), 404);
  assert.equal(await page.evaluate(async () => (await fetch('/nowhere')).status), 404);
  const other = await openPage(context, isolated);
  assert.equal(await other.evaluate(() => globalThis.crossOriginIsolated), true);
  await context.close();
});

test('a page tells what went wrong in it', async () => {
  const server = await startServer();
  const { newContext } = await launch();
  const page = await openPage(await newContext(), server);
  await page.evaluate(() => console.error('seen'));
  await page.evaluate(() => void setTimeout(() => { throw new Error('uncaught'); }));
  await page.waitForTimeout(50);
  assert.deepEqual(page.errors, ['seen', 'Error: uncaught']);
});

test('a profile keeps its storage when the browser is closed, and when it is killed', async () => {
  const server = await startServer();
  const profile = temporaryProfile();
  const first = await launchPersistent(profile);
  await (await openPage(first.context, server)).evaluate(put, 'closed');
  await first.close();

  const second = await launchKillable(profile);
  const page = await openPage(second.context, server);
  assert.deepEqual(await page.evaluate(keys), ['closed']);
  await page.evaluate(put, 'killed');
  await second.kill();

  const third = await launchKillable(profile);
  assert.deepEqual(await (await openPage(third.context, server)).evaluate(keys), ['closed', 'killed']);
  await third.kill();
});
