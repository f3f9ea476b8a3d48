import { signal } from '@preact/signals';
import type { Desk } from '../domain';
import { fail, notice, say, tell } from './live';
import { refreshAll } from './resource';
import { needDesk, noteTrouble } from './session';

/** What is being done. Buttons that would do something else wait. */
export const doing = signal<string | null>(null);

/**
 * Does one thing, and says so when it is done; then reads everything again, which the next thing need not wait for.
 * `work` answers the sentence of its success.
 */
export async function act(name: string, work: (desk: Desk) => Promise<string | undefined>): Promise<boolean> {
  if (doing.peek() !== null) return false;
  doing.value = name;
  notice.value = null;
  let done = false;
  try {
    const said = await work(needDesk());
    if (said) {
      tell(said);
      say(said);
    }
    done = true;
  } catch (reason) {
    noteTrouble(reason);
    fail(`${name} was not possible`, reason);
    say(`${name} was not possible: ${reason instanceof Error ? reason.message : String(reason)}`);
  } finally {
    doing.value = null;
  }
  await refreshAll();
  return done;
}
