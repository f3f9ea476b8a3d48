import { computed, signal } from '@preact/signals';
import { DbError, type Result, type SqlValue } from 'prollite';
import { stored } from '../lib/stored';
import { notice } from './notice';
import { refreshAll } from './resource';
import { databaseName, db, followBranch } from './session';
import { syncing } from './sync';
import { view } from './view';

export type GridRow = readonly SqlValue[];

export type Outcome =
  | { state: 'idle' }
  | { state: 'running'; text: string }
  | { state: 'done'; text: string; results: Result<GridRow>[]; ms: number }
  | { state: 'failed'; text: string; reason: unknown; ms: number }
  | { state: 'cancelled'; text: string; ms: number };

const WELCOME = `-- Ctrl+Enter runs everything here, or only what is selected.
-- Every SQL change can be committed, branched, compared and merged.
SELECT active_branch() AS branch, dolt_version() AS version;
`;

export const script = stored(`script:${databaseName}`, WELCOME);
export const outcome = signal<Outcome>({ state: 'idle' });
/** Where the error of the last run stands in the editor's text, and what it says. */
export const mark = signal<{ position: number; message: string } | null>(null);
export const running = computed(() => outcome.value.state === 'running');

/** Counts the runs that came to an end. */
export const runs = signal(0);

let abort: AbortController | null = null;

/** Runs `text`; `offset` is its place in the editor, or null when it did not come from there. */
export async function run(text: string, offset: number | null): Promise<void> {
  const handle = db.peek();
  if (!handle || running.peek() || !text.trim()) return;
  abort = new AbortController();
  const { signal: cancelled } = abort;
  const began = performance.now();
  const took = () => performance.now() - began;
  outcome.value = { state: 'running', text };
  mark.value = null;
  notice.value = null;
  syncing.value = null;
  view.value = 'console';
  try {
    const results = await handle.exec<GridRow>(text, { signal: cancelled, rowMode: 'array' });
    outcome.value = { state: 'done', text, results, ms: took() };
  } catch (reason) {
    if (cancelled.aborted) {
      outcome.value = { state: 'cancelled', text, ms: took() };
    } else {
      outcome.value = { state: 'failed', text, reason, ms: took() };
      if (offset !== null && reason instanceof DbError && reason.position !== undefined) {
        mark.value = { position: offset + reason.position, message: reason.message };
      }
    }
  } finally {
    abort = null;
    runs.value += 1;
    followBranch();
    await refreshAll();
  }
}

export function cancel(): void {
  abort?.abort();
}
