// The block that is open: its text as it is, and as the person writes it.
import { batch, computed, effect, signal } from '@preact/signals';
import { blame, bodyAt, codePoints, compose, findByLabel, hashText, merge3, saveBody, versionsOf, type Block, type Paragraph, type Version } from '../domain';
import { act } from './act';
import { blocks } from './data';
import { fail, say } from './live';
import { tick } from './resource';
import { go, routeId, view } from './route';
import { db, desk } from './session';
import { wide } from './wide';

export type Side = 'text' | 'history' | 'blame' | 'settings';

export const side = signal<Side>('text');
export const block = signal<Block | null>(null);
export const gone = signal(false);
/** What is not saved, by block, and what it began with: another block may be opened meanwhile, and this one may move on. */
interface Draft {
  text: string;
  body: string;
  hash: string;
}
export const drafts = signal<ReadonlyMap<string, Draft>>(new Map());
const draft = computed(() => drafts.value.get(block.value?.id ?? ''));

export const text = computed(() => draft.value?.text ?? block.value?.body ?? '');
export const dirty = computed(() => draft.value !== undefined && draft.value.text !== block.value?.body);
export const behind = computed(() => dirty.value && draft.value?.hash !== block.value?.hash);
export const length = computed(() => codePoints(text.value));

function keep(id: string, next: Draft | undefined): void {
  const all = new Map(drafts.peek());
  if (next) all.set(id, next);
  else all.delete(id);
  drafts.value = all;
}

effect(() => {
  if (db.value === null) drafts.value = new Map();
});
addEventListener('beforeunload', (event) => {
  if (drafts.peek().size > 0) event.preventDefault();
});

export const openLabel = computed(() => (view.value === 'blocks' ? routeId.value : null));

let loading = 0;

async function load(label: string | null): Promise<void> {
  const mine = ++loading;
  const at = desk.peek();
  // The last one stays: where storage is gone, it is all there is.
  if (!at || label === null) return;
  try {
    const found = await findByLabel(at.db, at.userId, label);
    if (mine !== loading) return;
    const before = block.peek();
    batch(() => {
      gone.value = !found;
      if (found && before && before.id !== found.id) side.value = 'text';
      if (!found || before?.id !== found.id || before.hash !== found.hash || before.updatedAt !== found.updatedAt) block.value = found ?? null;
      if (found && drafts.peek().get(found.id)?.text === found.body) keep(found.id, undefined);
    });
  } catch (reason) {
    fail('The block cannot be read', reason);
  }
}

effect(() => {
  void tick.value;
  if (desk.value) void load(openLabel.value);
});

effect(() => {
  const [first] = blocks.value.value;
  if (view.value === 'blocks' && wide.value && routeId.value === null && first) go('blocks', first.label, { replace: true });
});

export function write(now: string): void {
  const stored = block.peek();
  if (!stored) return;
  const { body, hash } = draft.peek() ?? stored;
  keep(stored.id, now === stored.body ? undefined : { text: now, body, hash });
}

export async function save(): Promise<void> {
  const [now, mine] = [block.peek(), draft.peek()];
  if (!now || !mine || !dirty.peek()) return;
  if (behind.peek()) return say('The block has changed since you began. Bring both together first.');
  const done = await act('Saving', async (at) => {
    await saveBody(at, now.id, mine.text, mine.hash);
    return `Saved ${now.label}.`;
  });
  const later = drafts.peek().get(now.id);
  // What was typed while it was saved goes on from what was saved.
  if (done && later && later !== mine) keep(now.id, { text: later.text, body: mine.text, hash: await hashText(mine.text) });
}

/** What changed meanwhile comes into the draft; where both changed the same place, both stay. */
export async function bringTogether(): Promise<void> {
  const [now, mine, at] = [block.peek(), draft.peek(), desk.peek()];
  if (!now || !mine || !at) return;
  const hunks = await merge3(at.db, mine.body, mine.text, now.body);
  // What was typed meanwhile is kept: the button is there for the next try.
  if (draft.peek() !== mine || block.peek()?.hash !== now.hash) return;
  const both = hunks.filter(({ conflict }) => conflict).length;
  const made = compose(now.body, hunks, hunks.map(({ conflict }) => (conflict ? 'both' : 'proposed')));
  keep(now.id, made === now.body ? undefined : { text: made, body: now.body, hash: now.hash });
  say(both > 0 ? `Brought together; at ${both} places both texts stand one after the other.` : 'Brought together.');
}

export function discard(): void {
  const now = block.peek();
  if (now) keep(now.id, undefined);
}

// ---- history and blame, read when they are looked at ----

export const versions = signal<Version[] | null>(null);
export const paragraphs = signal<Paragraph[] | null>(null);
export const compared = signal<{ from: string; to: string; before: string; after: string } | null>(null);

effect(() => {
  const [now, at, which] = [block.value, desk.value, side.value];
  if (!now || !at) return;
  if (which === 'history') {
    void versionsOf(at, now.id).then((found) => {
      if (block.peek()?.id === now.id) versions.value = found;
    }, (reason) => fail('The history cannot be read', reason));
  }
  if (which === 'blame') {
    void blame(at, now.id).then((found) => {
      if (block.peek()?.id === now.id) paragraphs.value = found;
    }, (reason) => fail('The paragraphs cannot be traced', reason));
  }
});
effect(() => {
  void block.value?.id;
  versions.value = null;
  paragraphs.value = null;
  compared.value = null;
});

export async function compare(from: string | null, to: string): Promise<void> {
  const [now, at] = [block.peek(), desk.peek()];
  if (!now || !at) return;
  const before = from === null ? '' : ((await bodyAt(at, now.id, from)) ?? '');
  const after = to === 'now' ? now.body : ((await bodyAt(at, now.id, to)) ?? '');
  compared.value = { from: from ?? '', to, before, after };
}
