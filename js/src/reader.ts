import { closedError } from './errors';
import { SessionQueries } from './queryable';
import type { Link, Session } from './rpc';
import type { Params, QueryOpts, Reader, Ref, Result, Row, Sql, TypeOpts } from './types';

/** Reads a commit. What the ref points to is looked up at the first query and kept. */
export class RefReader implements Reader {
  private pinned?: Promise<SessionQueries>;

  constructor(
    private readonly base: SessionQueries,
    private readonly ref: Ref,
    private readonly opened: Set<Session>,
    private readonly types: TypeOpts,
  ) {}

  async query<R = Row>(query: string | Sql, params?: Params, options: QueryOpts = {}): Promise<Result<R>> {
    this.pinned ??= this.pin();
    const session = await this.pinned.catch((error: unknown) => {
      this.pinned = undefined;
      throw error;
    });
    return session.query<R>(query, params, options);
  }

  private async pin(): Promise<SessionQueries> {
    const { hash } = await this.base.one<{ hash: string }>('SELECT dolt_hashof(?) AS hash', [this.ref]);
    const { link } = this.base;
    const session = await link.connect(hash);
    this.opened.add(session);
    return new PinnedSession(link, session, this.types);
  }
}

class PinnedSession extends SessionQueries {}

export function letGo(link: Link, sessions: Set<Session>) {
  for (const session of sessions) {
    session.dead ??= closedError();
    link.disconnect(session);
  }
  sessions.clear();
}

