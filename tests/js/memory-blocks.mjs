// The memory blocks' domain for Node: bundled once, opened in memory.
import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { open } from '../../dist/index.js';
import { at } from '../../pkg-config/steps.mjs';

const outfile = at('.cache', 'memory-blocks-domain.mjs');
mkdirSync(at('.cache'), { recursive: true });
// Beside the package's own files, `prollite` is the package itself.
await build({ entryPoints: [at('www/memory-blocks/src/domain/index.ts')], outfile, bundle: true, format: 'esm', platform: 'neutral', external: ['prollite'], mainFields: ['module', 'main'] });
export const domain = await import(pathToFileURL(outfile).href);

let made = 0;

/** A desk over an empty database. Its clock stands still until it is moved. */
export async function newDesk({ person = 'Ada', db } = {}) {
  const clock = { at: Date.UTC(2026, 0, 25, 9, 0) };
  const desk = {
    db: db ?? (await open(`desk-${made++}`, { storage: 'memory' })),
    userId: 'ada',
    person: { name: person, email: `${person.toLowerCase()}@example.org` },
    now: () => new Date((clock.at += 1000)),
  };
  await domain.setUp(desk.db);
  return Object.assign(desk, { clock });
}

/** One proposal of one edit, with what the test leaves out filled in. */
export async function propose(desk, edit, more = {}) {
  const receipt = await domain.submit(desk, { agent: 'tutor', reasoning: 'She said so.', confidence: 'high', edits: [edit], ...more });
  return receipt.ids[0];
}

export async function commits(db) {
  const found = [];
  for await (const commit of db.vc.log()) found.push(commit);
  return found;
}

export async function refused(code, work) {
  try {
    await work();
  } catch (error) {
    if (error.name === 'Refusal' && error.code === code) return error;
    throw error;
  }
  throw new Error(`expected a refusal: ${code}`);
}
