// The engine's side of the page: what the wasm asks of a browser (crates/wasm/src/host.rs), and the dispatch of
// messages to it. Runs in the worker, or in the page when the engine does.
import { Engine, initSync } from '../../pkg/prollite.js';
import { fromWire, isWireError, type WireError } from './errors';
import { beginFreshLog } from './fresh-log';
import { isMarked, mark } from './marks';
import type { CancelToken, FromWorker, Question, Told, ToWorker } from './protocol';
import { loadWasm } from './wasm';
import { Wire } from './wire';

type Post = (message: FromWorker, transfer?: Transferable[]) => void;

/** After a commit and this long without another, small packs are merged. */
const IDLE_MS = 5_000;
/** How long other tabs wait to hear of a change, at most. */
const NOTICE_MS = 15;

const hasLocks = () => typeof navigator !== 'undefined' && 'locks' in navigator;

/** What the wasm sees as `Host`. */
class EngineHost {
  private readonly tokens = new Map<number, CancelToken>();
  private channel?: BroadcastChannel;
  /** What the other tabs are still to hear, by kind; the last of each. */
  private readonly notices = new Map<string, unknown>();
  private releaseTab?: () => void;
  private pollingWorks?: boolean;
  onNotice?: (kind: string) => void;
  onLanded?: () => void;
  readonly wire: Wire;
  private readonly asked = new Map<number, (headers: Record<string, string> | undefined) => void>();
  private question = 0;

  constructor(
    private readonly name: string,
    private readonly id: string,
    private readonly post: Post,
    private readonly marked: boolean,
    private readonly flags?: Int32Array,
    authorized = false,
  ) {
    this.wire = new Wire((url, { scope, reason }) => {
      if (!authorized) return Promise.resolve(undefined);
      const id = ++this.question;
      return new Promise((resolve) => {
        this.asked.set(id, resolve);
        this.post({ t: 'auth', id, url, scope, reason });
      });
    });
  }

  /** The page answered. */
  authorize(id: number, headers: Record<string, string> | undefined) {
    this.asked.get(id)?.(headers);
    this.asked.delete(id);
  }

  send(call: number, url: string, path: string, method: string, type: string, body: Uint8Array<ArrayBuffer>, scope: string, range: string) {
    return this.wire.send(call, url, path, method, type, body, scope, range);
  }

  /** Takes the lock that tells other tabs that this one lives, and listens to them. */
  async enter(): Promise<void> {
    if (typeof BroadcastChannel !== 'undefined') {
      this.channel = new BroadcastChannel(`prollite/${this.name}`);
      this.channel.onmessage = ({ data }) => this.onNotice?.((data as { kind: string }).kind);
    }
    if (!hasLocks()) return;
    await new Promise<void>((granted, refused) => {
      const held = new Promise<void>((release) => {
        this.releaseTab = release;
      });
      navigator.locks
        .request(this.tabLock(this.id), () => {
          granted();
          return held;
        })
        .catch(refused);
    });
  }

  leave() {
    this.tellTabs();
    this.releaseTab?.();
    this.channel?.close();
  }

  private tabLock(id: string) {
    return `prollite/${this.name}/tab/${id}`;
  }

  expect(call: number, token: CancelToken) {
    this.tokens.set(call, token);
  }

  // ---- what the wasm calls ----

  tab() {
    return this.id;
  }

  now() {
    return performance.now();
  }

  cancelled(call: number): boolean {
    const token = this.tokens.get(call);
    if (token?.slot !== undefined && this.flags) return Atomics.load(this.flags, token.slot) === call;
    if (token?.url === undefined || this.pollingWorks === false) return false;
    if (canRead(token.url)) {
      this.pollingWorks = true;
      return false;
    }
    // Revoked, or forbidden from the start by a policy of the page.
    this.pollingWorks ??= token.canary !== undefined && canRead(token.canary);
    return this.pollingWorks;
  }

  answer(call: number, batch: Uint8Array | undefined, error: WireError | null, branch?: string) {
    this.tokens.delete(call);
    if (batch) this.post({ t: 'answer', id: call, batch, branch }, [batch.buffer]);
    else this.post({ t: 'answer', id: call, error: error ?? undefined, branch });
  }

  publishing(number: number, calls: Told[]) {
    const transfer = calls.flatMap(([call, batch]) => {
      this.tokens.delete(call);
      return batch ? [batch.buffer] : [];
    });
    this.post({ t: 'publishing', number, calls }, transfer);
  }

  landed(number: number, branch?: string) {
    this.post({ t: 'landed', number, branch });
    this.onLanded?.();
  }

  async lock(name: string): Promise<() => void> {
    if (!hasLocks()) return () => undefined;
    return new Promise((granted, refused) => {
      navigator.locks.request(name, () => new Promise<void>((release) => granted(() => release()))).catch(refused);
    });
  }

  async tabs(): Promise<string[]> {
    if (!hasLocks()) throw new Error('no Web Locks');
    const prefix = this.tabLock('');
    const { held = [] } = await navigator.locks.query();
    return held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  }

  /** Whether there was a database of this name. */
  async known(): Promise<boolean> {
    return this.marked || isMarked(this.name);
  }

  /** From here on its absence is a loss. */
  remember(): Promise<void> {
    return mark(this.name);
  }

  /** Whether this origin has another tab with a database open. */
  async hasCompany(): Promise<boolean> {
    if (!hasLocks()) return false;
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name?.startsWith('prollite/') && name.includes('/tab/') && name !== this.tabLock(this.id));
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Tells the other tabs. That costs as much as a small commit: what comes in quick succession is told once. */
  notify(kind: string, detail: unknown) {
    this.notices.set(kind, detail);
    if (this.notices.size === 1) setTimeout(() => this.tellTabs(), NOTICE_MS);
  }

  private tellTabs() {
    for (const [kind, detail] of this.notices) this.channel?.postMessage({ kind, detail });
    this.notices.clear();
  }

  event(kind: string, detail: unknown) {
    this.post({ t: 'event', kind, detail });
  }
}

function canRead(url: string): boolean {
  try {
    const request = new XMLHttpRequest();
    request.open('GET', url, false);
    request.send();
    return true;
  } catch {
    return false;
  }
}

/** Serves one page: answers a function that takes its messages. */
export function serve(post: Post): (message: ToWorker) => void {
  let engine: Engine | undefined;
  let host: EngineHost | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let noticed = false;

  const fail = (id: number, error: unknown) => {
    post({ t: 'failed', id, error: isWireError(error) ? plain(error) : plain(fromWire(error)) });
  };

  function offer(module: WebAssembly.Module) {
    try {
      post({ t: 'module', module });
    } catch {
      // It cannot be sent from here: the next worker compiles its own.
    }
  }

  async function start(message: Extract<ToWorker, { t: 'open' }>) {
    const { name, options, flags } = message;
    const made = new EngineHost(name, options.tab, post, options.marked === true, flags && new Int32Array(flags), options.authorized);
    host = made;
    const ready = async () => {
      if (options.storage !== 'idb') return;
      await made.enter();
      // Whoever else is here has done it.
      if (!options.logged && !(await made.hasCompany())) await beginFreshLog();
    };
    const load = async () => {
      const module = await loadWasm(message.wasm);
      if (typeof message.wasm === 'string') offer(module);
      return module;
    };
    const [module] = await Promise.all([load(), ready()]);
    initSync({ module });
    // The wasm's declarations know an opaque `Host`.
    engine = await Engine.open(name, options, made as never);
    made.onNotice = (kind) => {
      if (kind === 'seen' || noticed) return;
      noticed = true;
      setTimeout(() => {
        noticed = false;
        engine?.refresh().catch(report);
      }, 0);
    };
    made.onLanded = () => {
      clearTimeout(idle);
      idle = setTimeout(() => {
        if (engine?.is_idle()) engine.tidy().catch(report);
      }, IDLE_MS);
    };
  }

  function report(error: unknown) {
    if (isWireError(error) && error.code !== 'CLOSED') post({ t: 'event', kind: 'error', detail: error });
  }

  async function ask(question: Question): Promise<unknown> {
    if (!engine) throw { code: 'CLOSED', message: 'the database handle is closed' };
    switch (question.what) {
      case 'connect': {
        const session = await engine.connect(question.branch);
        return { session, branch: engine.branch(session) };
      }
      case 'gc':
        return engine.gc(question.prune);
      case 'verify':
        return engine.verify();
      case 'figures':
        return engine.figures();
      case 'evict':
        return engine.evict();
      case 'tidy':
        return engine.tidy();
      case 'listen':
        return engine.listen();
      case 'refresh':
        return engine.refresh();
      case 'defect':
        return engine.defect();
      case 'landed':
        return engine.landed(question.tab);
      case 'close': {
        clearTimeout(idle);
        await engine.close();
        host?.leave();
        engine = undefined;
        return undefined;
      }
    }
  }

  return (message) => {
    switch (message.t) {
      case 'open':
        start(message).then(
          () => post({ t: 'done', id: message.id, value: undefined }),
          (error) => {
            host?.leave();
            fail(message.id, error);
          },
        );
        break;
      case 'ask':
        ask(message.question).then(
          (value) => post({ t: 'done', id: message.id, value }),
          (error) => fail(message.id, error),
        );
        break;
      case 'call': {
        const { id, session, kind, cancel } = message;
        if (!engine || !host) {
          post({ t: 'answer', id, error: { code: 'CLOSED', message: 'the database handle is closed' } });
          break;
        }
        if (cancel) host.expect(id, cancel);
        engine.call(id, session, kind, message.message, message.timeoutMs, cancel !== undefined);
        break;
      }
      case 'auth':
        host?.authorize(message.id, message.headers);
        break;
      case 'cancel':
        host?.wire.cancel(message.id);
        engine?.cancel(message.id);
        break;
      case 'disconnect':
        engine?.disconnect(message.session);
        break;
    }
  };
}

function plain({ code, message, position, hint }: WireError): WireError {
  return { code, message, position, hint };
}
