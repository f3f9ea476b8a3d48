import { signal } from '@preact/signals';
import type { Sample } from '../samples';
import { act } from './action';

/** The commit message that fits what was loaded last; the commit box offers it. */
export const suggestedMessage = signal('');

/** Loads a sample in one transaction: all of it or nothing. It stays uncommitted, to be looked at first. */
export async function loadSample(sample: Sample): Promise<void> {
  const done = await act(`Loading ${sample.title}`, async (db) => {
    await sample.load(db);
    return `${sample.title} is here, not committed yet.`;
  });
  if (done) suggestedMessage.value = `Add ${sample.title.toLowerCase()}`;
}
