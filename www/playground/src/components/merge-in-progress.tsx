import { useSignal } from '@preact/signals';
import type { Conflict } from 'prollite';
import { count } from '../lib/words';
import { doing } from '../state/action';
import { abortMerge, finishMerge, resolve, type MergeState } from '../state/merge';
import { branch } from '../state/session';
import { ConfirmButton } from './confirm-button';
import { ConflictCard } from './conflict-card';

export function MergeInProgress({ state: { source, conflicts, blocked } }: { state: MergeState }) {
  const busy = doing.value !== null;
  const message = useSignal(`Merge ${source} into ${branch.value}`);
  return (
    <section class="merge" aria-labelledby="merge-title">
      <div class="section-head">
        <h2 id="merge-title">Merging {source} into {branch.value}</h2>
        <ConfirmButton label="Abort the merge" question="Undo the whole merge?" confirm="Abort" disabled={busy} onConfirm={() => void abortMerge()} />
      </div>
      {conflicts.length > 0 && (
        <p>
          {count(conflicts.length, 'row was', 'rows were')} changed differently on both sides. Everything else is merged already.
        </p>
      )}
      {[...byTable(conflicts)].map(([table, list]) => (
        <section key={table} class="conflict-table" aria-label={`Conflicts in ${table}`}>
          <div class="section-head">
            <h3>{table}</h3>
            {list.length > 1 && (
              <div class="buttons">
                <button type="button" disabled={busy} onClick={() => void resolve(ids(list), 'ours')}>Keep all of {branch.value}</button>
                <button type="button" disabled={busy} onClick={() => void resolve(ids(list), 'theirs')}>Take all of {source}</button>
              </div>
            )}
          </div>
          {list.map((conflict) => <ConflictCard key={conflict.id} conflict={conflict} source={source} />)}
        </section>
      ))}
      {blocked.length > 0 && (
        <p>
          In {blocked.join(', ')} the definitions clash or a constraint is broken. The tables <code>dolt_schema_conflicts</code> and{' '}
          <code>dolt_constraint_violations</code> say what; mend it in the console.
        </p>
      )}
      {conflicts.length === 0 && blocked.length === 0 && (
        <form class="card commit-box" onSubmit={(event) => { event.preventDefault(); void finishMerge(message.value.trim()); }}>
          <p>Every conflict is decided. Commit the merge to finish it.</p>
          <label class="field">
            <span>Message</span>
            <input value={message.value} onInput={(event) => { message.value = event.currentTarget.value; }} />
          </label>
          <button type="submit" class="primary" disabled={busy || !message.value.trim()}>Commit the merge</button>
        </form>
      )}
    </section>
  );
}

function ids(list: readonly Conflict[]): string[] {
  return list.map(({ id }) => id);
}

function byTable(conflicts: readonly Conflict[]): Map<string, Conflict[]> {
  const tables = new Map<string, Conflict[]>();
  for (const conflict of conflicts) tables.set(conflict.table, [...(tables.get(conflict.table) ?? []), conflict]);
  return tables;
}
