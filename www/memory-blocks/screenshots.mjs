// `node www/memory-blocks/screenshots.mjs`: a picture of each screen, desktop and 320 px, light and dark, into screenshots/.
// It wants what `npm run build` makes, Chromium, and prollite-server for the second device.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from '../../pkg-config/serve.mjs';
import { buildServer, startRemote } from '../../pkg-config/server.mjs';
import { findChromium } from '../../pkg-config/setup.mjs';
import { at } from '../../pkg-config/steps.mjs';

const OUT = at('www/memory-blocks/screenshots');
const DESKTOP = { width: 1200, height: 800 };
const PHONE = { width: 320, height: 640 };

await buildServer({ quiet: true });
const data = mkdtempSync(join(tmpdir(), 'prollite-pictures-'));
const remote = await startRemote({ data });
const server = await serve({ routes: { '/': at('www/memory-blocks/dist') } });
const browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: ['--no-sandbox', '--disable-gpu'] });
const press = await (await browser.newContext()).newPage();
try {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Begin with an example' }).waitFor();
  await shoot(page, 'welcome');
  await page.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await page.getByRole('button', { name: 'Begin with an example' }).click();
  await page.locator('.notice-done', { hasText: 'Three blocks' }).waitFor();

  await page.setViewportSize(PHONE);
  await go(page, 'blocks');
  await page.locator('.block-row').first().waitFor();
  await shoot(page, 'blocks', ['320']);
  await page.setViewportSize(PHONE);
  await go(page, 'review');
  await page.locator('.queue-row').first().waitFor();
  await shoot(page, 'queue', ['320']);
  await page.locator('.queue-row', { hasText: 'Rewrite journey' }).click();
  await page.locator('.hunk').nth(1).waitFor();
  await page.keyboard.press('n');
  await shoot(page, 'review');
  await page.getByRole('button', { name: 'Side by side' }).click();
  await shoot(page, 'review-side-by-side');
  await page.getByRole('button', { name: 'Result' }).click();
  await shoot(page, 'review-result');
  await page.getByRole('button', { name: 'Changes' }).click();
  await page.getByRole('button', { name: 'Approve several' }).click();
  await page.locator('.effects summary').first().click();
  await shoot(page, 'review-bulk');
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.locator('.queue-row', { hasText: 'Add to goals' }).click();
  await page.getByRole('heading', { name: 'tutor wants to add to goals' }).waitFor();
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.locator('.notice-done', { hasText: 'Approved' }).waitFor();

  await go(page, 'blocks/student');
  await page.locator('[data-block=student]').waitFor();
  await page.locator('.page [contenteditable=true]').focus();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.insertText('\n\n## Lately\n\nReading about **prime gaps**.\n');
  await shoot(page, 'block-writing');
  await page.keyboard.press('ControlOrMeta+S');
  await page.getByRole('button', { name: 'Saved' }).waitFor();
  await go(page, 'blocks/goals');
  await page.locator('[data-block=goals]').waitFor();
  await page.getByRole('button', { name: 'Who wrote what' }).click();
  await page.locator('.blame-row').first().waitFor();
  await shoot(page, 'block-blame');
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('button', { name: 'What changed' }).first().click();
  await page.locator('.compared').waitFor();
  await shoot(page, 'block-history');
  await page.getByRole('button', { name: 'Settings' }).click();
  await shoot(page, 'block-settings');

  // A place that both have changed.
  await go(page, 'blocks/student');
  await page.locator('[data-block=student]').waitFor();
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  await page.locator('.page [contenteditable=true]').focus();
  await page.locator('.page .cm-line', { hasText: 'Plain words' }).click();
  await page.keyboard.press('End');
  await page.keyboard.insertText(' Ask before you explain.');
  await page.keyboard.press('ControlOrMeta+S');
  await page.getByRole('button', { name: 'Saved' }).waitFor();
  await go(page, 'review');
  await page.locator('.queue-row', { hasText: 'Change student' }).click();
  await page.locator('.three').waitFor();
  await shoot(page, 'review-conflict');

  await go(page, 'activity');
  await page.locator('.entry').first().waitFor();
  await shoot(page, 'activity');
  await go(page, 'agents');
  await page.locator('.agent-card').first().waitFor();
  await page.getByRole('button', { name: 'Send one: stale base' }).click();
  await page.locator('.exchanges li').first().waitFor();
  await shoot(page, 'agents');
  await shoot(page, 'simulated-agent', undefined, '#simulated-title');
  await go(page, 'data');
  await page.locator('.figures').waitFor();
  await shoot(page, 'data');

  // Another device changes the same place and decides the same proposal.
  const url = `${remote.url}/ada`;
  await sync(page, url, 'Both sides are the same');
  const other = await (await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' })).newPage();
  await other.goto(server.url);
  await other.getByRole('button', { name: 'Begin with an example' }).waitFor();
  await go(other, 'data');
  await sync(other, url, 'blocks came');
  await rewrite(other, 'Starting.', 'Starting, and stopping.');
  await rewrite(page, 'Starting.', 'Starting, above all.');
  for (const [device, word] of [[page, 'Approve'], [other, 'Reject']]) {
    await go(device, 'review');
    await device.locator('.queue-row', { hasText: 'Rewrite journey' }).click();
    await device.getByRole('heading', { name: 'essay-coach wants' }).waitFor();
    await device.getByRole('button', { name: word, exact: true }).click();
    await device.locator('.notice-done', { hasText: 'left.' }).waitFor();
  }
  await go(other, 'data');
  await sync(other, undefined, 'Both sides are the same');
  await go(page, 'data');
  await sync(page, undefined, 'from another device');
  await shoot(page, 'sync-incoming', undefined, '#sync-title');
  await page.getByRole('button', { name: 'Take them in' }).click();
  await page.locator('.clash').first().waitFor();
  await shoot(page, 'sync-decide', undefined, '#sync-title');
} finally {
  await browser.close();
  await server.close();
  await remote.stop();
  rmSync(data, { recursive: true, force: true });
}

async function sync(page, url, text) {
  if (url) await page.getByRole('textbox', { name: 'Address of the remote' }).fill(url);
  await page.getByRole('button', { name: 'Sync', exact: true }).click();
  await page.locator('.notice-done', { hasText: text }).waitFor();
}

async function rewrite(page, from, to) {
  await go(page, 'blocks/student');
  await page.locator('[data-block=student]').waitFor();
  await page.locator('.page .cm-line', { hasText: from }).click();
  await page.keyboard.press('Home');
  for (const _ of from) await page.keyboard.press('Delete');
  await page.keyboard.insertText(to);
  await page.keyboard.press('ControlOrMeta+S');
  await page.getByRole('button', { name: 'Saved' }).waitFor();
}

async function go(page, to) {
  await page.evaluate((hash) => { location.hash = hash; }, `#/${to}`);
}

/** Desktop in the light, the phone in the dark. `from`: what stands at the top. */
async function shoot(page, name, sizes = ['desktop', '320'], from) {
  const dismiss = page.getByRole('button', { name: 'Dismiss the message' });
  if (await dismiss.count()) await dismiss.click();
  for (const size of sizes) {
    await page.setViewportSize(size === '320' ? PHONE : DESKTOP);
    await page.emulateMedia({ colorScheme: size === '320' ? 'dark' : 'light' });
    await page.evaluate((top) => (top ? document.querySelector(top)?.scrollIntoView() : window.scrollTo(0, 0)), from);
    await page.mouse.move(0, 0);
    await page.waitForTimeout(250);
    writeFileSync(`${OUT}/${name}-${size}.webp`, await asWebp(await page.screenshot()));
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForTimeout(100);
}

/** Of a third of the size; the browser writes it. */
async function asWebp(png) {
  const text = await press.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.86).split(',')[1];
  }, png.toString('base64'));
  return Buffer.from(text, 'base64');
}
