// Fetching the engine, with an error that says what went wrong.
import { DbError } from './errors';
import type { WasmSource } from './protocol';

export async function loadWasm(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source !== 'string') return WebAssembly.compile(source);
  if (source.startsWith('file:')) return WebAssembly.compile(await readLocal(source));
  let response: Response;
  try {
    response = await fetch(source, { credentials: 'same-origin' });
  } catch (cause) {
    throw failure(source, 'it cannot be fetched', cause);
  }
  if (!response.ok) throw failure(source, `the server answered ${response.status}`);
  // Compiled while it comes, and kept compiled by browsers that do so.
  if (/^application\/wasm\b/i.test(response.headers.get('content-type') ?? '')) {
    return WebAssembly.compileStreaming(response).catch((cause) => {
      throw failure(source, String((cause as Error)?.message ?? cause), cause);
    });
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes[0] === 0x3c) throw failure(source, 'the server answered a page of HTML');
  if (bytes[0] !== 0 || bytes[1] !== 0x61) throw failure(source, 'what the server answered is no wasm');
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw failure(source, String((cause as Error)?.message ?? cause), cause);
  }
}

function failure(source: string, why: string, cause?: unknown): DbError {
  return new DbError('WASM_LOAD', `the engine ${source} could not be loaded: ${why}`, {
    hint: "copy prollite_bg.wasm beside the script, or name its place with open(name, { wasm }); a CSP needs 'wasm-unsafe-eval'",
    cause,
  });
}

async function readLocal(url: string): Promise<Uint8Array<ArrayBuffer>> {
  // A name that bundlers do not follow.
  const module = 'node:fs/promises';
  const { readFile } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as {
    readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
  };
  try {
    return await readFile(new URL(url));
  } catch (cause) {
    throw failure(url, 'the file cannot be read', cause);
  }
}
