import { signal } from '@preact/signals';

export type View = 'console' | 'tables' | 'changes' | 'history' | 'branches' | 'remotes' | 'storage';

const WIDE = matchMedia('(min-width: 60rem)');

/** From here on the tables stand in a rail beside every view; below they are a view of their own. */
export const wide = signal(WIDE.matches);
export const view = signal<View>('console');

WIDE.addEventListener('change', () => {
  wide.value = WIDE.matches;
  if (wide.value && view.value === 'tables') view.value = 'console';
});
