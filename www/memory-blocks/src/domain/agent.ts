// How an agent talks to the application: JSON messages over a MessagePort. Every message is answered, a wrong one with
// a code and a sentence.
import { DbError } from 'prollite';
import { findByLabel, listBlocks } from './blocks';
import type { Desk } from './desk';
import { Refusal } from './operations';
import { findProposal, submit, type Edit, type Submission } from './proposals';
import { applyRules } from './rules';

export const PROTOCOL = 'memory-blocks/1';

export type Reply = { protocol: typeof PROTOCOL; request: unknown } & (
  | { ok: true; result: unknown }
  | { ok: false; code: string; message: string; details?: unknown }
);

interface Message {
  protocol?: unknown;
  request?: unknown;
  type?: unknown;
  agent?: unknown;
  [key: string]: unknown;
}

/** What the agent asked for, done or refused. Never throws. */
export async function answer(desk: Desk, message: unknown): Promise<Reply> {
  const { request = null } = (typeof message === 'object' && message !== null ? message : {}) as Message;
  try {
    return { protocol: PROTOCOL, request, ok: true, result: await serve(desk, message) };
  } catch (error) {
    if (error instanceof Refusal) {
      return { protocol: PROTOCOL, request, ok: false, code: error.code, message: error.message, details: error.details };
    }
    const code = error instanceof DbError ? error.code : 'INTERNAL';
    return { protocol: PROTOCOL, request, ok: false, code, message: error instanceof Error ? error.message : String(error) };
  }
}

async function serve(desk: Desk, message: unknown): Promise<unknown> {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) throw new Refusal('malformed', 'a message is an object');
  const asked = message as Message;
  if (asked.protocol !== PROTOCOL) throw new Refusal('malformed', `the protocol is ${PROTOCOL}`);
  switch (asked.type) {
    case 'list':
      return (await listBlocks(desk)).map(({ label, title, description, length, limit, readOnly }) => ({ label, title, description, length, limit, readOnly }));
    case 'read': {
      const block = typeof asked.block === 'string' ? await findByLabel(desk.db, desk.userId, asked.block) : undefined;
      if (!block) throw new Refusal('unknown_block', `there is no block ${String(asked.block)}`);
      const { label, title, description, body, hash, limit, readOnly } = block;
      return { label, title, description, value: body, hash, limit, readOnly };
    }
    case 'propose': {
      const receipt = await submit(desk, submissionOf(asked));
      const approved = receipt.outcome === 'pending' ? await applyRules(desk, receipt.ids) : [];
      return { ...receipt, approved };
    }
    case 'status': {
      const proposal = typeof asked.id === 'string' ? await findProposal(desk.db, asked.id).catch(() => undefined) : undefined;
      if (!proposal) throw new Refusal('unknown_proposal', `there is no proposal ${String(asked.id)}`);
      const { id, status, note, finalValue, decidedBy } = proposal;
      return { id, status, note, finalValue, decidedBy };
    }
    default:
      throw new Refusal('malformed', `the type is list, read, propose or status, not ${String(asked.type)}`);
  }
}

function submissionOf(asked: Message): Submission {
  const { agent, edits, reasoning, confidence = 'medium', expiresAt, supersedes } = asked;
  const { block, operation, value, anchor, line, baseHash } = asked;
  const one = { block, operation, value, anchor, line, baseHash };
  const list = edits ?? [Object.fromEntries(Object.entries(one).filter(([, given]) => given !== undefined))];
  return { agent, edits: list as Edit[], reasoning, confidence, ...(expiresAt === undefined ? {} : { expiresAt }), ...(supersedes === undefined ? {} : { supersedes }) } as Submission;
}

/** Serves a port until it is closed. `heard` learns of every answer. */
export function serveAgent(desk: () => Desk, port: MessagePort, heard: (message: unknown, reply: Reply) => void): void {
  port.onmessage = async ({ data }) => {
    const reply = await answer(desk(), data);
    heard(data, reply);
    port.postMessage(reply);
  };
}
