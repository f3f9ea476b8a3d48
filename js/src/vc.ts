// Version control by its SQL: procedures and system tables.
import { call, commitCall, commitOf, dateOf, expectHead, LOG_COLUMNS, person, personText, setCommitter, type LogRow } from './commit';
import { badArgument, closedError, DbError } from './errors';
import { SessionQueries } from './queryable';
import { sql } from './sql';
import type {
  Branch, Commit, CommitOpts, Conflict, Expect, MergeResult, Opts, Person, Ref, Row, RowChange, SqlValue, TableStatus, Tag, VersionControl,
} from './types';

/** Commits that one query of `log` reads. */
const PAGE = 256;

class OwnSession extends SessionQueries {}

export class Versions implements VersionControl {
  constructor(
    private readonly db: SessionQueries,
    private readonly author: Person | undefined,
  ) {}

  private async call<R = Row>(procedure: string, ...args: SqlValue[]): Promise<R> {
    const { rows } = await this.db.query<R>(...call(procedure, args));
    return (rows[0] ?? {}) as R;
  }

  private authored(author: Person | undefined): string[] {
    const by = author ?? this.author;
    return by ? ['--author', personText(by)] : [];
  }

  // ---- the working set ----

  async status(): Promise<TableStatus[]> {
    const { rows } = await this.db.query<{ table_name: string; staged: unknown; status: string }>(
      'SELECT table_name, staged, status FROM dolt_status',
    );
    return rows.map(({ table_name, staged, status }) => ({ table: table_name, staged: Boolean(staged), change: status }));
  }

  async add(tables?: readonly string[]): Promise<void> {
    await this.call('dolt_add', ...(tables ?? ['-A']));
  }

  async reset({ hard = false, to, tables }: { hard?: boolean; to?: Ref; tables?: readonly string[] } = {}): Promise<void> {
    if (tables && (hard || to !== undefined)) throw badArgument('reset takes tables, or hard and to');
    await this.call('dolt_reset', ...(hard ? ['--hard'] : to === undefined ? [] : ['--soft']), ...(to === undefined ? [] : [to]), ...(tables ?? []));
  }

  async commit(options: CommitOpts): Promise<Commit> {
    const { hash } = options.committer || options.expect !== undefined
      ? await this.apart(options, async (own) => {
          await setCommitter(own, options);
          return own.one<{ hash: string }>(...commitCall(options, this.author));
        })
      : await this.db.one<{ hash: string }>(...commitCall(options, this.author));
    return this.commitAt(hash);
  }

  /** In a transaction of its own: the head that was expected is there when the work lands, or nothing does. */
  private async apart<T>(expect: Expect, work: (own: SessionQueries) => Promise<T>): Promise<T> {
    const { link, types } = this.db;
    const session = await link.connect(this.db.session.branch, true);
    try {
      const own = new OwnSession(link, session, types);
      await own.query('BEGIN');
      await expectHead(own, expect);
      return await work(own);
    } finally {
      session.dead ??= closedError();
      link.disconnect(session);
    }
  }

  private async commitAt(hash: string): Promise<Commit> {
    return commitOf(await this.db.one<LogRow>(`SELECT ${LOG_COLUMNS} FROM dolt_log(?, '--parents') LIMIT 1`, [hash]));
  }

  // ---- branches and tags ----

  async branches(): Promise<Branch[]> {
    const { rows } = await this.db.query<{ name: string; hash: string; dirty: unknown }>('SELECT name, hash, dirty FROM dolt_branches');
    const current = this.db.session.branch;
    return rows.map(({ name, hash, dirty }) => ({ name, hash, dirty: Boolean(dirty), current: name === current }));
  }

  async branch(name: string, options: { from?: Ref; delete?: boolean; force?: boolean } = {}): Promise<void> {
    const { from, force = false } = options;
    if (options.delete) await this.call('dolt_branch', force ? '-D' : '-d', name);
    else await this.call('dolt_branch', ...(force ? ['-f'] : []), name, ...(from === undefined ? [] : [from]));
  }

  async checkout(ref: Ref, { create = false, ...expect }: { create?: boolean } & Expect = {}): Promise<void> {
    await expectHead(this.db, expect);
    await this.call('dolt_checkout', ...(create ? ['-b'] : []), ref);
  }

  async tags(): Promise<Tag[]> {
    const { rows } = await this.db.query<{
      tag_name: string; tag_hash: string; tagger: string | null; email: string | null; date: string | null; message: string | null;
    }>('SELECT tag_name, tag_hash, tagger, email, date, message FROM dolt_tags');
    return rows.map(({ tag_name, tag_hash, tagger, email, date, message }) => ({
      name: tag_name,
      hash: tag_hash,
      message: message ?? undefined,
      tagger: tagger === null ? undefined : person(tagger, email),
      date: date === null ? undefined : dateOf(date),
    }));
  }

  async tag(name: string, options: { ref?: Ref; message?: string; delete?: boolean } = {}): Promise<void> {
    const { ref, message } = options;
    if (options.delete) return void (await this.call('dolt_tag', '-d', name));
    const said = message === undefined ? [] : ['-m', message, ...this.authored(undefined)];
    await this.call('dolt_tag', ...said, name, ...(ref === undefined ? [] : [ref]));
  }

  // ---- history ----

  async *log({ ref = 'HEAD', table, limit = Infinity }: { ref?: Ref; table?: string; limit?: number } = {}): AsyncIterable<Commit> {
    const args: SqlValue[] = table === undefined ? [ref, '--parents'] : [ref, '--parents', '--tables', table];
    const source = `dolt_log(${args.map(() => '?').join(', ')})`;
    for (let seen = 0; seen < limit; ) {
      const size = Math.min(PAGE, limit - seen);
      const { rows } = await this.db.query<LogRow>(`SELECT ${LOG_COLUMNS} FROM ${source} LIMIT ${size} OFFSET ${seen}`, args);
      for (const row of rows) yield commitOf(row);
      if (rows.length < size) return;
      seen += rows.length;
    }
  }

  async *diff<R = Row>(
    table: string,
    from: Ref,
    to: Ref,
    { base, ...options }: Opts & { base?: 'merge-base' } = {},
  ): AsyncIterable<RowChange<R>> {
    const range: SqlValue[] = base === 'merge-base' ? [`${from}...${to}`, table] : [from, to, table];
    const key = await this.keyOf(table);
    const source = `dolt_diff(${range.map(() => '?').join(', ')})`;
    const { rows } = await this.db.query<Row>(`SELECT * FROM ${source}`, range, options);
    for (const row of rows) yield changeOf<R>(row, key);
  }

  /** Names of the primary key's columns; none of a table without one, or that is gone. */
  private async keyOf(table: string): Promise<string[]> {
    try {
      const { rows } = await this.db.query<{ Field: string; Key: string }>(sql`SHOW COLUMNS FROM ${sql.id(table)}`);
      return rows.flatMap(({ Field, Key }) => (Key === 'PRI' ? [Field] : []));
    } catch (error) {
      if (error instanceof DbError && error.code === 'TABLE_NOT_FOUND') return [];
      throw error;
    }
  }

  async blame(table: string, key: readonly SqlValue[]): Promise<Commit | undefined> {
    const columns = await this.keyOf(table);
    if (columns.length === 0) throw badArgument(`table ${table} has no primary key`);
    if (columns.length !== key.length) throw badArgument(`the key of ${table} has ${columns.length} columns, ${key.length} are given`);
    const where = sql.join(columns.map((column, at) => sql`${sql.id(column)} = ${key[at]}`), sql` AND `);
    const { rows } = await this.db.query<{ commit: string }>(sql`SELECT ${sql.id('commit')} FROM ${sql.id(`dolt_blame_${table}`)} WHERE ${where}`);
    return rows[0] && this.commitAt(rows[0].commit);
  }

  // ---- merging ----

  async merge(
    from: Ref,
    { message, author, ff = 'auto', preview = false, ...expect }: { message?: string; author?: Person; ff?: 'only' | 'no' | 'auto'; preview?: boolean } & Expect = {},
  ): Promise<MergeResult> {
    if (preview) return this.preview(from, expect);
    const args = [from, ...(ff === 'no' ? ['--no-ff'] : ff === 'only' ? ['--ff-only'] : [])];
    if (message !== undefined) args.push('-m', message);
    const merging = call('dolt_merge', [...args, ...this.authored(author)]);
    const run = async (on: SessionQueries) => {
      const { hash: before } = await on.one<{ hash: string }>("SELECT dolt_hashof('HEAD') AS hash");
      return { before, ...(await on.one<{ hash: string | null; fast_forward: unknown; conflicts: unknown; message: string | null }>(...merging)) };
    };
    const { before, ...row } = expect.expect === undefined ? await run(this.db) : await this.apart(expect, run);
    const conflicts = Number(row.conflicts) > 0 ? await conflictCount(this.db) : 0;
    const stats = conflicts > 0 ? await rowStats(this.db, before, 'WORKING') : row.hash ? await rowStats(this.db, before, row.hash) : {};
    return { hash: row.hash || undefined, fastForward: Boolean(row.fast_forward), conflicts, message: row.message ?? '', stats };
  }

  private async preview(from: Ref, expect: Expect): Promise<MergeResult> {
    await expectHead(this.db, expect);
    const { head, theirs, base } = await this.db.one<{ head: string; theirs: string; base: string | null }>(
      "SELECT dolt_hashof('HEAD') AS head, dolt_hashof(?) AS theirs, dolt_merge_base('HEAD', ?) AS base",
      [from, from],
    );
    if (base === theirs) return { fastForward: false, conflicts: 0, message: 'Everything up-to-date', stats: {} };
    const { rows } = await this.db.query<{ num_data_conflicts: number | null; num_schema_conflicts: number | null }>(
      'SELECT num_data_conflicts, num_schema_conflicts FROM dolt_preview_merge_conflicts_summary(?, ?)',
      [head, theirs],
    );
    const conflicts = rows.reduce((sum, row) => sum + Number(row.num_data_conflicts ?? 0) + Number(row.num_schema_conflicts ?? 0), 0);
    const stats = base === null ? {} : await rowStats(this.db, base, theirs);
    return { fastForward: base === head, conflicts, message: '', stats };
  }

  async conflicts(table?: string): Promise<Conflict[]> {
    const { rows: tables } = await this.db.query<{ table: string }>('SELECT * FROM dolt_conflicts');
    const found: Conflict[] = [];
    for (const { table: name } of tables) {
      if (table !== undefined && name.toLowerCase() !== table.toLowerCase()) continue;
      const key = await this.keyOf(name);
      const { rows } = await this.db.query<Row>(sql`SELECT * FROM ${sql.id(`dolt_conflicts_${name}`)}`);
      found.push(...rows.map((row) => conflictOf(name, key, row)));
    }
    return found;
  }

  async resolve(id: string, pick: 'ours' | 'theirs' | 'base' | { row: Row }): Promise<void> {
    const [name, own] = splitId(id);
    const [conflict] = (await this.conflicts(name)).filter((one) => one.id === id);
    if (!conflict) throw new DbError('BAD_ARGUMENT', `there is no conflict ${id}`);
    const table = sql.id(`dolt_conflicts_${name}`);
    const row = pick === 'ours' ? conflict.ours : pick === 'theirs' ? conflict.theirs : pick === 'base' ? conflict.base : pick.row;
    const settle = { sql: sql`DELETE FROM ${table} WHERE dolt_conflict_id = ${own}` };
    if (pick === 'ours') return void (await this.db.batch([settle]));
    if (row) {
      const cells = Object.entries(row).map(([column, value]) => sql`${sql.id(`our_${column}`)} = ${value}`);
      await this.db.batch([{ sql: sql`UPDATE ${table} SET ${sql.join(cells)} WHERE dolt_conflict_id = ${own}` }, settle]);
      return;
    }
    // That side deleted the row.
    const key = await this.keyOf(name);
    const where = sql.join(key.map((column, at) => sql`${sql.id(column)} = ${conflict.key[at]}`), sql` AND `);
    await this.db.batch([{ sql: sql`DELETE FROM ${sql.id(name)} WHERE ${where}` }, settle]);
  }

  async continue({ message, author }: { message?: string; author?: Person } = {}): Promise<Commit> {
    const by = this.authored(author);
    if (by.length > 0 && message !== undefined) {
      const { hash } = await this.call<{ hash: string }>('dolt_commit', '-A', '-m', message, ...by);
      return this.commitAt(hash);
    }
    const { hash } = await this.call<{ hash: string }>('dolt_merge', '--continue', ...(message === undefined ? [] : ['-m', message]));
    return this.commitAt(hash);
  }

  async abort(): Promise<void> {
    let first: unknown;
    for (const procedure of ['dolt_merge', 'dolt_cherry_pick', 'dolt_revert']) {
      try {
        return void (await this.call(procedure, '--abort'));
      } catch (error) {
        first ??= error;
      }
    }
    throw first;
  }

  async revert(commit: Ref, { author }: { author?: Person } = {}): Promise<MergeResult> {
    return this.picked('dolt_revert', commit, author);
  }

  async cherryPick(commit: Ref, { author }: { author?: Person } = {}): Promise<MergeResult> {
    return this.picked('dolt_cherry_pick', commit, author);
  }

  private async picked(procedure: string, commit: Ref, author: Person | undefined): Promise<MergeResult> {
    const row = await this.call<Record<string, SqlValue>>(procedure, commit, ...this.authored(author));
    const conflicts = ['data_conflicts', 'schema_conflicts', 'constraint_violations'].reduce((sum, name) => sum + Number(row[name] ?? 0), 0);
    const hash = (row.hash as string | null) || undefined;
    return { hash, fastForward: false, conflicts, message: '', stats: await (hash ? rowStats(this.db, 'HEAD~1', 'HEAD') : rowStats(this.db, 'HEAD', 'WORKING')) };
  }

  async restore(table: string, from: Ref, keys?: readonly (readonly SqlValue[])[]): Promise<void> {
    if (keys?.length === 0) return;
    const name = sql.id(table);
    const then = sql`${name} AS OF ${from}`;
    const [{ rows: described }, { columns: known }] = await Promise.all([
      this.db.query<{ Field: string; Key: string; Extra: string | null }>(sql`SHOW COLUMNS FROM ${name}`),
      this.db.query(sql`SELECT * FROM ${then} LIMIT 0`),
    ]);
    // What both have, and can be written.
    const has = new Set(known.map((column) => column.name.toLowerCase()));
    const columns = described.filter(({ Field, Extra }) => has.has(Field.toLowerCase()) && !/GENERATED/i.test(Extra ?? ''));
    const key = described.filter(({ Key }) => Key === 'PRI').map(({ Field }) => Field);
    if (keys && key.length === 0) throw badArgument(`table ${table} has no primary key`);
    const wrong = keys?.find((one) => one.length !== key.length);
    if (wrong) throw badArgument(`the key of ${table} has ${key.length} columns, ${wrong.length} are given`);
    const ids = (list: readonly string[]) => sql.join(list.map((column) => sql.id(column)));
    const named = ids(columns.map(({ Field }) => Field));
    const which = keys
      ? sql`(${sql.join(keys.map((one) => sql`(${sql.join(key.map((column, at) => sql`${sql.id(column)} = ${one[at]}`), sql` AND `)})`), sql` OR `)})`
      : sql`1 = 1`;
    if (key.length === 0) {
      await this.db.batch([{ sql: sql`DELETE FROM ${name}` }, { sql: sql`INSERT INTO ${name} (${named}) SELECT ${named} FROM ${then}` }]);
      return;
    }
    // Rows that stay are changed and not replaced: what refers to them goes on doing so.
    const same = sql.join(key.map((column) => sql`then_.${sql.id(column)} = ${name}.${sql.id(column)}`), sql` AND `);
    const rest = columns.map(({ Field }) => Field).filter((column) => !key.includes(column));
    const change = rest.length === 0
      ? sql`DO NOTHING`
      : sql`DO UPDATE SET ${sql.join(rest.map((column) => sql`${sql.id(column)} = excluded.${sql.id(column)}`))}`;
    await this.db.batch([
      { sql: sql`DELETE FROM ${name} WHERE ${which} AND NOT EXISTS (SELECT 1 FROM ${then} AS then_ WHERE ${same})` },
      { sql: sql`INSERT INTO ${name} (${named}) SELECT ${named} FROM ${then} WHERE ${which} ON CONFLICT (${ids(key)}) ${change}` },
    ]);
  }

  async undo(): Promise<string> {
    const { hash } = await this.call<{ hash: string }>('dolt_undo');
    return hash;
  }
}

/** What a merge left to decide: rows, tables whose schemas clash, rows that break a constraint. At least one. */
export async function conflictCount(db: SessionQueries): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    `SELECT (SELECT COALESCE(SUM(num_conflicts), 0) FROM dolt_conflicts) + (SELECT COUNT(*) FROM dolt_schema_conflicts)
      + (SELECT COALESCE(SUM(num_violations), 0) FROM dolt_constraint_violations) AS count`,
  );
  return Math.max(1, Number(count));
}

/** Rows that differ between two states, by table. */
export async function rowStats(db: SessionQueries, from: Ref, to: Ref): Promise<MergeResult['stats']> {
  const { rows } = await db.query<{ table_name: string; rows_added: number | null; rows_modified: number | null; rows_deleted: number | null }>(
    'SELECT table_name, rows_added, rows_modified, rows_deleted FROM dolt_diff_stat(?, ?)',
    [from, to],
  );
  const count = (value: number | null) => Number(value ?? 0);
  return Object.fromEntries(
    rows.map((row) => [row.table_name, { added: count(row.rows_added), modified: count(row.rows_modified), deleted: count(row.rows_deleted) }]),
  );
}

/** Columns behind a prefix; `undefined` when all are null. */
function side(row: Row, prefix: string, except: readonly string[]): Row | undefined {
  const cells = Object.entries(row).filter(([name]) => name.startsWith(prefix) && !except.includes(name));
  if (cells.every(([, value]) => value === null)) return undefined;
  return Object.fromEntries(cells.map(([name, value]) => [name.slice(prefix.length), value]));
}

function same(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
  if (a === b) return true;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((byte, at) => byte === b[at]);
  if (typeof a === 'object' && typeof b === 'object') return JSON.stringify(a) === JSON.stringify(b);
  return false;
}

function differing(a: Row, b: Row): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((column) => !same(a[column], b[column]));
}

function changeOf<R>(row: Row, key: readonly string[]): RowChange<R> {
  const before = row.diff_type === 'added' ? undefined : side(row, 'from_', ['from_commit', 'from_commit_date']);
  const after = row.diff_type === 'removed' ? undefined : side(row, 'to_', ['to_commit', 'to_commit_date']);
  const there = after ?? before ?? {};
  const change: RowChange<R> = {
    op: row.diff_type === 'added' ? 'insert' : row.diff_type === 'removed' ? 'delete' : 'update',
    key: key.map((column) => there[column] ?? null),
  };
  if (before) change.before = before as R;
  if (after) change.after = after as R;
  if (before && after) change.columns = differing(before, after);
  return change;
}

function conflictOf(table: string, key: readonly string[], row: Row): Conflict {
  const base = side(row, 'base_', ['base_cardinality']);
  const ours = row.our_diff_type === 'removed' ? undefined : side(row, 'our_', ['our_diff_type', 'our_cardinality']);
  const theirs = row.their_diff_type === 'removed' ? undefined : side(row, 'their_', ['their_diff_type', 'their_cardinality']);
  const there = ours ?? theirs ?? base ?? {};
  const conflict: Conflict = {
    id: `${table}:${String(row.dolt_conflict_id)}`,
    table,
    key: key.map((column) => there[column] ?? null),
    columns: ours && theirs ? differing(ours, theirs) : Object.keys(there),
  };
  if (base) conflict.base = base;
  if (ours) conflict.ours = ours;
  if (theirs) conflict.theirs = theirs;
  return conflict;
}

function splitId(id: string): [table: string, own: string] {
  const at = id.lastIndexOf(':');
  if (at < 1) throw badArgument(`no conflict has the id ${id}`);
  return [id.slice(0, at), id.slice(at + 1)];
}
