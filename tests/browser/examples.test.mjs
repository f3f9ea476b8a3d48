import assert from 'node:assert/strict';
import test from 'node:test';
import { at } from '../../pkg-config/steps.mjs';
import { launch, openPage, startServer } from './harness.mjs';

test('examples/plain keeps notes and commits over a reload', async () => {
  const server = await startServer({ routes: { '/examples/': at('examples') } });
  const { newContext } = await launch();
  const page = await openPage(await newContext(), server, '/examples/plain/');
  await page.locator('#log li').first().waitFor();
  await page.fill('#text', 'Milk & <bread>');
  await page.click('#add button');
  await page.getByText('Milk & <bread>').waitFor();
  await page.fill('#message', 'The first note');
  await page.click('#commit button');
  await page.getByText(/Committed as [0-9a-v]{8}/).waitFor();
  await page.reload();
  await page.getByText('Milk & <bread>').waitFor();
  await page.locator('#log').getByText('The first note').waitFor();
  assert.deepEqual(page.errors, []);
});
