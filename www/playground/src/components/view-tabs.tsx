import { useRef } from 'preact/hooks';
import { changes } from '../state/changes';
import { merge } from '../state/merge';
import { notice } from '../state/notice';
import { waiting } from '../state/remotes';
import { view, wide, type View } from '../state/view';

const NAMES: Record<View, string> = { console: 'SQL', tables: 'Tables', changes: 'Changes', history: 'History', branches: 'Branches', remotes: 'Remotes', storage: 'Storage' };

function badge(name: View): { n: number; label: string } | null {
  const [n, label] = name === 'changes' ? [changes.value.length, 'changed tables']
    : name === 'branches' ? [merge.value.value.conflicts.length, 'conflicts']
      : name === 'remotes' ? [waiting.value, 'commits to push or pull'] : [0, ''];
  return n ? { n, label } : null;
}

/** What was said belonged to the view that is left. */
function go(name: View): void {
  if (name !== view.value) notice.value = null;
  view.value = name;
}

export function ViewTabs() {
  const list = useRef<HTMLDivElement>(null);
  const shown = (Object.keys(NAMES) as View[]).filter((name) => name !== 'tables' || !wide.value);
  const move = (event: KeyboardEvent) => {
    const at = shown.indexOf(view.value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    const next = to === undefined ? undefined : shown[(to + shown.length) % shown.length];
    if (!next) return;
    event.preventDefault();
    go(next);
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" ref={list} onKeyDown={move}>
      {shown.map((name) => {
        const mark = badge(name);
        return (
          <button
            key={name} type="button" class="tab" role="tab" id={`tab-${name}`} aria-controls={`panel-${name}`}
            aria-selected={view.value === name} tabIndex={view.value === name ? 0 : -1}
            onClick={() => go(name)}
          >
            {NAMES[name]}
            {mark && <span class="badge">{mark.n}<span class="hidden-text"> {mark.label}</span></span>}
          </button>
        );
      })}
    </div>
  );
}
