// Rules that approve for the person. There are none at first, and a new one is off: turning it on is the person's word.
import { inOneCommit, type Desk } from './desk';
import { findProposal, type Confidence } from './proposals';
import { OPERATIONS, Refusal, type OperationName } from './operations';
import { approvalOf, approve, preview, riskOf } from './review';
import { codePoints } from './text';

export interface Rule {
  id: string;
  /** None: any. */
  agent: string | null;
  block: string | null;
  operation: OperationName;
  /** At least. */
  confidence: Confidence;
  /** Of the proposed text, at most. */
  maxCharacters: number;
  enabled: boolean;
}

export interface Agent {
  id: string;
  name: string;
  blocked: boolean;
  maxPending: number;
  pending: number;
  approved: number;
  rejected: number;
}

const ORDER: readonly Confidence[] = ['low', 'medium', 'high'];

export async function listRules({ db }: Desk): Promise<Rule[]> {
  const { rows } = await db.query<Record<string, string | number | boolean | null>>('SELECT * FROM approval_rules ORDER BY operation, id');
  return rows.map((row) => ({
    id: String(row.id),
    agent: row.agent_id === null ? null : String(row.agent_id),
    block: row.block_label === null ? null : String(row.block_label),
    operation: row.operation as OperationName,
    confidence: row.confidence as Confidence,
    maxCharacters: Number(row.max_characters),
    enabled: Boolean(row.enabled),
  }));
}

export async function addRule(desk: Desk, { agent, block, operation, confidence, maxCharacters }: Omit<Rule, 'id' | 'enabled'>): Promise<string> {
  if (!OPERATIONS.includes(operation) || operation === 'delete' || operation === 'full_replace') {
    throw new Refusal('malformed', `no rule can approve ${operation}: that is always the person's to decide`);
  }
  const id = crypto.randomUUID();
  await inOneCommit(desk, { message: `Add a rule for ${operation}`, trailers: { Act: 'rule' } }, async (tx) => {
    await tx.query(
      'INSERT INTO approval_rules (id, agent_id, block_label, operation, confidence, max_characters, enabled) VALUES (?, ?, ?, ?, ?, ?, FALSE)',
      [id, agent, block, operation, confidence, maxCharacters],
    );
  });
  return id;
}

export async function switchRule(desk: Desk, id: string, enabled: boolean): Promise<void> {
  await inOneCommit(desk, { message: `Turn a rule ${enabled ? 'on' : 'off'}`, trailers: { Act: 'rule' } }, async (tx) => {
    await tx.query('UPDATE approval_rules SET enabled = ? WHERE id = ?', [enabled, id]);
  });
}

export async function removeRule(desk: Desk, id: string): Promise<void> {
  await inOneCommit(desk, { message: 'Remove a rule', trailers: { Act: 'rule' } }, async (tx) => {
    await tx.query('DELETE FROM approval_rules WHERE id = ?', [id]);
  });
}

/** Approves what an enabled rule covers, when it fits cleanly and is not risky. Answers the ids that were approved. */
export async function applyRules(desk: Desk, ids: readonly string[]): Promise<string[]> {
  const rules = (await listRules(desk)).filter(({ enabled }) => enabled);
  const approved: string[] = [];
  for (const id of rules.length > 0 ? ids : []) {
    const proposal = await findProposal(desk.db, id);
    if (!proposal || proposal.status !== 'pending' || proposal.group) continue;
    const rule = rules.find(
      (one) =>
        one.operation === proposal.operation &&
        (one.agent === null || one.agent === proposal.agent) &&
        (one.block === null || one.block === proposal.label) &&
        ORDER.indexOf(proposal.confidence) >= ORDER.indexOf(one.confidence) &&
        codePoints(proposal.value) <= one.maxCharacters,
    );
    if (!rule) continue;
    const seen = await preview(desk.db, desk, proposal);
    if (seen.problem || seen.state !== 'fresh' || riskOf(seen)) continue;
    await approve(desk, await approvalOf(seen), { name: `a rule of ${desk.person.name}`, rule: rule.id });
    approved.push(id);
  }
  return approved;
}

export async function listAgents({ db }: Desk): Promise<Agent[]> {
  const { rows } = await db.query<Record<string, string | number | boolean | null>>(
    `SELECT a.id, a.name, a.blocked, a.max_pending,
       (SELECT COUNT(*) FROM pending_diffs p WHERE p.agent_id = a.id AND p.status = 'pending') AS pending,
       (SELECT COUNT(*) FROM pending_diffs p WHERE p.agent_id = a.id AND p.status = 'approved') AS approved,
       (SELECT COUNT(*) FROM pending_diffs p WHERE p.agent_id = a.id AND p.status = 'rejected') AS rejected
     FROM agents a ORDER BY a.id`,
  );
  return rows.map((row) => ({
    id: String(row.id),
    name: String(row.name),
    blocked: Boolean(row.blocked),
    maxPending: Number(row.max_pending),
    pending: Number(row.pending),
    approved: Number(row.approved),
    rejected: Number(row.rejected),
  }));
}

export async function blockAgent(desk: Desk, id: string, blocked: boolean): Promise<void> {
  await inOneCommit(desk, { message: `${blocked ? 'Block' : 'Let in'} ${id}`, trailers: { Act: 'agent', Agent: id } }, async (tx) => {
    await tx.query('UPDATE agents SET blocked = ? WHERE id = ?', [blocked, id]);
  });
}
