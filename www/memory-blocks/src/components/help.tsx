import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export const helpOpen = signal(false);

const KEYS: [keys: string[], what: string][] = [
  [['j', 'k'], 'next and previous proposal'],
  [['n', 'p'], 'next and previous change in it'],
  [['a', 'x'], 'take or leave the change; with none chosen, approve or reject the proposal'],
  [['Shift', 'A'], 'approve the proposal'],
  [['Shift', 'X'], 'reject the proposal'],
  [['b'], 'keep both sides of a conflict'],
  [['e'], 'edit the result before approving; Esc leaves the editor'],
  [['u'], 'undo the last decision'],
  [['v'], 'changes, side by side, result'],
  [['?'], 'this help'],
];

/** Part of the page, not a dialog: it takes no focus and covers nothing. */
export function Help() {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (helpOpen.value) section.current?.scrollIntoView({ block: 'nearest' });
  }, [helpOpen.value]);
  if (!helpOpen.value) return null;
  return (
    <section class="help card" aria-label="Keys" ref={section}>
      <div class="section-head"><h2>Keys</h2><button type="button" class="quiet" onClick={() => { helpOpen.value = false; }}>Close</button></div>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={what}><dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{what}</dd></div>
        ))}
      </dl>
    </section>
  );
}
