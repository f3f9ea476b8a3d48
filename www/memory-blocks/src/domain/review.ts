// Deciding. What the preview showed is what is written: an approval carries the hash of its result and of what it
// stood on, and is refused when either has moved. The body and the proposal's status change in one version commit.
import type { Person, Tx } from 'prollite';
import { deleteIn, findBlock, findByLabel, insertBlock, needBlock, renameIn, writeBody, type Block } from './blocks';
import { agentPerson, inOneCommit, oneLine, type Desk, type Queries } from './desk';
import { applyOperation, checkLimit, Refusal } from './operations';
import { findProposal, operationOf, sentence, type Proposal } from './proposals';
import { compose, hashText, merge3, type Choice, type Hunk } from './text';

/** What a proposal would do to the block as it is now. */
export interface Preview {
  proposal: Proposal;
  /** None of a new block, or of one that is gone. */
  block: Block | undefined;
  now: string;
  nowHash: string;
  hunks: Hunk[];
  /** `fresh`: on the body it was made for. `rebased`: the block has moved on, and both go together. */
  state: 'fresh' | 'rebased' | 'conflict' | 'void';
  /** Why it can not be approved as it is. */
  problem?: Refusal;
  /** The body with every hunk taken; with a conflict, the person's words stay. */
  result: string;
}

/** Hunks start as proposed; a conflict is for the person to decide. */
export function firstChoices({ hunks }: Pick<Preview, 'hunks'>): (Choice | undefined)[] {
  return hunks.map(({ conflict }) => (conflict ? undefined : 'proposed'));
}

export async function preview(queries: Queries, desk: Pick<Desk, 'userId' | 'now'>, proposal: Proposal, given?: Block): Promise<Preview> {
  const block = given ?? (proposal.blockId ? await findBlock(queries, proposal.blockId) : undefined);
  const now = block?.body ?? '';
  const seen = { proposal, block, now, nowHash: block?.hash ?? (await hashText(now)) };
  const nothing = (problem: Refusal): Preview => ({ ...seen, hunks: [], state: 'void', problem, result: now });
  if (proposal.expiresAt !== null && Date.parse(proposal.expiresAt) <= desk.now().getTime()) {
    return nothing(new Refusal('expired', 'the proposal is past its time'));
  }
  if (proposal.operation === 'create') {
    const taken = await findByLabel(queries, desk.userId, proposal.label);
    if (taken) return nothing(new Refusal('label_taken', `there is a block ${proposal.label} already`));
  } else if (!block) {
    return nothing(new Refusal('unknown_block', `the block ${proposal.label} does not exist any more`));
  }
  if (block?.readOnly) return nothing(new Refusal('read_only', `the block ${block.label} is read-only`));
  if (proposal.operation === 'rename' || proposal.operation === 'delete') {
    const moved = proposal.base !== now;
    // To delete what has changed since is not what the agent asked for.
    const problem = moved && proposal.operation === 'delete' ? new Refusal('moved', 'the block has changed since the agent asked to delete it') : undefined;
    return { ...seen, hunks: [], state: problem ? 'void' : moved ? 'rebased' : 'fresh', result: now, ...(problem ? { problem } : {}) };
  }
  const asked = operationOf(proposal);
  const moved = block !== undefined && proposal.base !== now;
  // What is appended belongs at the end, wherever that is now.
  const base = proposal.operation === 'append' ? now : proposal.base;
  const hunks = await merge3(queries, base, applyOperation(base, asked), now);
  if (hunks.length === 0 && proposal.operation !== 'create') return nothing(new Refusal('no_change', 'the block says this already'));
  const result = compose(now, hunks, firstChoices({ hunks }));
  const whole: Preview = { ...seen, hunks, state: hunks.some(({ conflict }) => conflict) ? 'conflict' : moved ? 'rebased' : 'fresh', result };
  try {
    checkLimit(result, block?.limit ?? 5000);
  } catch (problem) {
    if (problem instanceof Refusal) return { ...whole, problem };
    throw problem;
  }
  return whole;
}

export async function previewOf(desk: Desk, id: string): Promise<Preview> {
  const proposal = await findProposal(desk.db, id);
  if (!proposal) throw new Refusal('unknown_proposal', 'this proposal does not exist');
  return preview(desk.db, desk, proposal);
}

export interface Approval {
  id: string;
  /** Hashes of what the person saw: of the block as it is, and of the text that is to be. */
  nowHash: string;
  resultHash: string;
  choices?: readonly (Choice | undefined)[];
  /** The text as the person edited it, instead of choices. */
  final?: string;
  note?: string;
}

export async function approvalOf(seen: Preview, choices = firstChoices(seen)): Promise<Approval> {
  const result = compose(seen.now, seen.hunks, choices);
  return { id: seen.proposal.id, nowHash: seen.nowHash, resultHash: await hashText(result), choices };
}

async function needPending(tx: Queries, id: string): Promise<Proposal> {
  const proposal = await findProposal(tx, id);
  if (!proposal) throw new Refusal('unknown_proposal', 'this proposal does not exist');
  if (proposal.status !== 'pending') {
    throw new Refusal('not_pending', `the proposal is ${proposal.status} already`, { status: proposal.status, by: proposal.decidedBy ?? '' });
  }
  return proposal;
}

/** Checks an approval against what is there, and writes it, in a transaction that somebody else commits. */
export async function approveIn(tx: Tx, desk: Desk, approval: Approval, decidedBy: string): Promise<void> {
  const proposal = await needPending(tx, approval.id);
  const seen = await preview(tx, desk, proposal);
  if (seen.state === 'void') throw seen.problem ?? new Refusal('conflict', 'it cannot be applied');
  if (seen.nowHash !== approval.nowHash) throw new Refusal('moved', `the block ${proposal.label} has changed since you saw it`);
  const choices = approval.choices ?? firstChoices(seen);
  if (approval.final === undefined && seen.hunks.some(({ conflict }, at) => conflict && choices[at] === undefined)) {
    throw new Refusal('conflict', 'each place that both have changed waits for your choice');
  }
  const result = approval.final ?? compose(seen.now, seen.hunks, choices);
  if ((await hashText(result)) !== approval.resultHash) throw new Refusal('moved', 'the result is not the text that you saw');
  const asProposed = result === compose(seen.now, seen.hunks, seen.hunks.map(() => 'proposed'));
  let { blockId } = proposal;
  if (proposal.operation === 'create') blockId = await insertBlock(tx, desk, { label: proposal.label, body: result });
  else if (!seen.block) throw new Refusal('unknown_block', 'this block does not exist any more');
  else if (proposal.operation === 'rename') await renameIn(tx, desk, seen.block, proposal.value);
  else if (proposal.operation === 'delete') await deleteIn(tx, seen.block);
  else if (result === seen.now) throw new Refusal('no_change', 'nothing of the proposal is left: reject it instead');
  else await writeBody(tx, desk, seen.block, result);
  await tx.query(
    `UPDATE pending_diffs SET status = 'approved', reviewed_at = ?, decided_by = ?, decision_note = ?, final_value = ?, block_id = ? WHERE id = ?`,
    [desk.now().toISOString(), decidedBy, approval.note ?? null, asProposed ? null : result, blockId, proposal.id],
  );
}

function trailersFor(act: string, proposals: readonly Proposal[], note?: string): Record<string, string> {
  const agents = [...new Set(proposals.map(({ agent }) => agent))];
  return {
    Act: act,
    Block: [...new Set(proposals.map(({ label }) => label))].join(', '),
    Agent: agents.join(', '),
    ...(proposals.length === 1 ? { Proposal: (proposals[0] as Proposal).id } : { Proposals: proposals.map(({ id }) => id).join(' ') }),
    Reason: oneLine(proposals.map(({ reasoning }) => reasoning).join(' · ')),
    ...(note ? { Note: oneLine(note) } : {}),
  };
}

export async function approve(desk: Desk, approval: Approval, by: { name: string; rule?: string } = { name: desk.person.name }): Promise<void> {
  const proposal = await needPending(desk.db, approval.id);
  const trailers = { ...trailersFor('approve', [proposal], approval.note), ...(by.rule ? { Rule: by.rule } : {}) };
  const commit = { message: `Approve: ${sentence(proposal)}`, author: agentPerson(proposal.agent), committer: desk.person, trailers };
  await inOneCommit(desk, commit, (tx) => approveIn(tx, desk, approval, by.name));
}

export async function reject(desk: Desk, id: string, note?: string): Promise<void> {
  await rejectMany(desk, [id], note);
}

export async function rejectMany(desk: Desk, ids: readonly string[], note?: string): Promise<void> {
  const proposals = await Promise.all(ids.map((id) => needPending(desk.db, id)));
  const [first] = proposals;
  if (!first) return;
  const what = proposals.length === 1 ? sentence(first) : `${proposals.length} proposals`;
  const commit = { message: `Reject: ${what}`, author: authorOf(desk, proposals), committer: desk.person, trailers: trailersFor('reject', proposals, note) };
  await inOneCommit(desk, commit, async (tx) => {
    for (const { id } of proposals) {
      await needPending(tx, id);
      await tx.query("UPDATE pending_diffs SET status = 'rejected', reviewed_at = ?, decided_by = ?, decision_note = ? WHERE id = ?", [
        desk.now().toISOString(), desk.person.name, note ?? null, id,
      ]);
    }
  });
}

/** The agent whose proposals they are; of several, the person who put them together. */
function authorOf(desk: Desk, proposals: readonly Proposal[]): Person {
  const [first, ...rest] = proposals;
  return first && rest.every(({ agent }) => agent === first.agent) ? agentPerson(first.agent) : desk.person;
}

// ---- several at once ----

export interface BulkPlan {
  /** In the order in which they are applied. */
  approvals: { proposal: Proposal; approval: Approval; now: string; result: string }[];
  skipped: { proposal: Proposal; why: string }[];
  /** Blocks before and after. */
  effects: { label: string; before: string; after: string; count: number }[];
}

/** Too much is at stake to be decided among others. */
export function riskOf({ proposal, state, now, result }: Preview): string | undefined {
  if (state === 'conflict') return 'it overlaps with a newer change';
  if (proposal.confidence === 'low') return 'the agent is not sure of it';
  if (proposal.operation === 'delete') return 'it deletes the block';
  if (proposal.operation === 'full_replace') return 'it rewrites the whole block';
  if (now.length > 80 && result.length < now.length / 2) return 'it removes more than half of the block';
  return undefined;
}

/** What approving all of them would do, one on top of the other. `atomic`: all or none, risks and all. */
export async function planBulk(desk: Desk, ids: readonly string[], { atomic = false } = {}): Promise<BulkPlan> {
  const blocks = new Map<string, { before: string; block: Block; count: number }>();
  const plan: BulkPlan = { approvals: [], skipped: [], effects: [] };
  const made: BulkPlan['effects'] = [];
  for (const id of ids) {
    const proposal = await findProposal(desk.db, id);
    if (!proposal || proposal.status !== 'pending') continue;
    const known = proposal.blockId === null ? undefined : blocks.get(proposal.blockId);
    const seen = await preview(desk.db, desk, proposal, known?.block);
    const problem = seen.problem?.message ?? (seen.state === 'conflict' ? 'it overlaps with a newer change' : atomic ? undefined : (riskOf(seen) ?? (proposal.group ? 'it belongs to a group' : undefined)));
    if (problem !== undefined) {
      plan.skipped.push({ proposal, why: problem });
      continue;
    }
    plan.approvals.push({ proposal, approval: await approvalOf(seen), now: seen.now, result: seen.result });
    if (!seen.block) made.push({ label: proposal.label, before: '', after: seen.result, count: 1 });
    else {
      const before = known?.before ?? seen.now;
      const block = { ...seen.block, body: seen.result, hash: await hashText(seen.result) };
      blocks.set(seen.block.id, { before, block, count: (known?.count ?? 0) + 1 });
    }
  }
  plan.effects = [...[...blocks.values()].map(({ before, block, count }) => ({ label: block.label, before, after: block.body, count })), ...made];
  return plan;
}

/** One commit for all: it is undone as one. Refused whole when one of them has moved. */
export async function approveAll(desk: Desk, { approvals }: Pick<BulkPlan, 'approvals'>, act = 'approve'): Promise<void> {
  const proposals = approvals.map(({ proposal }) => proposal);
  if (proposals.length === 0) throw new Refusal('no_change', 'there is nothing to approve');
  const commit = {
    message: `Approve: ${proposals.length} proposals`,
    author: authorOf(desk, proposals),
    committer: desk.person,
    trailers: trailersFor(act, proposals),
  };
  await inOneCommit(desk, commit, async (tx) => {
    for (const { approval } of approvals) await approveIn(tx, desk, approval, desk.person.name);
  });
}

/** Every proposal of the group that still waits, or an error that names the one that cannot. */
export async function approveGroup(desk: Desk, group: string): Promise<void> {
  const plan = await planBulk(desk, await groupIds(desk, group), { atomic: true });
  const [held] = plan.skipped;
  if (held) throw new Refusal('conflict', `${sentence(held.proposal)}: ${held.why}. Split the group to decide one by one.`);
  await approveAll(desk, plan);
}

export async function groupIds({ db }: Desk, group: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>("SELECT id FROM pending_diffs WHERE group_id = ? AND status = 'pending' ORDER BY created_at, id", [group]);
  return rows.map(({ id }) => id);
}

export async function splitGroup(desk: Desk, group: string): Promise<void> {
  await inOneCommit(desk, { message: 'Split a group of proposals', trailers: { Act: 'split' } }, async (tx) => {
    await tx.query('UPDATE pending_diffs SET group_id = NULL WHERE group_id = ?', [group]);
  });
}

/** Blocks that proposals wait for, by the bodies they were made on: those whose hash has moved are looked at again. */
export async function stale(desk: Desk, blockId: string): Promise<Preview[]> {
  const block = await needBlock(desk.db, blockId);
  const { rows } = await desk.db.query<{ id: string }>("SELECT id FROM pending_diffs WHERE block_id = ? AND status = 'pending' ORDER BY created_at, id", [blockId]);
  const found: Preview[] = [];
  for (const { id } of rows) {
    const proposal = await findProposal(desk.db, id);
    if (proposal) found.push(await preview(desk.db, desk, proposal, block));
  }
  return found;
}
