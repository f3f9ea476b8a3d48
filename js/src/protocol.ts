// Messages between the page and the worker. Every message to the worker carries `prollite: 1`, so that the worker's
// script does no harm in a worker of somebody else.
import type { WireError } from './errors';

export const QUERY = 0;
export const SCRIPT = 1;
export const BATCH = 2;
export type CallKind = typeof QUERY | typeof SCRIPT | typeof BATCH;

export interface EngineOptions {
  storage: 'idb' | 'memory';
  durability: 'strict' | 'relaxed';
  cacheBytes?: number;
  /** This worker's id. */
  tab: string;
  /** The page knows that there was a database of this name. */
  marked?: boolean;
  /** The page has a callback for remotes' headers. */
  authorized?: boolean;
  /** A worker of this page has made the browser begin a new log (`fresh-log.ts`): the browser still runs. */
  logged?: boolean;
}

export type WasmSource = string | WebAssembly.Module | BufferSource;

/** How a call that computes learns that it is cancelled: a URL that is revoked, or a slot of shared memory. */
export interface CancelToken {
  url?: string;
  /** A URL that is never revoked: when it cannot be read either, cancelling this way is forbidden here. */
  canary?: string;
  slot?: number;
}

export type Question =
  | { what: 'connect'; branch: string }
  | { what: 'gc'; prune: boolean }
  | { what: 'verify' | 'figures' | 'evict' | 'tidy' | 'listen' | 'refresh' | 'close' | 'defect' }
  | { what: 'landed'; tab: string };

export type ToWorker =
  | { t: 'open'; id: number; name: string; options: EngineOptions; wasm: WasmSource; flags?: SharedArrayBuffer }
  | { t: 'ask'; id: number; question: Question }
  | { t: 'call'; id: number; session: number; kind: CallKind; message: Uint8Array; timeoutMs: number; cancel?: CancelToken }
  | { t: 'cancel'; id: number }
  | { t: 'auth'; id: number; headers?: Record<string, string> }
  | { t: 'disconnect'; session: number };

/** A call with its answer: a batch, or an error. */
export type Told = [id: number, batch: Uint8Array | null, error: WireError | null];

export type FromWorker =
  | { t: 'done'; id: number; value: unknown }
  | { t: 'failed'; id: number; error: WireError }
  | { t: 'answer'; id: number; batch?: Uint8Array; error?: WireError; branch?: string }
  /** What will be answered when this publication has landed. */
  | { t: 'publishing'; number: number; calls: Told[] }
  | { t: 'landed'; number: number; branch?: string }
  | { t: 'auth'; id: number; url: string; scope: string; reason: 'first' | 'expired' }
  | { t: 'event'; kind: string; detail: unknown }
  /** The engine, for the next worker: it need not be compiled again. */
  | { t: 'module'; module: WebAssembly.Module };
