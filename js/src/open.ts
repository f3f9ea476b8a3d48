import { badArgument, DbError } from './errors';
import { Handle } from './db';
import { unmark } from './marks';
import { Link, type Engine, type StartEngine } from './rpc';
import type { FromWorker, ToWorker, WasmSource } from './protocol';
import type { CloneOpts, Db, OpenOptions } from './types';

const PREFIX = 'prollite/';

const inBrowser = () => typeof window !== 'undefined' || typeof (globalThis as { WorkerGlobalScope?: unknown }).WorkerGlobalScope !== 'undefined';

function checkName(name: string) {
  if (typeof name !== 'string' || name === '') throw badArgument('a database needs a name');
  // IndexedDB takes any text, but a lone surrogate does not survive the way through wasm.
  if (!isWellFormed(name)) throw badArgument('the name of the database is no well-formed text');
}

function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}

/** Opens a database, and makes it when there never was one of this name: one that the browser lost is `STORAGE_LOST`. */
export async function open(name: string, options: OpenOptions = {}): Promise<Db> {
  checkName(name);
  const { branch = 'main', types = {}, author, signal, timeoutMs } = options;
  const storage = options.storage ?? 'idb';
  if (signal?.aborted) throw new DbError('ABORTED', 'opening was cancelled', { cause: signal.reason });
  if (storage === 'idb' && typeof indexedDB === 'undefined') {
    const hint = "open(name, { storage: 'memory' }) works without";
    throw new DbError('STORAGE_BLOCKED', 'there is no IndexedDB here', { hint });
  }
  const link = new Link(
    name,
    { storage, durability: options.durability ?? 'strict', cacheBytes: options.cacheBytes },
    wasmSource(options.wasm),
    starter(options),
    options.auth,
  );
  await link.start(timeoutMs);
  try {
    return new Handle(link, await link.connect(branch), types, author);
  } catch (error) {
    link.retain();
    await link.release();
    throw error;
  }
}

/**
 * Makes a database that is a clone of a remote's, or goes on with one that was broken off. One that holds something else
 * is `EXISTS`.
 */
export async function clone(url: string, name: string, options: OpenOptions & CloneOpts = {}): Promise<Db> {
  const { branch, onProgress, lazy, depth, singleBranch, ...rest } = options;
  const db = await open(name, rest);
  try {
    await db.remotes.clone(url, { branch, onProgress, lazy, depth, singleBranch, signal: options.signal });
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

function wasmSource(wasm: OpenOptions['wasm']): WasmSource {
  if (wasm === undefined) return new URL('./prollite_bg.wasm', import.meta.url).href;
  if (wasm instanceof URL) return wasm.href;
  if (typeof wasm !== 'string') return wasm;
  // Relative to the page, as every other address in it: the worker's own would be another.
  return typeof location === 'undefined' ? wasm : new URL(wasm, location.href).href;
}

function starter(options: OpenOptions): StartEngine {
  const { worker } = options;
  const separate = worker ?? typeof Worker !== 'undefined';
  if (separate === false || (!inBrowser() && typeof worker !== 'function')) return inProcess;
  return async (take, broken) => {
    const made = typeof worker === 'function' ? worker() : newWorker();
    made.addEventListener('message', ({ data }) => take(data as FromWorker));
    made.addEventListener('error', (event) => {
      const what = event instanceof ErrorEvent && event.message ? event.message : 'the script did not load';
      broken(
        new DbError('WORKER_LOAD', `the worker failed: ${what}`, {
          hint: 'copy worker.js beside the script, or make it yourself with open(name, { worker: () => new Worker(…) })',
        }),
      );
    });
    const engine: Engine = {
      separate: true,
      post: (message: ToWorker, transfer) => made.postMessage({ ...message, prollite: 1 }, transfer),
      end: () => made.terminate(),
    };
    return engine;
  };
}

function newWorker(): Worker {
  try {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'prollite' });
  } catch (cause) {
    // A script of another origin, such as a CDN's, may not be a worker: a blob may, and import it.
    const source = `import ${JSON.stringify(new URL('./worker.js', import.meta.url).href)};`;
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    try {
      return new Worker(url, { type: 'module', name: 'prollite' });
    } catch {
      throw new DbError('WORKER_LOAD', `the worker could not be made: ${String((cause as Error)?.message ?? cause)}`, { cause });
    }
  }
}

/** The engine in this thread: in Node, and where no worker is wanted. */
const inProcess: StartEngine = async (take) => {
  const script = new URL('./worker.js', import.meta.url).href;
  const { serve } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ script)) as typeof import('./worker');
  let ended = false;
  const give = serve((message) => queueMicrotask(() => ended || take(message)));
  return {
    separate: false,
    post: (message) => queueMicrotask(() => give(message)),
    end: () => {
      ended = true;
    },
  };
};

/** The databases of this origin. */
export async function listDbs(): Promise<{ name: string }[]> {
  if (typeof indexedDB === 'undefined' || !indexedDB.databases) return [];
  const found = await indexedDB.databases();
  return found
    .flatMap(({ name }) => (name?.startsWith(PREFIX) ? [{ name: name.slice(PREFIX.length) }] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Removes a database, or forgets one that the browser lost. Handles on it, in this tab and in others, are closed. */
export async function deleteDb(name: string): Promise<void> {
  checkName(name);
  if (typeof indexedDB === 'undefined') return;
  await unmark(name);
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(PREFIX + name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(new DbError('STORAGE_BLOCKED', `database ${name} cannot be removed`, { cause: request.error }));
    // Every Prollite tab lets go when it is asked; what still blocks is released as they end.
  });
}
