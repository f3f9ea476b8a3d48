import type { Sample } from '../samples';
import { act } from './action';
import { message } from './changes';

/** The commit message as samples proposed it: it grows with each, until somebody edits it. */
let proposed = '';

/** Loads a sample in one transaction: all of it or nothing. It stays uncommitted, to be looked at first. */
export async function loadSample(sample: Sample): Promise<void> {
  const done = await act(`Loading ${sample.title}`, async (db) => {
    await sample.load(db);
    return `${sample.title} loaded, not committed yet.`;
  });
  if (!done) return;
  const title = sample.title.toLowerCase();
  if (message.peek() === '') proposed = message.value = `Add ${title}`;
  else if (message.peek() === proposed) proposed = message.value = `${proposed}, ${title}`;
}
