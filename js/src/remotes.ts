// Remotes by their SQL: procedures, and what the engine tells of their progress.
import { call, personText } from './commit';
import type { SessionQueries } from './queryable';
import { conflictCount, rowStats } from './vc';
import type { AutoSync, CloneOpts, FetchOpts, MergeResult, Opts, Person, PushOpts, RemoteInfo, Remotes, Row, SqlValue, SyncOpts, SyncProgress } from './types';

/** Between tries of `auto` that failed: doubled each time, up to this. */
const LONGEST_MS = 5 * 60_000;
/** What a fetch takes in one answer, all of it in memory. */
const BATCH_BYTES = 8 << 20;

export class RemoteCalls implements Remotes {
  constructor(
    private readonly db: SessionQueries,
    private readonly author: Person | undefined,
  ) {}

  private async call<R = Row>(procedure: string, args: SqlValue[], options: SyncOpts = {}): Promise<R> {
    const { onProgress, signal, timeoutMs } = options;
    const off = onProgress && this.db.link.emitter.on('sync', onProgress);
    try {
      const { rows } = await this.db.query<R>(...call(procedure, args), { signal, timeoutMs });
      return (rows[0] ?? {}) as R;
    } finally {
      off?.();
    }
  }

  async list(): Promise<RemoteInfo[]> {
    const { rows } = await this.db.query<{ name: string; url: string }>('SELECT name, url FROM dolt_remotes');
    return rows.map(({ name, url }) => ({ name, url }));
  }

  async add(name: string, url: string): Promise<void> {
    await this.call('dolt_remote', ['add', name, url]);
  }

  async setUrl(name: string, url: string): Promise<void> {
    await this.call('dolt_remote', ['set-url', name, url]);
  }

  async remove(name: string): Promise<void> {
    await this.call('dolt_remote', ['remove', name]);
  }

  async clone(url: string, options: CloneOpts = {}): Promise<void> {
    const flags = [...(options.lazy ? ['--lazy'] : []), ...(options.singleBranch ? ['--single-branch'] : []), ...deep(options.depth), ...(options.branch === undefined ? [] : ['-b', options.branch])];
    // In batches: memory holds one of them, and what was read stays when it is broken off.
    const batches = !options.lazy && !url.endsWith('/refs.json');
    const next = inAll(options);
    await this.call('dolt_clone', [...(batches ? ['--lazy'] : []), ...flags, url], next());
    if (batches) await this.unlazy(next());
  }

  async unlazy(options: Opts & Pick<SyncOpts, 'onProgress'> = {}): Promise<void> {
    await this.call('dolt_unlazy', [], options);
  }

  /** Calls `procedure` until nothing is left that it took too much of to hold. */
  private async inBatches<R>(procedure: string, args: SqlValue[], { batchBytes = BATCH_BYTES, depth, ...options }: FetchOpts, more: (row: R) => boolean): Promise<R> {
    const flags = depth === undefined ? ['--batch-bytes', batchBytes] : deep(depth);
    const next = inAll(options);
    for (;;) {
      const row = await this.call<R>(procedure, [...flags, ...args], next());
      if (!more(row)) return row;
      await this.unlazy(next());
    }
  }

  async fetch(name?: string, options: FetchOpts = {}): Promise<void> {
    await this.inBatches<{ status: number }>('dolt_fetch', words(name, options.branch), options, ({ status }) => Number(status) === 1);
  }

  async pull(name?: string, { author = this.author, ...options }: FetchOpts & { author?: Person } = {}): Promise<MergeResult> {
    const flags = author ? ['--author', personText(author)] : [];
    const { hash: before } = await this.db.one<{ hash: string }>("SELECT dolt_hashof('HEAD') AS hash");
    type Pulled = { fast_forward: number | null; conflicts: number; message: string };
    const row = await this.inBatches<Pulled>('dolt_pull', [...flags, ...words(name, options.branch)], options, ({ fast_forward }) => fast_forward === null);
    const conflicts = Number(row.conflicts) > 0 ? await conflictCount(this.db) : 0;
    const stats = await rowStats(this.db, before, conflicts > 0 ? 'WORKING' : 'HEAD');
    return { fastForward: Boolean(row.fast_forward), conflicts, message: row.message, stats };
  }

  async push(name?: string, options: PushOpts = {}): Promise<void> {
    const flags = [...(options.force === 'with-lease' ? ['--force'] : []), ...(options.upstream ? ['--set-upstream'] : [])];
    await this.call('dolt_push', [...flags, ...words(name, options.branch)], options);
  }

  auto(name: string, { everyMs = 30_000, branch, onError }: { everyMs?: number; branch?: string; onError?: (error: unknown) => void } = {}): AutoSync {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const abort = new AbortController();
    const later = (ms: number) => {
      clearTimeout(timer);
      if (!stopped) timer = setTimeout(() => void round(), ms);
    };
    const round = async () => {
      try {
        const { conflicts } = await this.pull(name, { branch, signal: abort.signal });
        // What a person has to settle is not pushed over.
        if (conflicts === 0) await this.push(name, { branch, signal: abort.signal });
        failures = 0;
      } catch (error) {
        if (stopped) return;
        failures++;
        onError?.(error);
      }
      const wait = failures === 0 ? everyMs : Math.random() * Math.min(LONGEST_MS, everyMs * 2 ** failures);
      later(Math.max(wait, 250));
    };
    const online = () => later(0);
    globalThis.addEventListener?.('online', online);
    later(0);
    return {
      stop: () => {
        stopped = true;
        clearTimeout(timer);
        abort.abort();
        globalThis.removeEventListener?.('online', online);
      },
    };
  }
}

/** Options for each of several calls: their progress is told as that of one. */
function inAll<O extends Pick<SyncOpts, 'onProgress'>>(options: O): () => O {
  let done: SyncProgress | undefined;
  return () => {
    const before = done ?? { chunks: 0, bytesWire: 0, bytesRaw: 0 };
    const onProgress = (now: SyncProgress) => {
      done = {
        url: now.url,
        chunks: before.chunks + now.chunks,
        chunksTotal: before.chunks + now.chunksTotal,
        bytesWire: before.bytesWire + now.bytesWire,
        bytesRaw: before.bytesRaw + now.bytesRaw,
      };
      options.onProgress?.(done);
    };
    return { ...options, onProgress };
  };
}

function deep(depth: number | undefined): SqlValue[] {
  if (depth === undefined) return [];
  return depth === Infinity ? ['--unshallow'] : ['--depth', depth];
}

function words(name: string | undefined, branch: string | undefined): string[] {
  if (name === undefined) return [];
  return branch === undefined ? [name] : [name, branch];
}
