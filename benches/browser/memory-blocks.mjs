// The memory blocks under load: a block of 200 KB for which 500 proposals wait. Used by `npm run bench` and by the
// browser tests, which hold it to "no long task".

const ID = '11111111-1111-4111-8111-111111111111';
const NOW = '2026-01-25T09:00:00Z';

/** An export to be taken in: the block, and proposals each for a line of its own. The first forty hold all of the text that they were made for. */
export function longLife({ lines = 3200, proposals = 500 } = {}) {
  const body = Array.from({ length: lines }, (_, n) => `Line ${n} of a long life, with some words in it to fill up the page.`).join('\n');
  const block = { id: ID, user_id: 'me', label: 'long', schema_ref: null, title: 'Long', body, updated_at: NOW, description: null, char_limit: 400_000, read_only: false, sealed: null };
  const proposal = (n) => ({
    id: `22222222-2222-4222-8222-${String(n).padStart(12, '0')}`, user_id: 'me', block_label: 'long', operation: 'replace', new_value: `Row ${n * 6} of`, current_value: n < 40 ? body : `Line ${n * 6} of`,
    reasoning: 'Because.', confidence: 'high', agent_id: `agent-${n % 7}`, status: 'pending', created_at: NOW, reviewed_at: null, block_id: ID, anchor: `Line ${n * 6} of`, line: null,
    base_commit: null, base_hash: null, group_id: null, dedupe_key: null, supersedes: null, expires_at: null, decided_by: null, decision_note: null, final_value: null,
  });
  const tables = { memory_blocks: [block], pending_diffs: Array.from({ length: proposals }, (_, n) => proposal(n)), agents: [], approval_rules: [] };
  return JSON.stringify({ format: 'memory-blocks', version: 1, tables });
}

/** In an open application: takes it in, by its own import. */
export async function takeInLongLife(page, size) {
  await page.evaluate(() => { location.hash = '#/data'; });
  await page.locator('input[type=file]').first().setInputFiles({ name: 'long.json', mimeType: 'application/json', buffer: Buffer.from(longLife(size)) });
  await page.locator('.notice-done', { hasText: '1 block added' }).waitFor({ timeout: 120_000 });
  await page.evaluate(() => { location.hash = '#/review'; });
  await page.locator('.hunk').first().waitFor({ timeout: 60_000 });
}

/** Opens and approves `rounds` proposals by keys; answers the milliseconds of each, as the page saw them. */
export function openAndApprove(page, rounds) {
  return page.evaluate(async (rounds) => {
    const shown = () => document.querySelector('.detail .hunk') && document.querySelector('.detail[data-proposal]')?.dataset.proposal;
    const settled = () => document.querySelector('.approve')?.getAttribute('aria-disabled') === 'false';
    const until = (done) => new Promise((resolve) => {
      if (done()) return resolve();
      const observer = new MutationObserver(() => {
        if (!done()) return;
        observer.disconnect();
        resolve();
      });
      observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    const press = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    const times = { open: [], approve: [] };
    for (let n = 0; n < rounds; n++) {
      await until(settled);
      const before = shown();
      let began = performance.now();
      press('j');
      await until(() => shown() && shown() !== before);
      times.open.push(performance.now() - began);
      await until(settled);
      const decided = shown();
      began = performance.now();
      press('a');
      await until(() => document.querySelector('.notice-done')?.textContent.includes('Approved') && shown() && shown() !== decided);
      times.approve.push(performance.now() - began);
    }
    return times;
  }, rounds);
}
