// What handles and transactions share: statements on one session.
import { decodeResults } from './batch';
import { badArgument, DbError } from './errors';
import { Writer } from './params';
import { BATCH, QUERY, SCRIPT, type CallKind } from './protocol';
import type { Link, Session } from './rpc';
import { isSql, sql as makeSql } from './sql';
import type { Opts, Params, Queryable, QueryOpts, Result, Row, Sql, Statement, TypeOpts } from './types';

export function textOf(query: string | Sql, params: Params | undefined): [text: string, params: Params] {
  if (typeof query === 'string') return [query, params ?? []];
  if (!isSql(query)) throw badArgument('a query is a string, or made by sql`…`');
  if (params !== undefined) throw badArgument('sql`…` carries its parameters itself');
  return [query.text, query.params];
}

export abstract class SessionQueries implements Queryable {
  constructor(
    /** @internal */ readonly link: Link,
    /** @internal */ readonly session: Session,
    /** @internal */ readonly types: TypeOpts,
  ) {}

  /** @internal */
  async run(kind: CallKind, message: Uint8Array<ArrayBuffer>, sql: string | undefined, options: QueryOpts): Promise<Result<never>[]> {
    const answer = await this.link.call(this.session, kind, message, sql, options);
    const types: QueryOpts = { ...this.types, ...options };
    return decodeResults(answer, types);
  }

  async query<R = Row>(query: string | Sql, params?: Params, options: QueryOpts = {}): Promise<Result<R>> {
    const [text, values] = textOf(query, params);
    const writer = new Writer();
    writer.statement(text, values);
    const [result] = await this.run(QUERY, writer.take(), text, options);
    // A text without a statement answers nothing.
    return (result ?? { rows: [], columns: [], affected: 0 }) as Result<R>;
  }

  async sql<R = Row>(strings: TemplateStringsArray, ...values: unknown[]): Promise<R[]> {
    const { rows } = await this.query<R>(makeSql(strings, ...values));
    return rows;
  }

  async exec<R = Row>(script: string, options: QueryOpts = {}): Promise<Result<R>[]> {
    const writer = new Writer();
    writer.statement(script, []);
    return (await this.run(SCRIPT, writer.take(), script, options)) as Result<R>[];
  }

  async batch(statements: readonly Statement[], options: QueryOpts = {}): Promise<Result[]> {
    if (statements.length === 0) return [];
    const writer = new Writer();
    writer.u32(statements.length);
    for (const { sql, params } of statements) writer.statement(...textOf(sql, params));
    return this.run(BATCH, writer.take(), undefined, options);
  }

  /** @internal The only row of a query. */
  async one<R = Row>(query: string, params: Params = [], options: Opts = {}): Promise<R> {
    const { rows } = await this.query<R>(query, params, options);
    const [row] = rows;
    if (row === undefined) throw new DbError('INTERNAL', `no row was answered: ${query}`);
    return row;
  }
}
