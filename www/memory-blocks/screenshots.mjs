// `node www/memory-blocks/screenshots.mjs`: a picture of each screen, desktop and 320 px, light and dark, into screenshots/.
// It wants what `npm run build` makes, and Chromium.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { serve } from '../../pkg-config/serve.mjs';
import { findChromium } from '../../pkg-config/setup.mjs';
import { at } from '../../pkg-config/steps.mjs';

const OUT = at('www/memory-blocks/screenshots');
const DESKTOP = { width: 1200, height: 800 };
const PHONE = { width: 320, height: 640 };

const server = await serve({ routes: { '/': at('www/memory-blocks/dist') } });
const browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: ['--no-sandbox', '--disable-gpu'] });
try {
  mkdirSync(OUT, { recursive: true });
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Begin with an example' }).waitFor();
  await shoot(page, 'welcome');
  await page.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await page.getByRole('button', { name: 'Begin with an example' }).click();
  await page.locator('.notice-done', { hasText: 'Three blocks' }).waitFor();
  await page.getByRole('button', { name: 'Dismiss the message' }).click();

  await go(page, 'review');
  
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
  await page.keyboard.insertText('\n## Lately\n\nReading about **prime gaps**.\n');
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
  await go(page, 'data');
  await page.locator('.figures').waitFor();
  await shoot(page, 'data');
} finally {
  await browser.close();
  await server.close();
}

async function go(page, to) {
  await page.evaluate((hash) => { location.hash = hash; }, `#/${to}`);
}

async function shoot(page, name) {
  for (const [size, viewport] of [['desktop', DESKTOP], ['320', PHONE]]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: size === '320' ? 'dark' : 'light' });
    await page.waitForTimeout(250);
    await page.screenshot({ path: `${OUT}/${name}-${size}.png` });
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForTimeout(100);
}
