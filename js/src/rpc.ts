// The page's side of one engine: its worker, the calls on their way, and what to do when the worker has to be ended.
import { closedError, DbError, fromWire, isWireError, type WireError } from './errors';
import { Emitter } from './events';
import { isMarkedHere, markHere } from './marks';
import type { CallKind, CancelToken, EngineOptions, FromWorker, Question, Told, ToWorker, WasmSource } from './protocol';
import type { Events, OpenOptions, Opts, Status } from './types';

/** A worker that does not answer a cancel for this long is ended. */
const SILENCE_MS = 150;
/** A worker that does not hear of its end for this long is ended. */
const CLOSE_MS = 500;
/** `open` gives up after this long: a suspended tab or a browser's defect may block it for ever. */
const OPEN_MS = 30_000;
/** So many restarts within a minute, and the engine is given up. */
const RESTARTS_MAX = 5;
const FLAGS = 256;
/** Engines compiled by workers of this page, by address: opening again, and starting again, need not compile. */
const modules = new Map<string, WebAssembly.Module>();
/** A worker of this page has begun a fresh log. */
let logged = false;

export interface Engine {
  post(message: ToWorker, transfer: Transferable[]): void;
  /** `true` when it can be ended from outside. */
  readonly separate: boolean;
  end(): void;
}

export type StartEngine = (take: (message: FromWorker) => void, broken: (error: DbError) => void) => Promise<Engine>;

/** A session of the engine. It survives a restart, unless a transaction was open in it. */
export interface Session {
  remote: number;
  branch: string;
  readonly transaction: boolean;
  dead?: DbError;
}

interface Pending {
  session?: Session;
  resolve(value: never): void;
  reject(error: DbError): void;
  sql?: string;
  finish?(): void;
}

export class Link {
  private engine?: Engine;
  private readonly pending = new Map<number, Pending>();
  private readonly publishing = new Map<number, Told[]>();
  private readonly sessions = new Set<Session>();
  private next = 1;
  private starting?: Promise<void>;
  private restarts: number[] = [];
  private readonly flags?: Int32Array;
  private canary?: string;
  private tab = '';
  private ended?: DbError;
  private handles = 0;
  private listening = false;
  status: Status = 'opening';
  readonly emitter = new Emitter();

  constructor(
    readonly name: string,
    private readonly options: Omit<EngineOptions, 'tab'>,
    private readonly wasm: WasmSource,
    private readonly startEngine: StartEngine,
    private readonly auth?: OpenOptions['auth'],
  ) {
    if (globalThis.crossOriginIsolated) this.flags = new Int32Array(new SharedArrayBuffer(FLAGS * 4));
  }

  async start(timeoutMs = OPEN_MS): Promise<void> {
    this.starting = this.launch(timeoutMs);
    try {
      await this.starting;
      this.setStatus('ready');
    } finally {
      this.starting = undefined;
    }
  }

  private async launch(timeoutMs: number): Promise<void> {
    this.tab = newId();
    let broken: ((error: DbError) => void) | undefined;
    const failure = new Promise<never>((_, reject) => {
      broken = reject;
    });
    // A worker may break long after it was launched.
    failure.catch(() => undefined);
    const engine = await this.startEngine(
      (message) => engine === this.engine && this.take(message),
      (error) => (this.starting ? broken?.(error) : void this.restart(error)),
    );
    this.engine = engine;
    const opened = this.post<void>((id) => ({
      t: 'open',
      id,
      name: this.name,
      options: {
        ...this.options,
        tab: this.tab,
        marked: this.options.storage === 'idb' && isMarkedHere(this.name),
        authorized: this.auth !== undefined,
        logged,
      },
      wasm: (typeof this.wasm === 'string' && modules.get(this.wasm)) || this.wasm,
      flags: this.flags?.buffer as SharedArrayBuffer | undefined,
    }));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new DbError('STORAGE_BLOCKED', `database ${this.name} could not be opened within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      await Promise.race([opened, failure, late]);
    } catch (error) {
      engine.end();
      this.engine = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
    if (this.options.storage === 'idb') {
      logged = true;
      markHere(this.name);
    }
    if (this.listening) await this.post((id) => ({ t: 'ask', id, question: { what: 'listen' } }));
  }

  // ---- sessions ----

  retain() {
    this.handles++;
  }

  async connect(branch: string, transaction = false): Promise<Session> {
    const { session, branch: on } = await this.ask<{ session: number; branch?: string }>({ what: 'connect', branch });
    const made: Session = { remote: session, branch: on ?? branch, transaction };
    this.sessions.add(made);
    return made;
  }

  disconnect(session: Session) {
    this.sessions.delete(session);
    const dead = (session.dead ??= closedError());
    if (!this.starting) this.engine?.post({ t: 'disconnect', session: session.remote }, []);
    // What is about to land lands, and is answered; the engine refuses the rest. One that computes does not hear this.
    const calls = [...this.pending].flatMap(([id, pending]) => (pending.session === session ? [id] : []));
    if (calls.length > 0) setTimeout(() => calls.forEach((id) => this.settle(id, undefined, dead)), this.patience());
  }

  private patience(): number {
    return this.engine?.separate ? CLOSE_MS : 5_000;
  }

  // ---- calls ----

  async ask<T>(question: Question, options: Opts = {}): Promise<T> {
    await this.ready();
    const { signal } = options;
    if (signal?.aborted) throw aborted(signal);
    let id = 0;
    const answer = this.post<T>((own) => {
      id = own;
      return { t: 'ask', id: own, question };
    });
    this.limit(id, options);
    return answer;
  }

  /** Posts a call; its answer is a message of batches. */
  async call(session: Session, kind: CallKind, message: Uint8Array<ArrayBuffer>, sql: string | undefined, options: Opts): Promise<Uint8Array> {
    if (this.starting || this.ended) await this.ready();
    if (session.dead) throw session.dead;
    const { signal, timeoutMs = 0 } = options;
    if (signal?.aborted) throw aborted(signal);
    let id = 0;
    const token = signal ? this.token() : undefined;
    const answer = this.post<Uint8Array>(
      (own) => {
        id = own;
        return { t: 'call', id: own, session: session.remote, kind, message, timeoutMs, cancel: token };
      },
      [message.buffer],
      { session, sql },
    );
    this.limit(id, options, token);
    return answer;
  }

  private async ready(): Promise<void> {
    if (this.ended) throw this.ended;
    await this.starting;
    if (this.ended) throw this.ended;
  }

  private post<T>(make: (id: number) => ToWorker, transfer: Transferable[] = [], more: Partial<Pending> = {}): Promise<T> {
    const engine = this.engine;
    if (!engine) return Promise.reject(this.ended ?? closedError());
    return new Promise<T>((resolve, reject) => {
      const id = this.next++;
      this.pending.set(id, { resolve: resolve as (value: never) => void, reject, ...more });
      engine.post(make(id), transfer);
    });
  }

  /** Watches a call's signal and time limit. */
  private limit(id: number, { signal, timeoutMs = 0 }: Opts, token?: CancelToken) {
    const pending = this.pending.get(id);
    if (!pending || (!signal && timeoutMs <= 0)) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const stop = (error: DbError) => {
      if (token?.url) URL.revokeObjectURL(token.url);
      if (token?.slot !== undefined && this.flags) Atomics.store(this.flags, token.slot, id);
      this.engine?.post({ t: 'cancel', id }, []);
      silence = setTimeout(() => this.silent(id, error), SILENCE_MS);
    };
    const onAbort = () => stop(aborted(signal as AbortSignal));
    signal?.addEventListener('abort', onAbort, { once: true });
    // The engine keeps the limit itself; this is for an engine that cannot.
    if (timeoutMs > 0) timer = setTimeout(() => stop(new DbError('TIMEOUT', `the call ran past its limit of ${timeoutMs} ms`)), timeoutMs + 20);
    pending.finish = () => {
      clearTimeout(timer);
      clearTimeout(silence);
      signal?.removeEventListener('abort', onAbort);
      if (token?.url) URL.revokeObjectURL(token.url);
      if (token?.slot !== undefined && this.flags) Atomics.store(this.flags, token.slot, 0);
    };
  }

  private token(): CancelToken {
    if (this.flags) return { slot: this.next % FLAGS };
    if (!this.engine?.separate || typeof URL.createObjectURL !== 'function') return {};
    this.canary ??= URL.createObjectURL(new Blob(['.']));
    return { url: URL.createObjectURL(new Blob(['.'])), canary: this.canary };
  }

  /** A cancelled call was not answered. If an older one is on its way, that may be what runs: its turn comes. */
  private silent(id: number, error: DbError) {
    if (!this.pending.has(id)) return;
    const [oldest] = this.pending.keys();
    if (oldest !== id || !this.engine?.separate) return;
    this.settle(id, undefined, error);
    void this.restart(new DbError('WORKER_RESTARTED', 'the worker was ended because a cancelled call did not stop'));
  }

  // ---- answers ----

  private take(message: FromWorker) {
    switch (message.t) {
      case 'done':
        return this.settle(message.id, message.value);
      case 'failed':
        return this.settle(message.id, undefined, fromWire(message.error));
      case 'answer':
        this.moved(message.branch);
        return this.settle(message.id, message.batch, message.error);
      case 'publishing':
        this.publishing.clear();
        this.publishing.set(message.number, message.calls);
        return;
      case 'landed':
        this.moved(message.branch);
        return this.land(message.number);
      case 'auth':
        return void this.authorize(message);
      case 'event':
        return this.event(message.kind, message.detail);
      case 'module':
        if (typeof this.wasm === 'string') modules.set(this.wasm, message.module);
        return;
    }
  }

  private async authorize({ id, url, scope, reason }: Extract<FromWorker, { t: 'auth' }>): Promise<void> {
    const engine = this.engine;
    let headers: Record<string, string> | undefined;
    try {
      const given = await this.auth?.(url, { scope, reason });
      headers = given && Object.fromEntries(new Headers(given).entries());
    } catch (cause) {
      this.emitter.emit('error', new DbError('REMOTE_AUTH', `no credentials for ${url}`, { cause }));
    }
    engine?.post({ t: 'auth', id, headers }, []);
  }

  private land(number: number) {
    for (const [id, batch, error] of this.publishing.get(number) ?? []) this.settle(id, batch ?? undefined, error ?? undefined);
    this.publishing.delete(number);
  }

  private settle(id: number, value: unknown, error?: WireError | DbError) {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    pending.finish?.();
    if (error) pending.reject(fromWire(error, pending.sql));
    else pending.resolve(value as never);
  }

  /** `session:branch` */
  private moved(text: string | undefined) {
    if (text === undefined) return;
    const [remote, ...branch] = text.split(':');
    for (const session of this.sessions) {
      if (session.remote === Number(remote)) session.branch = branch.join(':');
    }
  }

  private event(kind: string, detail: unknown) {
    switch (kind) {
      case 'panic':
        return void this.restart(new DbError('WORKER_RESTARTED', 'the engine met a defect and was started again', { cause: detail }));
      case 'status':
        if (detail === 'lost') this.lose();
        return;
      case 'error':
        if (isWireError(detail)) this.emitter.emit('error', fromWire(detail));
        return;
      case 'ref': {
        const { ref, from, to } = detail as { ref: string; from: string | null; to: string | null };
        return this.emitter.emit('ref', { ref, from: from ?? undefined, to: to ?? undefined });
      }
      case 'sync': {
        const [url, done, announced, bytesWire, bytesRaw] = detail as [string, number, number, number, number];
        return this.emitter.emit('sync', { url, chunks: done, chunksTotal: done + announced, bytesWire, bytesRaw });
      }
      case 'change':
        return this.emitter.emit('change', detail as Events['change']);
    }
  }

  private lose() {
    this.ended = lost(this.name);
    this.setStatus('lost');
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    this.ask({ what: 'listen' }).catch(() => undefined);
  }

  private setStatus(status: Status) {
    if (this.status === status) return;
    this.status = status;
    this.emitter.emit('status', status);
  }

  // ---- ends ----

  /** Ends the worker and opens the database again from storage. Nothing acknowledged is lost. */
  private async restart(reason: DbError): Promise<void> {
    if (this.ended || this.starting) return;
    const { publishing, tab } = { publishing: new Map(this.publishing), tab: this.tab };
    const told = new Map([...publishing.values()].flat().map((one) => [one[0], one]));
    this.publishing.clear();
    this.engine?.end();
    this.engine = undefined;
    this.setStatus('degraded');
    for (const session of this.sessions) {
      if (session.transaction) session.dead = reason;
    }
    for (const id of [...this.pending.keys()]) {
      if (!told.has(id)) this.settle(id, undefined, reason);
    }
    const now = Date.now();
    this.restarts = [...this.restarts.filter((at) => now - at < 60_000), now];
    const waiting = new Map([...told.keys()].flatMap((id) => (this.pending.has(id) ? [[id, this.pending.get(id)]] : [])) as [number, Pending][]);
    for (const id of waiting.keys()) this.pending.delete(id);
    const settle = (landed: boolean) => {
      for (const [id, pending] of waiting) {
        this.pending.set(id, pending);
        const [, batch, error] = told.get(id) as Told;
        if (landed) this.settle(id, batch ?? undefined, error ?? undefined);
        else this.settle(id, undefined, reason);
      }
    };
    this.starting = (async () => {
      try {
        if (this.restarts.length > RESTARTS_MAX) throw new DbError('INTERNAL', 'the engine was started again too often', { cause: reason });
        await this.launch(OPEN_MS);
        const landed = waiting.size > 0 && this.options.storage === 'idb'
          ? await this.post<number>((id) => ({ t: 'ask', id, question: { what: 'landed', tab } }))
          : 0;
        settle([...publishing.keys()].every((number) => number <= landed));
        for (const session of [...this.sessions]) {
          if (session.transaction) continue;
          try {
            const made = await this.post<{ session: number; branch?: string }>((id) => ({
              t: 'ask',
              id,
              question: { what: 'connect', branch: session.branch },
            }));
            session.remote = made.session;
          } catch (error) {
            session.dead = error as DbError;
          }
        }
      } catch (error) {
        settle(false);
        this.ended = error instanceof DbError ? error : fromWire(error);
        if (this.ended.code === 'STORAGE_LOST') this.lose();
        else this.setStatus('lost');
        this.emitter.emit('error', this.ended);
      }
    })();
    await this.starting;
    this.starting = undefined;
    if (!this.ended) this.setStatus('ready');
  }

  /** The last handle closes the engine. */
  async release(): Promise<void> {
    if (--this.handles > 0 || this.status === 'closed') return;
    const wasLost = this.ended !== undefined;
    this.ended = closedError();
    const engine = this.engine;
    if (engine && !wasLost) {
      // What is about to land lands, and is answered. A worker that computes does not hear this: it is ended all the same.
      const closed = this.post((id) => ({ t: 'ask', id, question: { what: 'close' } })).catch(() => undefined);
      const late = new Promise((resolve) => setTimeout(resolve, this.patience()));
      await Promise.race([closed, late]);
    }
    engine?.end();
    this.engine = undefined;
    for (const id of [...this.pending.keys()]) this.settle(id, undefined, this.ended);
    if (this.canary) URL.revokeObjectURL(this.canary);
    this.setStatus('closed');
  }
}

function lost(name: string): DbError {
  return new DbError('STORAGE_LOST', `the browser removed the storage of ${name}`, {
    hint: 'deleteDb(name) forgets it; after that, open(name) makes a new database',
  });
}

/** 128 random bits: `crypto.randomUUID` is absent on insecure origins. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function aborted(signal: AbortSignal): DbError {
  const reason: unknown = signal.reason;
  if ((reason as Error | undefined)?.name === 'TimeoutError') return new DbError('TIMEOUT', 'the call ran past its time limit', { cause: reason });
  return new DbError('ABORTED', 'the call was cancelled', { cause: reason });
}
