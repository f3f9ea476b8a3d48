import { signal } from '@preact/signals';
import type { Db } from 'prollite';
import { notice, tell, tellFailure } from './notice';
import { refreshAll } from './resource';
import { db, followBranch } from './session';

/** The name of what is being done now. While it stands, buttons that would do something else wait. */
export const doing = signal<string | null>(null);

/**
 * Does one thing to the database, then reads everything again. `name` says what, for the sentence of a failure
 * ("Merge failed"); `work` answers the sentence of its success. Answers whether it succeeded.
 */
export async function act(name: string, work: (db: Db) => Promise<string | undefined>): Promise<boolean> {
  const handle = db.peek();
  if (!handle || doing.peek()) return false;
  doing.value = name;
  notice.value = null;
  try {
    const said = await work(handle);
    if (said) tell(said);
    return true;
  } catch (reason) {
    tellFailure(`${name} failed`, reason);
    return false;
  } finally {
    followBranch();
    await refreshAll();
    doing.value = null;
  }
}
