import { signal } from '@preact/signals';
import type { SyncProgress } from 'prollite';

/** How far the fetch, clone or push under way has come. */
export const syncing = signal<SyncProgress | null>(null);
