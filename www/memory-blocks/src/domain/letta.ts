// Letta's shape of a block, and its REST interface. What comes from there is a proposal like any other.
import { findByLabel, listBlocks, needBlock } from './blocks';
import type { Desk } from './desk';
import { Refusal } from './operations';
import { submit, type Receipt } from './proposals';

export interface LettaBlock {
  id?: string;
  label: string;
  value: string;
  limit: number;
  description: string | null;
  read_only: boolean;
  metadata?: Record<string, unknown>;
}

/** What Letta's shape has no place for. */
export const LETTA_LEAVES_OUT = 'the history, the proposals and their reasons, the agents and the rules';

export async function toLetta(desk: Desk): Promise<LettaBlock[]> {
  const found: LettaBlock[] = [];
  for (const { id } of await listBlocks(desk)) {
    const { label, body, limit, description, readOnly, title } = await needBlock(desk.db, id);
    found.push({ label, value: body, limit, description: description || null, read_only: readOnly, metadata: { title } });
  }
  return found;
}

export interface LettaServer {
  url: string;
  token?: string;
  fetch?: typeof fetch;
}

async function call<T>({ url, token, fetch: given = fetch }: LettaServer, method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await given(`${url.replace(/\/+$/, '')}/v1/blocks/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path || 'blocks'}: the server answered ${answer.status}`);
  return (await answer.json()) as T;
}

/** Writes the person's blocks there: made or changed by label, and nothing is removed. */
export async function pushToLetta(desk: Desk, server: LettaServer): Promise<{ created: string[]; updated: string[]; same: string[] }> {
  const done = { created: [] as string[], updated: [] as string[], same: [] as string[] };
  for (const block of await toLetta(desk)) {
    const { label, value, limit, description, read_only } = block;
    const [there] = await call<LettaBlock[]>(server, 'GET', `?label=${encodeURIComponent(label)}`);
    if (!there?.id) {
      await call(server, 'POST', '', block);
      done.created.push(label);
    } else if (there.value === value && there.limit === limit && (there.description ?? null) === description && there.read_only === read_only) {
      done.same.push(label);
    } else {
      await call(server, 'PATCH', encodeURIComponent(there.id), { value, limit, description, read_only });
      done.updated.push(label);
    }
  }
  return done;
}

export interface Pulled {
  /** Labels that wait for review now. */
  proposed: string[];
  same: string[];
  refused: { label: string; why: string }[];
}

/** Reads the blocks there. What differs becomes a proposal; nothing enters a block by itself. */
export async function pullFromLetta(desk: Desk, server: LettaServer): Promise<Pulled> {
  const blocks = await call<LettaBlock[]>(server, 'GET', '');
  if (!Array.isArray(blocks)) throw new Refusal('malformed', 'the server answered no list of blocks');
  return proposeTexts(desk, 'letta', 'Its text differs on the Letta server.', blocks.map(({ label, value }) => ({ label, body: value })));
}

/** Texts from elsewhere, each a proposal of `agent`: a new block, or the whole text of one that is here. */
export async function proposeTexts(desk: Desk, agent: string, reasoning: string, texts: readonly { label: string; body: string }[]): Promise<Pulled> {
  const pulled: Pulled = { proposed: [], same: [], refused: [] };
  for (const { label, body } of texts) {
    const here = await findByLabel(desk.db, desk.userId, label);
    if (here?.body === body) {
      pulled.same.push(label);
      continue;
    }
    try {
      const operation = here ? 'full_replace' : 'create';
      const { outcome }: Receipt = await submit(desk, { agent, reasoning, confidence: 'medium', edits: [{ block: label, operation, value: body }] });
      (outcome === 'pending' ? pulled.proposed : pulled.same).push(label);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      pulled.refused.push({ label, why: error.message });
    }
  }
  return pulled;
}
