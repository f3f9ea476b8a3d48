// The playground as a person uses it: what its tests do again and again.
import { openPage } from './harness.mjs';

const PATH = '/playground/';
export const SLOW = { timeout: 30_000 };

/** Opens the playground and waits until the database answers. */
export async function openPlayground(context, server, query = '') {
  const page = await openPage(context, server, `${PATH}${query}`);
  await ready(page);
  return page;
}

export async function ready(page) {
  await page.locator('.workspace[data-ready=true]').waitFor(SLOW);
  await page.locator('.table-list, .empty', { hasNotText: 'Reading' }).first().waitFor(SLOW);
}

export const show = (page, name) => page.getByRole('tab', { name }).click();

/** Puts SQL into the console and runs it by the keyboard; answers what the result area says. */
export async function run(page, sql) {
  await show(page, 'SQL');
  const results = page.locator('.results');
  const before = Number(await results.getAttribute('data-runs'));
  await page.getByRole('textbox', { name: 'SQL' }).focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(sql);
  await page.keyboard.press('Control+Enter');
  await page.locator(`.results[data-runs="${before + 1}"]`).waitFor(SLOW);
  return results.innerText();
}

/** The rows that the results grid shows, as text. */
export async function gridRows(page) {
  const rows = page.getByRole('grid').locator('.grid-body').getByRole('row');
  return rows.evaluateAll((list) => list.map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent)));
}

export async function commit(page, message) {
  await show(page, /^Changes/);
  await page.getByRole('textbox', { name: 'Message' }).fill(message);
  await page.getByRole('button', { name: /^Commit/ }).click();
  await said(page, /^Committed as [0-9a-v]{8}\.$/);
}

export async function said(page, text) {
  await page.locator('.notice-done', { hasText: text }).waitFor(SLOW);
}

export async function switchTo(page, branch) {
  await page.getByRole('combobox', { name: 'Branch' }).selectOption(branch);
  await page.locator(`.workspace[data-branch="${branch}"]`).waitFor(SLOW);
  await said(page, `On branch ${branch}.`);
}
