import { engineOn, load } from './sqlite-wasm.mjs';

export async function open() {
  const sqlite = await load();
  const engine = engineOn(new sqlite.oo1.DB(':memory:'));
  // Nothing is durable: an autocommit insert would not say the same thing.
  return { ...engine, autocommit: undefined, reopen: undefined };
}
