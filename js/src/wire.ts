// Requests to remotes, in the worker: `fetch` with a time limit that begins again at each piece, tokens asked of the
// page, and an end when the call is cancelled. What is sent and what comes back is the engine's (crates/wasm/src/carry.rs).

/** Headers for a remote, or nothing; `expired`: the ones before were refused. */
export type AskHeaders = (url: string, why: { scope: string; reason: 'first' | 'expired' }) => Promise<Record<string, string> | undefined>;

export interface Incoming {
  status: number;
  retryAfterMs: number;
  next(): Promise<Uint8Array | undefined>;
  stop(): void;
}

/** Nothing came for so long: the connection is dead. */
const SILENCE_MS = 60_000;

function failure(code: string, message: string, last = false) {
  return { code, message, last };
}

export class Wire {
  private readonly sending = new Map<number, AbortController>();
  /** Headers that worked, by remote and scope. In memory alone. */
  private readonly headers = new Map<string, Record<string, string>>();

  constructor(private readonly ask: AskHeaders) {}

  /** The call was cancelled. */
  cancel(call: number) {
    this.sending.get(call)?.abort();
  }

  async send(call: number, url: string, path: string, method: string, type: string, body: Uint8Array<ArrayBuffer>, scope: string, range: string): Promise<Incoming> {
    if (globalThis.navigator?.onLine === false) throw failure('REMOTE_UNREACHABLE', `${url}: the browser is offline`, true);
    const controller = new AbortController();
    this.sending.set(call, controller);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), SILENCE_MS);
    };
    const stop = () => {
      clearTimeout(timer);
      controller.abort();
      if (this.sending.get(call) === controller) this.sending.delete(call);
    };
    const once = async (reason: 'first' | 'expired') => {
      const own = await this.authorization(url, scope, reason);
      alive();
      try {
        return await fetch(url + path, {
          method,
          headers: { ...own, ...(type && { 'content-type': type }), ...(range && { range }) },
          body: method === 'GET' ? undefined : body,
          signal: controller.signal,
          credentials: 'omit',
          cache: 'no-store',
          redirect: 'error',
        });
      } catch (error) {
        throw failure('REMOTE_UNREACHABLE', `${url} cannot be reached (${String((error as Error)?.message ?? error)}): offline, a wrong address, or this page's origin is not among those that it allows`);
      }
    };
    try {
      let response = await once('first');
      if (response.status === 401 && (await this.hasMore(url, scope))) response = await once('expired');
      const reader = response.body?.getReader();
      const seconds = Number(response.headers.get('retry-after') ?? 0);
      return {
        status: response.status,
        retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds, 300) * 1_000 : 0,
        next: async () => {
          alive();
          try {
            const { value } = (await reader?.read()) ?? {};
            return value;
          } catch (error) {
            throw failure('REMOTE_UNREACHABLE', `${url}: the answer was cut off (${String((error as Error)?.message ?? error)})`);
          }
        },
        stop,
      };
    } catch (error) {
      stop();
      throw error;
    }
  }

  private key(url: string, scope: string) {
    return `${scope} ${url}`;
  }

  private async authorization(url: string, scope: string, reason: 'first' | 'expired'): Promise<Record<string, string>> {
    const known = this.headers.get(this.key(url, scope));
    if (known && reason === 'first') return known;
    const asked = (await this.ask(url, { scope, reason })) ?? {};
    this.headers.set(this.key(url, scope), asked);
    return asked;
  }

  /** Whether the page gave any: without a callback a refusal is final. */
  private async hasMore(url: string, scope: string): Promise<boolean> {
    return Object.keys(this.headers.get(this.key(url, scope)) ?? {}).length > 0;
  }
}
