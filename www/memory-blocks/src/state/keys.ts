// The keys of the review. They act on the page, never on a field that is being typed in.
import { edit } from '../components/proposal-detail';
import { helpOpen } from '../components/help';
import { approveOpen, choices, choose, cursor, look, moveHunk, moveItem, rejectOpen, shown, undoLast, type Look } from './review';
import { say } from './live';
import { view } from './route';

function typing(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

const LOOKS: Look[] = ['changes', 'side', 'result'];

function onHunk(choice: 'proposed' | 'now' | 'both'): boolean {
  const at = cursor.peek();
  const hunk = shown.peek()?.hunks[at];
  if (at < 0 || !hunk) return false;
  if (choice === 'both' && !hunk.conflict) return false;
  choose(at, choice);
  return true;
}

const KEYS: Record<string, () => void> = {
  j: () => moveItem(1),
  k: () => moveItem(-1),
  n: () => moveHunk(1),
  p: () => moveHunk(-1),
  a: () => void (onHunk('proposed') || approveOpen()),
  x: () => void (onHunk('now') || rejectOpen()),
  b: () => void onHunk('both'),
  A: () => void approveOpen(),
  X: () => void rejectOpen(),
  e: () => edit(),
  u: () => void undoLast(),
  v: () => {
    look.value = LOOKS[(LOOKS.indexOf(look.peek()) + 1) % LOOKS.length] ?? 'changes';
    say({ changes: 'Changes.', side: 'Side by side.', result: 'Result.' }[look.peek()]);
  },
  Escape: () => {
    if (cursor.peek() < 0) return;
    cursor.value = -1;
    say(`The proposal as a whole. ${choices.peek().filter((one) => one === 'now').length} of its changes are left out.`);
  },
};

export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event)) return;
    if (event.key === '?') {
      event.preventDefault();
      helpOpen.value = !helpOpen.peek();
      if (helpOpen.peek()) say('Keys: j and k for proposals, n and p for changes, a and x to take or leave, e to edit, u to undo.');
      return;
    }
    const act = view.peek() === 'review' ? KEYS[event.key] : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  });
}
