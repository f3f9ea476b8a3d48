import type { Conflict, Row } from 'prollite';
import { kindOf, sameValue, textOf } from '../lib/value';
import { doing } from '../state/action';
import { resolve } from '../state/merge';
import { branch } from '../state/session';

/** One row that both sides changed: what it was, what each side made of it, and the choice. */
export function ConflictCard({ conflict, source }: { conflict: Conflict; source: string }) {
  const { id, key, base, ours, theirs } = conflict;
  const busy = doing.value !== null;
  const name = key.map(textOf).join(', ');
  return (
    <article class="conflict card" aria-label={`Row ${name}`}>
      <h4>Row <code>{name}</code></h4>
      {columnsOf(conflict).map((column) => (
        <div key={column} class="clash" role="group" aria-label={column}>
          <h5>{column}</h5>
          <dl class="versions">
            <Version title="before both" row={base} column={column} />
            <Version title={`${branch.value} (ours)`} row={ours} column={column} base={base} />
            <Version title={`${source} (theirs)`} row={theirs} column={column} base={base} />
          </dl>
        </div>
      ))}
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void resolve([id], 'ours')}>
          {ours ? 'Keep ours' : 'Keep it deleted'}<span class="hidden-text"> for row {name}</span>
        </button>
        <button type="button" disabled={busy} onClick={() => void resolve([id], 'theirs')}>
          {theirs ? 'Take theirs' : 'Delete it as theirs did'}<span class="hidden-text"> for row {name}</span>
        </button>
      </div>
    </article>
  );
}

function Version({ title, row, column, base }: { title: string; row?: Row; column: string; base?: Row }) {
  const changed = row !== undefined && base !== undefined && !sameValue(base[column], row[column]);
  return (
    <div class={`version${changed ? ' version-changed' : ''}`}>
      <dt>{title}{changed && ', changed'}</dt>
      <dd class={`value value-${kindOf(row?.[column])}`}>{row ? textOf(row[column]) : base ? 'the row is deleted' : 'no such row'}</dd>
    </div>
  );
}

/** The columns that clash; where a side deleted the row, all that tell the row. */
function columnsOf({ columns, base, ours, theirs }: Conflict): string[] {
  if (columns.length > 0 && ours && theirs) return columns;
  return Object.keys(ours ?? theirs ?? base ?? {});
}
