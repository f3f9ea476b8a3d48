import { signal } from '@preact/signals';
import type { SyncProgress } from 'prollite';

/** How far the fetch, clone or push under way has come. */
export const syncing = signal<SyncProgress | null>(null);

/** What the browser says of its network. It goes on without one: only remotes wait. */
export const online = signal(navigator.onLine);
addEventListener('online', () => { online.value = true; });
addEventListener('offline', () => { online.value = false; });
