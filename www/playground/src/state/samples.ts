import type { Sample } from '../samples';
import { act } from './action';
import { message } from './changes';

/** Loads a sample in one transaction: all of it or nothing. It stays uncommitted, to be looked at first. */
export async function loadSample(sample: Sample): Promise<void> {
  const done = await act(`Loading ${sample.title}`, async (db) => {
    await sample.load(db);
    return `${sample.title} is here, not committed yet.`;
  });
  if (done && !message.peek()) message.value = `Add ${sample.title.toLowerCase()}`;
}
