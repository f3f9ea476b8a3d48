import { closedError, DbError } from './errors';
import type { Link, Session } from './rpc';
import { SessionQueries } from './queryable';
import { commitCall, expectHead, setCommitter } from './commit';
import type { Person, TransactionOptions, Tx, TypeOpts } from './types';

class Rollback extends DbError {
  constructor() {
    super('ABORTED', 'the transaction was rolled back by its function');
  }
}

class Transaction extends SessionQueries implements Tx {
  private savepoints = 0;

  rollback(): never {
    throw new Rollback();
  }

  async savepoint<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const name = `prollite_${++this.savepoints}`;
    await this.query(`SAVEPOINT ${name}`);
    try {
      const value = await work(this);
      await this.query(`RELEASE SAVEPOINT ${name}`);
      return value;
    } catch (error) {
      // When the whole transaction is gone there is nothing to go back to: the first error tells.
      await this.exec(`ROLLBACK TO ${name}; RELEASE SAVEPOINT ${name}`).catch(() => undefined);
      throw error;
    }
  }
}

/** Runs `work` between BEGIN and COMMIT on a session of its own. */
export async function transact<T>(
  link: Link,
  branch: string,
  types: TypeOpts,
  author: Person | undefined,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const { retries = 0, commit, signal, timeoutMs } = options;
  for (let attempt = 0; ; attempt++) {
    const session: Session = await link.connect(branch, true);
    const tx = new Transaction(link, session, types);
    try {
      await tx.query('BEGIN', [], { signal, timeoutMs });
      if (commit) await expectHead(tx, commit);
      const value = await work(tx);
      if (signal?.aborted) throw new DbError('ABORTED', 'the transaction was cancelled', { cause: signal.reason });
      if (commit) await setCommitter(tx, commit);
      if (commit) await tx.query(...commitCall({ all: true, ...commit }, author), { signal, timeoutMs });
      else await tx.query('COMMIT', [], { signal, timeoutMs });
      return value;
    } catch (error) {
      // A session that is let go rolls back by itself.
      const again = error instanceof DbError && error.code === 'TX_CONFLICT' && attempt < retries && !signal?.aborted;
      if (!again) throw error;
    } finally {
      session.dead ??= closedError();
      link.disconnect(session);
    }
  }
}
