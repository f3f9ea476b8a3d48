// Other devices, by a remote between them. What is there is fetched and shown; it comes in when the person says so.
import { batch, signal } from '@preact/signals';
import { DbError, type Db } from 'prollite';
import { adopt, clashes as clashesOf, finishSync, incoming as incomingOf, leaveSync, relation, settle, takeIn, type Choice, type Clash, type Desk, type Incoming } from '../domain';
import { count } from '../lib/words';
import { act } from './act';
import { blocks } from './data';
import { db, desk, token } from './session';

const REMOTE = 'origin';
const TRACKING = 'origin/main';

export const url = signal('');
export const incoming = signal<Incoming | null>(null);
export const clashes = signal<Clash[]>([]);
/** The remote holds blocks that were begun without the ones here. */
export const apart = signal(false);
export const syncedAt = signal<Date | null>(null);
export { token };

/** What a merge left open is there after a reload too. */
export async function readSync(): Promise<void> {
  const [handle, at] = [db.peek(), desk.peek()];
  if (!handle || !at) return;
  const [first] = await handle.remotes.list();
  const open = await clashesOf(at);
  batch(() => {
    if (first) url.value = first.url;
    clashes.value = open;
  });
}

async function connect(handle: Db): Promise<void> {
  const known = (await handle.remotes.list()).find(({ name }) => name === REMOTE);
  if (!known) await handle.remotes.add(REMOTE, url.peek());
  else if (known.url !== url.peek()) await handle.remotes.setUrl(REMOTE, url.peek());
}

async function push({ db: handle }: Desk): Promise<void> {
  await handle.remotes.push(REMOTE, { branch: 'main', upstream: true });
  syncedAt.value = new Date();
}

/** Fetches; pushes when nothing has to come in first. */
export function sync(): Promise<boolean> {
  return act('Syncing', async (at) => {
    incoming.value = null;
    apart.value = false;
    await connect(at.db);
    await at.db.remotes.fetch(REMOTE).catch((error: unknown) => {
      // Nobody has pushed there yet: this device is the first.
      if (!(error instanceof DbError && error.code === 'REF_NOT_FOUND')) throw error;
    });
    const how = await relation(at, TRACKING);
    if (how === 'apart') {
      if (blocks.value.peek().length === 0) return goOn(at);
      apart.value = true;
      return 'The remote holds other blocks: see below.';
    }
    const there = how === 'related' ? await incomingOf(at, TRACKING) : null;
    if (there && there.commits > 0) {
      incoming.value = there;
      return `${count(there.commits, 'change')} from another device: look at ${there.commits === 1 ? 'it' : 'them'} below.`;
    }
    await push(at);
    return 'Both sides are the same.';
  });
}

async function goOn(at: Desk): Promise<string> {
  const { came, added, proposed, keptAs } = await adopt(at, TRACKING);
  apart.value = false;
  await push(at);
  const parts = [count(came, 'block') + ' came', added > 0 ? `${added} of this device added` : '', proposed.length > 0 ? `${count(proposed.length, 'text waits', 'texts wait')} for your review` : '', keptAs ? `what was here before is kept as the branch ${keptAs}` : ''];
  return `${parts.filter(Boolean).join('; ')}.`;
}

/** From the blocks of the other devices, with what is here put on top of them. */
export function join(): Promise<boolean> {
  return act('Bringing both together', goOn);
}

export function takeInNow(): Promise<boolean> {
  return act('Taking in', async (at) => {
    const taken = await takeIn(at, TRACKING);
    incoming.value = null;
    if (taken.state === 'clashes') {
      clashes.value = taken.clashes;
      return `${count(taken.clashes.length, 'place')} for you to decide.`;
    }
    await push(at);
    return 'Both are together now, and nothing was overwritten.';
  });
}

export function settleOne(clash: Clash, pick: 'mine' | 'theirs' | { choices: readonly (Choice | undefined)[] }): Promise<boolean> {
  return act('Deciding', async (at) => {
    await settle(at, clash, pick);
    clashes.value = await clashesOf(at);
    if (clashes.peek().length > 0) return `${count(clashes.peek().length, 'place')} left.`;
    await finishSync(at);
    await push(at);
    return 'Both are together now.';
  });
}

export function leaveNow(): Promise<boolean> {
  return act('Leaving the merge', async (at) => {
    await leaveSync(at);
    clashes.value = [];
    return 'All is as it was before.';
  });
}
