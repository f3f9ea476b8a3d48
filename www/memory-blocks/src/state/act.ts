import { signal } from '@preact/signals';
import type { Desk } from '../domain';
import { fail, notice, say, tell } from './live';
import { refreshAll } from './resource';
import { needDesk, noteTrouble } from './session';

/** What is being done. Buttons that would do something else wait. */
export const doing = signal<string | null>(null);

/** Does one thing, then reads everything again. `work` answers the sentence of its success. */
export async function act(name: string, work: (desk: Desk) => Promise<string | undefined>): Promise<boolean> {
  if (doing.peek() !== null) return false;
  doing.value = name;
  notice.value = null;
  try {
    const said = await work(needDesk());
    if (said) {
      tell(said);
      say(said);
    }
    return true;
  } catch (reason) {
    noteTrouble(reason);
    fail(`${name} was not possible`, reason);
    say(`${name} was not possible: ${reason instanceof Error ? reason.message : String(reason)}`);
    return false;
  } finally {
    await refreshAll();
    doing.value = null;
  }
}
