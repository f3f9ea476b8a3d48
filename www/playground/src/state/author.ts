import { computed } from '@preact/signals';
import type { Person } from 'prollite';
import { stored } from '../lib/stored';

export const authorName = stored('author-name', '');
export const authorEmail = stored('author-email', '');

/** Who commits; without a name the engine's own default stands. */
export const author = computed<Person | undefined>(() => {
  const name = authorName.value.trim();
  const email = authorEmail.value.trim();
  return name ? { name, ...(email ? { email } : {}) } : undefined;
});
