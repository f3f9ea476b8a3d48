// Requests to remotes, in the worker: `fetch` with a time limit that begins again at each piece, tokens asked of the
// page, and an end when the call is cancelled. What is sent and what comes back is the engine's (crates/wasm/src/carry.rs).

/** Headers for a remote, or nothing; `expired`: the ones before were refused, or there were none. */
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
    const authorization = async (reason: 'first' | 'expired') => {
      // A person may have to look for a token: no clock runs, and cancelling ends it.
      clearTimeout(timer);
      const cancelled = new Promise<never>((_, reject) => {
        controller.signal.addEventListener('abort', () => reject(failure('ABORTED', `${url}: cancelled`, true)));
      });
      return Promise.race([this.authorization(url, scope, reason), cancelled]);
    };
    const once = async (own: Record<string, string>) => {
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
      let response = await once(await authorization('first'));
      if (response.status === 401) {
        const own = await authorization('expired');
        // Without new ones the refusal is final.
        if (Object.keys(own).length > 0) response = await once(own);
      }
      if (response.status === 401 || response.status === 403) this.headers.delete(this.key(url, scope));
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
    this.headers.delete(this.key(url, scope));
    const asked = (await this.ask(url, { scope, reason })) ?? {};
    if (Object.keys(asked).length > 0) this.headers.set(this.key(url, scope), asked);
    return asked;
  }
}
