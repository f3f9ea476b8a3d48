// Where the page is: `#/review/⟨id⟩`. The browser's back button goes back.
import { computed, signal } from '@preact/signals';
import { notice } from './live';

export const VIEWS = ['blocks', 'review', 'activity', 'agents', 'data'] as const;
export type View = (typeof VIEWS)[number];

interface Route {
  view: View;
  id: string | null;
}

function parse(hash: string): Route {
  const [, view, id] = /^#\/([a-z]+)(?:\/(.+))?$/.exec(hash) ?? [];
  const known = VIEWS.find((one) => one === view) ?? 'blocks';
  return { view: known, id: known === view && id ? decodeURIComponent(id) : null };
}

const route = signal(parse(location.hash));

export const view = computed(() => route.value.view);
export const routeId = computed(() => route.value.id);

export function addressOf(view: View, id?: string | null): string {
  return id ? `#/${view}/${encodeURIComponent(id)}` : `#/${view}`;
}

function arrive(): void {
  const next = parse(location.hash);
  // What was said belonged to the screen that is left.
  if (next.view !== route.peek().view) notice.value = null;
  route.value = next;
}

export function go(to: View, id?: string | null, { replace = false } = {}): void {
  const hash = addressOf(to, id);
  if (hash !== location.hash) history[replace ? 'replaceState' : 'pushState'](null, '', hash);
  arrive();
}

addEventListener('popstate', arrive);
addEventListener('hashchange', arrive);
