// The block that is open: its text as it is, and as the person writes it.
import { batch, computed, effect, signal } from '@preact/signals';
import { blame, bodyAt, codePoints, compose, findByLabel, merge3, saveBody, versionsOf, type Block, type Paragraph, type Version } from '../domain';
import { act } from './act';
import { blocks } from './data';
import { fail, say } from './live';
import { tick } from './resource';
import { go, routeId, view } from './route';
import { desk } from './session';
import { wide } from './wide';

export type Side = 'text' | 'history' | 'blame' | 'settings';

export const side = signal<Side>('text');
export const block = signal<Block | null>(null);
export const gone = signal(false);
/** Null: as it is stored. */
export const draft = signal<string | null>(null);
/** What the draft began with; the block may have moved on. */
const began = signal<{ body: string; hash: string } | null>(null);

export const text = computed(() => draft.value ?? block.value?.body ?? '');
export const dirty = computed(() => draft.value !== null && draft.value !== block.value?.body);
export const behind = computed(() => dirty.value && began.value !== null && block.value !== null && began.value.hash !== block.value.hash);
export const length = computed(() => codePoints(text.value));

export const openLabel = computed(() => (view.value === 'blocks' ? routeId.value : null));

let loading = 0;

async function load(label: string | null): Promise<void> {
  const mine = ++loading;
  const at = desk.peek();
  if (!at || label === null) return void (block.value = null);
  try {
    const found = await findByLabel(at.db, at.userId, label);
    if (mine !== loading) return;
    const before = block.peek();
    batch(() => {
      gone.value = !found;
      if (found && before?.id !== found.id) {
        draft.value = null;
        if (before) side.value = 'text';
      }
      if (!found || before?.id !== found.id || before.hash !== found.hash || before.updatedAt !== found.updatedAt) block.value = found ?? null;
      if (draft.peek() === null) began.value = found ? { body: found.body, hash: found.hash } : null;
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
  if (draft.peek() === null && stored) began.value = { body: stored.body, hash: stored.hash };
  draft.value = now === stored?.body ? null : now;
}

export async function save(): Promise<void> {
  const [now, words, start] = [block.peek(), draft.peek(), began.peek()];
  if (!now || words === null || !start || !dirty.peek()) return;
  if (behind.peek()) return say('The block has changed since you began. Bring both together first.');
  const done = await act('Saving', async (at) => {
    await saveBody(at, now.id, words, start.hash);
    return `Saved ${now.label}.`;
  });
  if (done && draft.peek() === words) draft.value = null;
}

/** What changed meanwhile comes into the draft; where both changed the same place, both stay. */
export function bringTogether(): void {
  const [now, words, start] = [block.peek(), draft.peek(), began.peek()];
  if (!now || words === null || !start) return;
  const hunks = merge3(start.body, words, now.body);
  const both = hunks.filter(({ conflict }) => conflict).length;
  batch(() => {
    draft.value = compose(now.body, hunks, hunks.map(({ conflict }) => (conflict ? 'both' : 'proposed')));
    began.value = { body: now.body, hash: now.hash };
  });
  say(both > 0 ? `Brought together; at ${both} places both texts stand one after the other.` : 'Brought together.');
}

export function discard(): void {
  draft.value = null;
  const now = block.peek();
  began.value = now && { body: now.body, hash: now.hash };
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
