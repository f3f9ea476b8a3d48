// Proposals: rows of pending_diffs. An agent's submission is checked whole, and is one commit authored by the agent.
import type { Tx } from 'prollite';
import { findByLabel, type Block } from './blocks';
import { agentPerson, inOneCommit, oneLine, type Desk, type Queries } from './desk';
import { applyOperation, checkLabel, checkLimit, OPERATIONS, Refusal, type Operation, type OperationName } from './operations';
import { hashText } from './text';

export type Status = 'pending' | 'approved' | 'rejected' | 'superseded' | 'expired';
export type Confidence = 'low' | 'medium' | 'high';

/** One edit as an agent asks for it. */
export interface Edit extends Operation {
  /** The label. */
  block: string;
  /** The hash of the body that the agent read: another one now is refused. */
  baseHash?: string;
}

export interface Submission {
  agent: string;
  /** More than one: a group, which stands and falls together until a person splits it. */
  edits: Edit[];
  reasoning: string;
  confidence: Confidence;
  expiresAt?: string;
  /** A pending proposal of the same agent that this one takes the place of. */
  supersedes?: string;
}

export interface Receipt {
  outcome: 'pending' | 'duplicate';
  ids: string[];
  group?: string;
  /** Proposals that this one took the place of. */
  superseded: string[];
}

export interface ProposalSummary {
  id: string;
  blockId: string | null;
  label: string;
  operation: OperationName;
  agent: string;
  confidence: Confidence;
  reasoning: string;
  status: Status;
  createdAt: string;
  reviewedAt: string | null;
  expiresAt: string | null;
  group: string | null;
  baseHash: string | null;
  decidedBy: string | null;
  note: string | null;
  edited: boolean;
}

export interface Proposal extends ProposalSummary {
  value: string;
  anchor: string | null;
  line: number | null;
  /** The body when it was proposed; of a new block none. */
  base: string;
  baseCommit: string | null;
  supersedes: string | null;
  finalValue: string | null;
}

interface Row {
  id: string;
  block_id: string | null;
  block_label: string;
  operation: OperationName;
  agent_id: string | null;
  confidence: Confidence | null;
  reasoning: string | null;
  status: Status;
  created_at: string | null;
  reviewed_at: string | null;
  expires_at: string | null;
  group_id: string | null;
  base_hash: string | null;
  decided_by: string | null;
  decision_note: string | null;
  edited: boolean | number;
  new_value?: string | null;
  anchor?: string | null;
  line?: number | null;
  current_value?: string | null;
  base_commit?: string | null;
  supersedes?: string | null;
  final_value?: string | null;
}

const WORDS: Record<OperationName, string> = {
  append: 'add to', replace: 'change', full_replace: 'rewrite', replace_all: 'change all in', insert: 'insert into', create: 'create', rename: 'rename', delete: 'delete',
};

/** The sentence that history shows: what was done, to which block. */
export function sentence({ operation, label }: { operation: OperationName; label: string }): string {
  return `${WORDS[operation]} ${label}`;
}

/** Bodies are read with the one proposal that is opened. */
const SUMMARY = `id, block_id, block_label, operation, agent_id, confidence, reasoning, status, created_at, reviewed_at, expires_at,
  group_id, base_hash, decided_by, decision_note, (final_value IS NOT NULL) AS edited`;

function summaryOf(row: Row): ProposalSummary {
  return {
    id: row.id,
    blockId: row.block_id,
    label: row.block_label,
    operation: row.operation,
    agent: row.agent_id ?? 'agent',
    confidence: row.confidence ?? 'low',
    reasoning: row.reasoning ?? '',
    status: row.status,
    createdAt: row.created_at ?? '',
    reviewedAt: row.reviewed_at,
    expiresAt: row.expires_at,
    group: row.group_id,
    baseHash: row.base_hash,
    decidedBy: row.decided_by,
    note: row.decision_note,
    edited: Boolean(row.edited),
  };
}

/** Pending ones, oldest first. */
export async function listPending({ db, userId }: Desk): Promise<ProposalSummary[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${SUMMARY} FROM pending_diffs WHERE status = 'pending' AND user_id = ? ORDER BY created_at, id`,
    [userId],
  );
  return rows.map(summaryOf);
}

/** Decided ones, newest first. */
export async function listDecided({ db, userId }: Desk, limit = 100): Promise<ProposalSummary[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${SUMMARY} FROM pending_diffs WHERE status <> 'pending' AND user_id = ? ORDER BY reviewed_at DESC, id LIMIT ?`,
    [userId, limit],
  );
  return rows.map(summaryOf);
}

export async function findProposal(queries: Queries, id: string): Promise<Proposal | undefined> {
  const { rows } = await queries.query<Row>(
    `SELECT ${SUMMARY}, new_value, anchor, line, current_value, base_commit, supersedes, final_value FROM pending_diffs WHERE id = ?`,
    [id],
  );
  const [row] = rows;
  if (!row) return undefined;
  return {
    ...summaryOf(row),
    value: row.new_value ?? '',
    anchor: row.anchor ?? null,
    line: row.line ?? null,
    base: row.current_value ?? '',
    baseCommit: row.base_commit ?? null,
    supersedes: row.supersedes ?? null,
    finalValue: row.final_value ?? null,
  };
}

export function operationOf({ operation, value, anchor, line }: Pick<Proposal, 'operation' | 'value' | 'anchor' | 'line'>): Operation {
  return { operation, value, ...(anchor === null ? {} : { anchor }), ...(line === null ? {} : { line }) };
}

class Duplicate extends Error {
  constructor(readonly ids: string[]) {
    super('proposed already');
  }
}

/** Takes a submission in, or refuses it with a reason that a program can read. */
export async function submit(desk: Desk, submission: Submission): Promise<Receipt> {
  checkShape(submission);
  const { agent, edits, reasoning, confidence } = submission;
  const ids = edits.map(() => crypto.randomUUID() as string);
  const group = edits.length > 1 ? crypto.randomUUID() : undefined;
  const labels = [...new Set(edits.map(({ block }) => block))].join(', ');
  const { rows } = await desk.db.query<{ hash: string }>("SELECT dolt_hashof('HEAD') AS hash");
  try {
    const commit = {
      message: `Propose: ${oneLine(edits.map(({ operation, block }) => sentence({ operation, label: block })).join(', '), 120)}`,
      author: agentPerson(agent),
      trailers: { Act: 'propose', Block: labels, Proposals: ids.join(' '), Reason: oneLine(reasoning) },
    };
    return await inOneCommit(desk, commit, async (tx) => {
      await admit(tx, desk, agent, edits.length);
      const keys = await Promise.all(edits.map(keyOf));
      await refuseKnown(tx, desk, keys);
      const superseded = await supersede(tx, desk, submission);
      // A group's edits of one block stand on each other.
      const ahead = new Map<string, Block>();
      for (const [at, edit] of edits.entries()) {
        const block = ahead.get(edit.block) ?? (await findByLabel(tx, desk.userId, edit.block));
        const proposed = check(edit, block);
        if (edit.operation === 'create' && ahead.has(edit.block)) throw new Refusal('label_taken', `the group makes ${edit.block} twice`);
        if (edit.operation === 'rename' && (await findByLabel(tx, desk.userId, edit.value ?? ''))) {
          throw new Refusal('label_taken', `there is a block ${edit.value} already`);
        }
        await tx.query(
          `INSERT INTO pending_diffs (id, user_id, block_label, operation, new_value, current_value, reasoning, confidence, agent_id, status,
             created_at, block_id, anchor, line, base_commit, base_hash, group_id, dedupe_key, supersedes, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          [
            ids[at], desk.userId, edit.block, edit.operation, edit.value ?? null, block?.body ?? null, reasoning, confidence, agent,
            new Date(desk.now().getTime() + at).toISOString(), block?.id ?? null, edit.anchor ?? null, edit.line ?? null, rows[0]?.hash ?? null, block?.hash ?? null,
            group ?? null, keys[at], superseded[0] ?? null, submission.expiresAt ?? null,
          ] as (string | number | null)[],
        );
        if (block) ahead.set(edit.block, { ...block, body: proposed, hash: await hashText(proposed) });
      }
      return { outcome: 'pending' as const, ids, ...(group ? { group } : {}), superseded };
    });
  } catch (error) {
    if (error instanceof Duplicate) return { outcome: 'duplicate', ids: error.ids, superseded: [] };
    throw error;
  }
}

function checkShape({ agent, edits, reasoning, confidence, expiresAt }: Submission): void {
  if (typeof agent !== 'string' || !/^[\w .:@/-]{1,200}$/.test(agent)) throw new Refusal('malformed', 'an agent is named by 1 to 200 letters, digits and . : @ / -');
  if (!Array.isArray(edits) || edits.length === 0 || edits.length > 50) throw new Refusal('malformed', 'between 1 and 50 edits are needed');
  if (typeof reasoning !== 'string' || reasoning.trim() === '') throw new Refusal('malformed', 'a proposal needs a reasoning: why should the person agree?');
  if (!['low', 'medium', 'high'].includes(confidence)) throw new Refusal('malformed', 'confidence is low, medium or high');
  if (expiresAt !== undefined && Number.isNaN(Date.parse(expiresAt))) throw new Refusal('malformed', 'expiresAt is no time');
  for (const edit of edits) {
    if (!OPERATIONS.includes(edit?.operation)) throw new Refusal('unknown_operation', `there is no operation "${String(edit?.operation)}": ${OPERATIONS.join(', ')}`);
    if (typeof edit.block !== 'string') throw new Refusal('malformed', 'an edit names its block by the label');
    for (const name of ['value', 'anchor', 'baseHash'] as const) {
      if (edit[name] !== undefined && typeof edit[name] !== 'string') throw new Refusal('malformed', `${name} is a text`);
    }
  }
}

/** What the edit makes of the block as it is now; throws what is wrong with it. */
function check(edit: Edit, block: Block | undefined): string {
  if (edit.operation === 'create') {
    checkLabel(edit.block);
    if (block) throw new Refusal('label_taken', `there is a block ${edit.block} already`);
    const body = applyOperation('', edit);
    checkLimit(body, 5000);
    return body;
  }
  if (!block) throw new Refusal('unknown_block', `there is no block ${edit.block}`);
  if (edit.baseHash !== undefined && edit.baseHash !== block.hash) {
    throw new Refusal('stale_base', `the block ${edit.block} has changed since you read it`, { hash: block.hash });
  }
  if (block.readOnly) throw new Refusal('read_only', `the block ${edit.block} is read-only`);
  if (edit.operation === 'rename') checkLabel(edit.value);
  if (edit.operation === 'rename' || edit.operation === 'delete') return block.body;
  const proposed = applyOperation(block.body, edit);
  if (proposed === block.body) throw new Refusal('no_change', 'the block says this already');
  checkLimit(proposed, block.limit);
  return proposed;
}

async function admit(tx: Tx, desk: Desk, agent: string, more: number): Promise<void> {
  const { rows } = await tx.query<{ blocked: boolean | number; max_pending: number }>('SELECT blocked, max_pending FROM agents WHERE id = ?', [agent]);
  const [known] = rows;
  if (!known) await tx.query('INSERT INTO agents (id, name) VALUES (?, ?)', [agent, agent]);
  if (known?.blocked) throw new Refusal('agent_blocked', `${agent} may not propose`);
  const { rows: counted } = await tx.query<{ n: number }>("SELECT COUNT(*) AS n FROM pending_diffs WHERE status = 'pending' AND agent_id = ?", [agent]);
  const max = known?.max_pending ?? 100;
  if (Number(counted[0]?.n ?? 0) + more > max) {
    throw new Refusal('too_many_pending', `${agent} may have ${max} proposals waiting, and not more`, { max });
  }
}

function keyOf({ block, operation, value = '', anchor = '', line = 0 }: Edit): Promise<string> {
  return hashText(JSON.stringify([block, operation, value, anchor, line]));
}

/** A submission of which every edit is pending already is a duplicate; one that a person rejected is not asked again. */
async function refuseKnown(tx: Tx, desk: Desk, keys: readonly string[]): Promise<void> {
  const same: string[] = [];
  for (const key of keys) {
    const { rows } = await tx.query<{ id: string; status: Status }>(
      "SELECT id, status FROM pending_diffs WHERE dedupe_key = ? AND user_id = ? AND status IN ('pending', 'rejected')",
      [key, desk.userId],
    );
    const rejected = rows.find(({ status }) => status === 'rejected');
    if (rejected) throw new Refusal('already_rejected', 'the person has rejected this very edit', { id: rejected.id });
    const pending = rows.find(({ status }) => status === 'pending');
    if (pending) same.push(pending.id);
  }
  if (same.length === keys.length) throw new Duplicate(same);
}

/** A newer one of the same agent for the same place takes the older one's. */
async function supersede(tx: Tx, desk: Desk, { agent, edits, supersedes }: Submission): Promise<string[]> {
  const older: string[] = [];
  if (supersedes !== undefined) {
    const { rows } = await tx.query<{ id: string }>("SELECT id FROM pending_diffs WHERE id = ? AND agent_id = ? AND status = 'pending'", [supersedes, agent]);
    if (!rows[0]) throw new Refusal('not_pending', 'the proposal to supersede is not one of yours that waits');
    older.push(rows[0].id);
  }
  for (const { block, operation, anchor } of edits.length === 1 ? edits : []) {
    if (operation !== 'full_replace' && operation !== 'replace') continue;
    const { rows } = await tx.query<{ id: string; anchor: string | null }>(
      `SELECT id, anchor FROM pending_diffs WHERE status = 'pending' AND user_id = ? AND agent_id = ? AND block_label = ? AND operation = ? AND group_id IS NULL`,
      [desk.userId, agent, block, operation],
    );
    older.push(...rows.filter((row) => (row.anchor ?? undefined) === anchor && !older.includes(row.id)).map(({ id }) => id));
  }
  for (const id of older) {
    await tx.query("UPDATE pending_diffs SET status = 'superseded', reviewed_at = ?, decided_by = ? WHERE id = ?", [desk.now().toISOString(), agent, id]);
  }
  return older;
}

/** Marks what is past its time; answers how many. */
export async function expireDue(desk: Desk): Promise<number> {
  const due = "status = 'pending' AND user_id = ? AND expires_at IS NOT NULL AND expires_at <= ?";
  const args = [desk.userId, desk.now().toISOString()];
  const { rows } = await desk.db.query<{ n: number }>(`SELECT COUNT(*) AS n FROM pending_diffs WHERE ${due}`, args);
  const count = Number(rows[0]?.n ?? 0);
  if (count === 0) return 0;
  await inOneCommit(desk, { message: `Expire ${count} proposals`, trailers: { Act: 'expire' } }, async (tx) => {
    await tx.query(`UPDATE pending_diffs SET status = 'expired', reviewed_at = ?, decided_by = 'time' WHERE ${due}`, [desk.now().toISOString(), ...args]);
  });
  return count;
}
