/// <reference lib="esnext.disposable" />
// The public contract, written once. Everything else imports it from here.
import type { DbError } from './errors';

export type { ErrorCode } from './codes';

export type SqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly unknown[]
  | { readonly [key: string]: unknown };
export type Row = Record<string, SqlValue>;
/** By position (`?`) or by name (`:name`, `$name`). `undefined` is an error. */
export type Params = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;
/** Branch, tag, commit (a prefix will do), `HEAD~2`, `origin/main`. */
export type Ref = string;

/** SQL text with its parameters, made by `` sql`…` `` alone: a plain object never passes as trusted SQL. */
export interface Sql {
  readonly text: string;
  readonly params: readonly SqlValue[];
  readonly [sqlBrand]: true;
}
export declare const sqlBrand: unique symbol;

export interface Opts {
  signal?: AbortSignal;
  timeoutMs?: number;
}

/**
 * DECIMAL, UUID, DATE, TIME: string. DATETIME: string without a zone. TIMESTAMP: UTC, an ISO string or a Date.
 * JSON: parsed. BLOB: Uint8Array. BOOLEAN: boolean.
 */
export interface TypeOpts {
  /** How 64-bit integers come. A number that is not exact is the error `INT_RANGE`. Default `number-or-throw`. */
  int64?: 'number-or-throw' | 'bigint' | 'string';
  /** How TIMESTAMP columns come. Default `string`. */
  temporal?: 'string' | 'Date';
}

export interface QueryOpts extends Opts, TypeOpts {
  /** Objects: of two columns with one name the last wins. Arrays keep all. */
  rowMode?: 'object' | 'array';
}

export interface Column {
  name: string;
  type: string;
}

export interface Result<R = Row> {
  /** Decoded when first read. */
  readonly rows: R[];
  readonly columns: readonly Column[];
  /** Rows inserted, changed or deleted. */
  readonly affected: number;
}

export interface OpenOptions extends Opts {
  /** Default `main`. HEAD belongs to the handle and is not persisted. */
  branch?: string;
  /** Default `idb`; in Node `memory` alone is possible. */
  storage?: 'idb' | 'memory';
  /** `false` runs the engine in this thread; a function makes the worker from another URL. */
  worker?: boolean | (() => Worker);
  /** The engine's wasm, when it does not lie beside the package's script. */
  wasm?: URL | string | WebAssembly.Module | BufferSource;
  /** `strict` (the default): a change is on disk when its promise resolves. */
  durability?: 'strict' | 'relaxed';
  /** Budget of the chunk cache. Default 64 MiB. */
  cacheBytes?: number;
  types?: TypeOpts;
  /** Author of the commits that this handle makes. */
  author?: Person;
  /** Headers for a remote, `{ authorization: 'Bearer …' }`. Asked in the page, kept in memory, asked again (`expired`) after a 401. */
  auth?: (remoteUrl: string, why: { scope: string; reason: 'first' | 'expired' }) => HeadersInit | Promise<HeadersInit>;
}

export interface Reader {
  query<R = Row>(query: string | Sql, params?: Params, options?: QueryOpts): Promise<Result<R>>;
}

export interface Statement {
  sql: string | Sql;
  params?: Params;
}

export interface Queryable extends Reader {
  sql<R = Row>(strings: TemplateStringsArray, ...values: unknown[]): Promise<R[]>;
  /** A script: each statement by itself. Answers one result a statement. */
  exec<R = Row>(script: string, options?: QueryOpts): Promise<Result<R>[]>;
  /** One message, one transaction: all or nothing. */
  batch(statements: readonly Statement[], options?: QueryOpts): Promise<Result[]>;
}

export interface Tx extends Queryable {
  /** Ends the transaction without a change: `transaction()` rejects with `ABORTED`. */
  rollback(): never;
  savepoint<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface TransactionOptions extends Opts {
  /** Rows and version commit are one compare-and-swap. */
  commit?: CommitOpts;
  /** How often the function may run again after `TX_CONFLICT`. Default 0. */
  retries?: number;
}

export interface Db extends Queryable, AsyncDisposable {
  readonly name: string;
  /** The branch of this handle; a `CALL dolt_checkout` moves it as well. */
  readonly branch: string;
  readonly status: Status;
  /** Snapshot isolation; others read and write meanwhile. */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Another handle on the same store, with its own HEAD. */
  connect(branch: string): Promise<Db>;
  /** Reads what a ref points to at the first query; later moves of the ref do not show. */
  at(ref: Ref): Reader;
  readonly vc: VersionControl;
  readonly remotes: Remotes;
  storage(): Promise<StorageInfo>;
  /** Asks the browser not to remove the storage under pressure. */
  persist(): Promise<boolean>;
  /** Deletes what no branch, tag, reflog or open transaction reaches. Safe beside other tabs. */
  gc(options?: Opts & { prune?: boolean }): Promise<{ freed: number }>;
  /** Walks every ref, reads and hashes every chunk, compares every index with its rows. */
  verify(options?: Opts): Promise<Report>;
  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void, options?: { signal?: AbortSignal }): () => void;
  close(): Promise<void>;
}

export type Status = 'opening' | 'ready' | 'degraded' | 'lost' | 'closed';

export interface Expect {
  /** The branch's head as the caller saw it; moved since: `TX_CONFLICT`. */
  expect?: string;
}

export interface CommitOpts extends Expect {
  message: string;
  author?: Person;
  /** Who took it in; without one, the author. */
  committer?: Person;
  date?: Date;
  /** Stages every changed table first. In `transaction({ commit })` that is the default. */
  all?: boolean;
  /** The message's last paragraph, as git writes them. */
  trailers?: Record<string, string>;
}

export interface VersionControl {
  status(): Promise<TableStatus[]>;
  /** Stages tables; without a list, all. */
  add(tables?: readonly string[]): Promise<void>;
  /** Unstages; `hard` drops uncommitted rows as well; `to` moves the branch. */
  reset(options?: { hard?: boolean; to?: Ref; tables?: readonly string[] }): Promise<void>;
  commit(options: CommitOpts): Promise<Commit>;
  branches(): Promise<Branch[]>;
  branch(name: string, options?: { from?: Ref; delete?: boolean; force?: boolean }): Promise<void>;
  checkout(ref: Ref, options?: { create?: boolean } & Expect): Promise<void>;
  tags(): Promise<Tag[]>;
  tag(name: string, options?: { ref?: Ref; message?: string; delete?: boolean }): Promise<void>;
  /** Newest first. */
  log(options?: { ref?: Ref; table?: string; limit?: number }): AsyncIterable<Commit>;
  diff<R = Row>(table: string, from: Ref, to: Ref, options?: Opts & { base?: 'merge-base' }): AsyncIterable<RowChange<R>>;
  /** Each row's last commit, by primary key. */
  blame(table: string, key: readonly SqlValue[]): Promise<Commit | undefined>;
  /** With `preview` nothing changes: the answer tells what a merge would do. */
  merge(from: Ref, options?: { message?: string; author?: Person; ff?: 'only' | 'no' | 'auto'; preview?: boolean } & Expect): Promise<MergeResult>;
  conflicts(table?: string): Promise<Conflict[]>;
  resolve(id: string, pick: 'ours' | 'theirs' | 'base' | { row: Row }): Promise<void>;
  /** Commits a merge whose conflicts are resolved. */
  continue(options?: { message?: string; author?: Person }): Promise<Commit>;
  /** Undoes a merge that is not committed: the same root as before it. */
  abort(): Promise<void>;
  revert(commit: Ref, options?: { author?: Person }): Promise<MergeResult>;
  cherryPick(commit: Ref, options?: { author?: Person }): Promise<MergeResult>;
  /** Brings a table's rows back as they were at `from`, all or those of the keys given. Nothing is committed. */
  restore(table: string, from: Ref, keys?: readonly (readonly SqlValue[])[]): Promise<void>;
  /** Moves the branch back along its reflog; answers the commit it stands on then. */
  undo(): Promise<string>;
}

export interface Remotes {
  list(): Promise<RemoteInfo[]>;
  add(name: string, url: string): Promise<void>;
  setUrl(name: string, url: string): Promise<void>;
  remove(name: string): Promise<void>;
  /**
   * Makes this database, which must hold nothing yet, a clone. Broken off, it is a lazy one: the next `clone` of the same
   * remote goes on there.
   */
  clone(url: string, options?: CloneOpts): Promise<void>;
  /** Reads all that a lazy clone has not read yet. Broken off, it goes on there the next time. */
  unlazy(options?: Opts & Pick<SyncOpts, 'onProgress'>): Promise<void>;
  /** Moves the tracking refs (`origin/main`), no branch. */
  fetch(name?: string, options?: FetchOpts): Promise<void>;
  /** Fetches and merges, three-way. */
  pull(name?: string, options?: FetchOpts & { author?: Person }): Promise<MergeResult>;
  /** `REMOTE_NON_FF` when the remote has commits that are not here. */
  push(name?: string, options?: PushOpts): Promise<void>;
  /** Pulls and pushes now and then, and when the browser comes online again; after failures ever more seldom. */
  auto(name: string, options?: { everyMs?: number; branch?: string; onError?: (error: unknown) => void }): AutoSync;
}
export interface AutoSync {
  stop(): void;
}
export interface RemoteInfo {
  name: string;
  url: string;
}
export interface SyncOpts extends Opts {
  branch?: string;
  onProgress?: (progress: SyncProgress) => void;
}
export interface FetchOpts extends SyncOpts {
  /**
   * More than so many bytes (8 MiB) are read in batches, and each stays: the database is lazy meanwhile, and after a reload the
   * next fetch or pull goes on where this one was.
   */
  batchBytes?: number;
  /** Of a shallow clone: so many commits of history from the remote's newest on, `Infinity` for all. */
  depth?: number;
}
export interface CloneOpts extends SyncOpts {
  /** One branch and its newest commits. What lies behind them is `BEYOND_DEPTH` until a fetch deepens it. */
  depth?: number;
  /** One branch alone. */
  singleBranch?: boolean;
  /** Commits and schemas first; rows come from the remote when they are asked for. Without it they are `NOT_HERE`. */
  lazy?: boolean;
}
export interface PushOpts extends SyncOpts {
  /** Overwrites what was fetched last, and nothing that came since. */
  force?: 'with-lease';
  /** The branch follows the remote's from here on. */
  upstream?: boolean;
}
export interface SyncProgress {
  url: string;
  chunks: number;
  /** What is known to come so far; grows while it comes. */
  chunksTotal: number;
  bytesWire: number;
  bytesRaw: number;
}

export interface Events {
  sync: SyncProgress;
  change: { ref: Ref; tables: string[]; local: boolean };
  ref: { ref: Ref; from?: string; to?: string };
  status: Status;
  error: DbError;
}

export interface Person {
  name: string;
  email?: string;
}
export interface Commit {
  hash: string;
  parents: string[];
  author: Person;
  committer: Person;
  date: Date;
  message: string;
  trailers: Record<string, string>;
}
export interface Branch {
  name: string;
  hash: string;
  current: boolean;
  dirty: boolean;
}
export interface Tag {
  name: string;
  hash: string;
  message?: string;
  tagger?: Person;
  date?: Date;
}
export interface TableStatus {
  table: string;
  staged: boolean;
  change: string;
}
export interface MergeResult {
  hash?: string;
  fastForward: boolean;
  conflicts: number;
  message: string;
  /** Rows that came in, by table. */
  stats: Record<string, { added: number; modified: number; deleted: number }>;
}
export type RowChange<R = Row> = {
  op: 'insert' | 'update' | 'delete';
  key: SqlValue[];
  before?: R;
  after?: R;
  /** Columns that differ, of an update. */
  columns?: string[];
};
export interface Conflict {
  id: string;
  table: string;
  key: SqlValue[];
  base?: Row;
  ours?: Row;
  theirs?: Row;
  /** Columns in which ours and theirs differ. */
  columns: string[];
}
export interface StorageInfo {
  /** Of the whole origin, as the browser estimates. */
  usage: number;
  quota: number;
  persisted: boolean;
  /** Of this database. */
  chunks: number;
  packs: number;
  bytes: number;
}
export interface Report {
  ok: boolean;
  /** Chunks that were read. */
  chunks: number;
  /** Chunks that a lazy clone knows of and has not read yet. */
  leftOut: number;
  missing: string[];
  corrupt: string[];
  /** Tables whose rows and indexes do not agree, and how. */
  disagreements: string[];
}
