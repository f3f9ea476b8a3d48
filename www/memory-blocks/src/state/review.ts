// The review: which proposal is open, what it would do, what the person has chosen so far, and what was decided last.
import { batch, computed, effect, signal } from '@preact/signals';
import {
  approve, compose, decisionOf, firstChoices, groupIds, hashText, planBulk, approveAll, approveGroup, previewOf, reject, rejectMany, sentence, splitGroup, undo,
  codePoints, findBlock, findProposal, preview as previewIn, type BulkPlan, type Choice, type Preview, type ProposalSummary,
} from '../domain';
import { capital, count } from '../lib/words';
import { act, doing } from './act';
import { pending } from './data';
import { fail, say } from './live';
import { tick } from './resource';
import { go, routeId, view } from './route';
import { desk } from './session';

export type Look = 'changes' | 'side' | 'result';

export const look = signal<Look>('changes');
export const filter = signal<{ agent: string; block: string }>({ agent: '', block: '' });

/** Decided a moment ago, and not yet read as decided. */
const settled = signal<readonly string[]>([]);

export const queue = computed(() => {
  const { agent, block } = filter.value;
  return pending.value.value.filter((one) => (!agent || one.agent === agent) && (!block || one.label === block) && !settled.value.includes(one.id));
});

export const openId = computed(() => (view.value === 'review' ? routeId.value : null));
export const place = computed(() => queue.value.findIndex(({ id }) => id === openId.value));

export const shown = signal<Preview | null>(null);
export const missing = signal(false);
export const choices = signal<(Choice | undefined)[]>([]);
/** Of the hunk that the keys act on; -1: the proposal as a whole. */
export const cursor = signal(-1);
/** The person's own text in place of the result. */
export const edited = signal<string | null>(null);
export const note = signal('');
/** The block moved while the proposal was open. */
export const movedSince = signal(false);
/** Newest last: what `u` takes back. */
export const decisions = signal<{ ids: string[]; what: string }[]>([]);

/** What the choices make. */
export const composed = computed(() => (shown.value ? compose(shown.value.now, shown.value.hunks, choices.value) : ''));
/** What would be written. */
export const result = computed(() => edited.value ?? composed.value);
export const openConflicts = computed(() => (edited.value !== null ? 0 : (shown.value?.hunks.filter(({ conflict }, at) => conflict && choices.value[at] === undefined).length ?? 0)));
export const over = computed(() => {
  const limit = shown.value?.block?.limit ?? 5000;
  return Math.max(0, codePoints(result.value) - limit);
});
export const approvable = computed(() => {
  const now = shown.value;
  if (!now || now.state === 'void' || openConflicts.value > 0 || over.value > 0) return false;
  return result.value !== now.now || ['rename', 'delete', 'create'].includes(now.proposal.operation);
});

let loading = 0;

/** Reads what the open proposal would do. The choices stay when the block and the hunks are what they were. */
async function load(id: string | null): Promise<void> {
  const mine = ++loading;
  const at = desk.peek();
  if (!at || id === null) {
    batch(() => {
      shown.value = null;
      missing.value = false;
    });
    return;
  }
  const before = shown.peek();
  try {
    const next = await previewOf(at, id);
    if (mine !== loading) return;
    const same = before?.proposal.id === id;
    const moved = same && before.nowHash !== next.nowHash;
    if (same && !moved && before.proposal.status === next.proposal.status && before.state === next.state) return;
    batch(() => {
      shown.value = next;
      missing.value = false;
      choices.value = firstChoices(next);
      cursor.value = -1;
      movedSince.value = moved && next.proposal.status === 'pending';
      if (!same) {
        edited.value = null;
        note.value = '';
        look.value = 'changes';
      }
    });
    if (moved && next.proposal.status === 'pending') say(`The block has changed. ${stateWords(next)}`);
    else if (!same && next.proposal.status === 'pending') say(describe(next));
  } catch (reason) {
    if (mine !== loading) return;
    batch(() => {
      shown.value = null;
      missing.value = true;
    });
    if (!(reason instanceof Error && reason.name === 'Refusal')) fail('The proposal cannot be read', reason);
  }
}

effect(() => {
  void tick.value;
  if (desk.value) void load(openId.value);
});

export function stateWords({ state, problem, hunks }: Preview): string {
  if (problem) return `It cannot be approved: ${problem.message}.`;
  if (state === 'fresh') return 'Made for the text as it is.';
  if (state === 'rebased') return 'The block has changed since; both changes go together.';
  const n = hunks.filter(({ conflict }) => conflict).length;
  return `${count(n, 'place')} changed on both sides: choose for each.`;
}

export function describe(now: Preview): string {
  const { proposal, hunks } = now;
  const at = queue.peek().findIndex(({ id }) => id === proposal.id);
  const where = at >= 0 ? `Proposal ${at + 1} of ${queue.peek().length}: ` : '';
  return `${where}${proposal.agent} wants to ${sentence(proposal)}, ${proposal.confidence} confidence. ${count(hunks.length, 'change')}. ${stateWords(now)}`;
}

const WORDS: Record<Choice, string> = { proposed: 'taken', now: 'left as it is', both: 'both kept' };

function describeHunk(at: number): string {
  const hunk = shown.peek()?.hunks[at];
  const all = shown.peek()?.hunks.length ?? 0;
  if (!hunk) return '';
  const choice = choices.peek()[at];
  const words = (lines: readonly string[]) => lines.join('\n').trim().slice(0, 200);
  const removed = words(hunk.now) ? `Removes: ${words(hunk.now)}. ` : '';
  const added = words(hunk.proposed) ? `Adds: ${words(hunk.proposed)}. ` : '';
  return `Change ${at + 1} of ${all}${hunk.conflict ? ', changed on both sides' : ''}. ${removed}${added}${choice ? capital(WORDS[choice]) : 'Not decided'}.`;
}

export function openAt(at: number): void {
  const list = queue.peek();
  const next = list[Math.max(0, Math.min(at, list.length - 1))];
  if (next) go('review', next.id, { replace: openId.peek() !== null });
}

/** Set when the keys moved: the row that is open takes the focus, if nothing that is being used has it. */
export const followFocus = { wanted: false };

export function moveItem(by: number): void {
  followFocus.wanted = true;
  openAt(place.peek() < 0 ? 0 : place.peek() + by);
}

export function moveHunk(by: number): void {
  const n = shown.peek()?.hunks.length ?? 0;
  if (n === 0) return;
  look.value = 'changes';
  cursor.value = Math.max(0, Math.min(n - 1, cursor.peek() + by));
  say(describeHunk(cursor.peek()));
}

export function choose(at: number, choice: Choice): void {
  edited.value = null;
  choices.value = choices.peek().map((one, index) => (index === at ? choice : one));
  cursor.value = at;
  const all = shown.peek()?.hunks.length ?? 0;
  say(`Change ${at + 1} of ${all}: ${WORDS[choice]}.`);
}

/** What to open when the present one has been decided. */
function next(ids: readonly string[]): string | null {
  const list = queue.peek();
  const at = list.findIndex(({ id }) => ids.includes(id));
  const rest = list.filter(({ id }) => !ids.includes(id));
  const following = list.slice(at + 1).find(({ id }) => !ids.includes(id)) ?? rest.at(-1);
  return following?.id ?? null;
}

async function decide(name: string, ids: string[], work: () => Promise<string>): Promise<boolean> {
  const following = next(ids);
  const done = await act(name, async () => {
    const what = await work();
    decisions.value = [...decisions.peek(), { ids, what }].slice(-50);
    const left = pending.value.peek().filter(({ id }) => !ids.includes(id) && !settled.peek().includes(id)).length;
    // On to the next before anything is read again: the row that goes does not take the focus with it.
    followFocus.wanted = document.activeElement === document.body || (document.activeElement?.matches('.queue-row') ?? false);
    batch(() => {
      settled.value = [...settled.peek(), ...ids];
      go('review', following, { replace: true });
    });
    return `${what} ${left === 0 ? 'Nothing else waits.' : `${count(left, 'proposal')} left.`}`;
  });
  settled.value = settled.peek().filter((id) => !ids.includes(id));
  return done;
}

export async function approveOpen(): Promise<void> {
  const now = shown.peek();
  const at = desk.peek();
  if (!now || !at || now.proposal.status !== 'pending') return;
  if (openConflicts.peek() > 0) return say(`${count(openConflicts.peek(), 'place')} wait for your choice.`);
  if (!approvable.peek()) return say(over.peek() > 0 ? `${over.peek()} characters over the limit.` : now.problem?.message ?? 'Nothing of it is taken: reject it instead.');
  const text = result.peek();
  const approval = {
    id: now.proposal.id,
    nowHash: now.nowHash,
    resultHash: await hashText(text),
    ...(edited.peek() === null ? { choices: choices.peek() } : { final: text }),
    ...(note.peek().trim() ? { note: note.peek().trim() } : {}),
  };
  await decide('Approving', [now.proposal.id], async () => {
    await approve(at, approval);
    return `Approved: ${sentence(now.proposal)}.`;
  });
}

export async function rejectOpen(): Promise<void> {
  const now = shown.peek();
  const at = desk.peek();
  if (!now || !at || now.proposal.status !== 'pending') return;
  await decide('Rejecting', [now.proposal.id], async () => {
    await reject(at, now.proposal.id, note.peek().trim() || undefined);
    return `Rejected: ${sentence(now.proposal)}.`;
  });
}

export async function undoLast(): Promise<void> {
  const last = decisions.peek().at(-1);
  const at = desk.peek();
  if (!at) return;
  if (!last) return say('There is nothing to undo here; older decisions are under Activity.');
  const done = await act('Undoing', async () => {
    const commit = await decisionOf(at, last.ids[0] as string);
    if (!commit) throw new Error('its commit is not there any more');
    await undo(at, commit.hash);
    decisions.value = decisions.peek().slice(0, -1);
    return `Undone. ${last.ids.length === 1 ? 'The proposal waits' : `${last.ids.length} proposals wait`} again.`;
  });
  if (done) go('review', last.ids[0], { replace: true });
}

// ---- several ----

export const bulk = signal<BulkPlan | null>(null);

export async function planAll(list: readonly ProposalSummary[]): Promise<void> {
  const at = desk.peek();
  if (!at) return;
  bulk.value = await planBulk(at, list.map(({ id }) => id));
  const { approvals, skipped, effects } = bulk.value;
  say(`${count(approvals.length, 'proposal')} would change ${count(effects.length, 'block')}; ${skipped.length} stay for you.`);
}

export async function approveBulk(): Promise<void> {
  const plan = bulk.peek();
  const at = desk.peek();
  if (!plan || !at) return;
  const ids = plan.approvals.map(({ proposal }) => proposal.id);
  const done = await decide('Approving several', ids, async () => {
    await approveAll(at, plan);
    return `Approved ${count(ids.length, 'proposal')}.`;
  });
  bulk.value = null;
  if (!done) say('Something has moved: look at the effect again.');
}

export async function decideGroup(group: string, approved: boolean): Promise<void> {
  const at = desk.peek();
  if (!at) return;
  const ids = await groupIds(at, group);
  await decide(approved ? 'Approving the group' : 'Rejecting the group', ids, async () => {
    if (approved) await approveGroup(at, group);
    else await rejectMany(at, ids, note.peek().trim() || undefined);
    return `${approved ? 'Approved' : 'Rejected'} a group of ${ids.length}.`;
  });
}

export function split(group: string): Promise<boolean> {
  return act('Splitting', async (at) => {
    await splitGroup(at, group);
    return 'Split: each can be decided by itself.';
  });
}

// ---- the state of what waits, looked at lazily ----

/** By proposal: the state and the hash of the block it was found at. */
export const states = signal<ReadonlyMap<string, { at: string; state: Preview['state'] }>>(new Map());
let looking = false;
let wanted: readonly ProposalSummary[] = [];

/** Looks at what is in view, one after the other, giving way in between. A block that has not moved costs one hash. */
export function lookAt(list: readonly ProposalSummary[]): void {
  wanted = list;
  if (!looking) void lookThrough();
}

async function lookThrough(): Promise<void> {
  looking = true;
  try {
    let list: readonly ProposalSummary[];
    do {
      list = wanted;
      const at = desk.peek();
      if (!at) return;
      const found = new Map(states.peek());
      const blocks = new Map<string, Awaited<ReturnType<typeof findBlock>>>();
      let changed = false;
      for (const { id, blockId, baseHash } of list) {
        if (list !== wanted) break;
        if (blockId === null) continue;
        if (!blocks.has(blockId)) blocks.set(blockId, await findBlock(at.db, blockId));
        const block = blocks.get(blockId);
        const hash = block ? `${block.hash}${block.readOnly ? ' sealed' : ''}` : 'gone';
        if (found.get(id)?.at === hash) continue;
        let state: Preview['state'] = 'fresh';
        if (hash !== baseHash) {
          const proposal = await findProposal(at.db, id);
          if (!proposal || proposal.status !== 'pending') continue;
          state = (await previewIn(at.db, at, proposal, block)).state;
          await new Promise((resolve) => setTimeout(resolve));
        }
        found.set(id, { at: hash, state });
        changed = true;
      }
      if (changed) states.value = found;
    } while (list !== wanted);
  } finally {
    looking = false;
  }
}

export { doing };
