import { signal } from '@preact/signals';

const query = matchMedia('(min-width: 56rem)');

/** Room for two columns. */
export const wide = signal(query.matches);
query.addEventListener('change', () => {
  wide.value = query.matches;
});
