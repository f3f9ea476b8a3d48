// Whom and what every act of the domain needs: the database, the person, the time.
import type { CommitOpts, Db, Person, Queryable, Tx } from 'prollite';

export interface Desk {
  readonly db: Db;
  /** Whose blocks these are: `memory_blocks.user_id`. */
  readonly userId: string;
  /** Who decides and edits. */
  readonly person: Person;
  now(): Date;
}

export type Queries = Pick<Queryable, 'query'>;

/** One transaction that is one version commit. It runs again when another tab was faster: `work` reads all it needs. */
export function inOneCommit<T>(desk: Desk, commit: Omit<CommitOpts, 'committer'> & { committer?: Person }, work: (tx: Tx) => Promise<T>): Promise<T> {
  return desk.db.transaction(work, { commit: { author: desk.person, ...commit }, retries: 5 });
}

/** Text for a trailer: one line, not too long. */
export function oneLine(text: string, limit = 300): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}

export function agentPerson(agentId: string | null): Person {
  const id = agentId || 'agent';
  return { name: id, email: `${id.replace(/[^A-Za-z0-9._-]+/g, '-')}@agents.invalid` };
}
