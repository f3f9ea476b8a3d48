import { useState } from 'preact/hooks';
import type { Conflict, Row, SqlValue } from 'prollite';
import { kindOf, sameValue, textOf } from '../lib/value';
import { doing } from '../state/action';
import { resolve, resolveBy } from '../state/merge';
import { branch } from '../state/session';

type Pick = { from: 'base' | 'ours' | 'theirs' } | { text: string };

/** One row that both sides changed: what it was, what each side made of it, and the choice, of the row or cell by cell. */
export function ConflictCard({ conflict, source }: { conflict: Conflict; source: string }) {
  const { id, key, base, ours, theirs } = conflict;
  const [picks, setPicks] = useState<ReadonlyMap<string, Pick>>(() => onesided(conflict));
  const busy = doing.value !== null;
  const name = key.map(textOf).join(', ');
  const columns = columnsOf(conflict);
  const byCell = ours !== undefined && theirs !== undefined;
  const choose = (column: string, pick: Pick) => setPicks((now) => new Map(now).set(column, pick));
  return (
    <article class="conflict card" aria-label={`Row ${name}`}>
      <h4>Row <code>{name}</code></h4>
      {columns.map((column) => {
        const pick = picks.get(column);
        const option = (from: 'base' | 'ours' | 'theirs') => byCell
          ? { group: `${id}-${column}`, chosen: pick !== undefined && 'from' in pick && pick.from === from, choose: () => choose(column, { from }) }
          : undefined;
        return (
          <div key={column} class="clash" role="group" aria-label={column}>
            <h5>{column}</h5>
            <dl class="versions">
              <Version title="before both" row={base} column={column} option={base && option('base')} />
              <Version title={`${branch.value} (ours)`} row={ours} column={column} base={base} option={option('ours')} />
              <Version title={`${source} (theirs)`} row={theirs} column={column} base={base} option={option('theirs')} />
            </dl>
            {byCell && (
              <div class="own">
                <label class="choice">
                  <input type="radio" name={`${id}-${column}`} checked={pick !== undefined && 'text' in pick} onChange={() => choose(column, { text: textOf(ours[column]) })} /> written by you
                </label>
                {pick !== undefined && 'text' in pick && (
                  <textarea rows={Math.min(8, pick.text.split('\n').length + 1)} spellcheck={false} aria-label={`${column}, written by you`} value={pick.text} onInput={(event) => choose(column, { text: event.currentTarget.value })} />
                )}
              </div>
            )}
          </div>
        );
      })}
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void resolve([id], 'ours')}>
          {ours ? 'Keep ours' : 'Keep it deleted'}<span class="hidden-text"> for row {name}</span>
        </button>
        <button type="button" disabled={busy} onClick={() => void resolve([id], 'theirs')}>
          {theirs ? 'Take theirs' : 'Delete it as theirs did'}<span class="hidden-text"> for row {name}</span>
        </button>
        {byCell && (
          <button type="button" class="primary" disabled={busy || !columns.every((column) => picks.has(column))} onClick={() => void resolveBy(id, joined(conflict, picks))}>
            Use what is chosen<span class="hidden-text"> for row {name}</span>
          </button>
        )}
      </div>
    </article>
  );
}

interface Option {
  group: string;
  chosen: boolean;
  choose: () => void;
}

function Version({ title, row, column, base, option }: { title: string; row?: Row; column: string; base?: Row; option?: Option }) {
  const changed = row !== undefined && base !== undefined && !sameValue(base[column], row[column]);
  const words = <>{title}{changed && ', changed'}</>;
  return (
    <div class={`version${changed ? ' version-changed' : ''}`} data-chosen={option?.chosen}>
      <dt>{option ? <label class="choice"><input type="radio" name={option.group} checked={option.chosen} onChange={option.choose} /> {words}</label> : words}</dt>
      <dd class={`value value-${kindOf(row?.[column])}`}>{row ? textOf(row[column]) : base ? 'the row is deleted' : 'no such row'}</dd>
    </div>
  );
}

/** A cell that one side alone changed is that side's, until something else is chosen. */
function onesided({ columns, base, ours, theirs }: Conflict): Map<string, Pick> {
  const picks = new Map<string, Pick>();
  for (const column of base && ours && theirs ? columns : []) {
    if (sameValue(base?.[column], ours?.[column])) picks.set(column, { from: 'theirs' });
    else if (sameValue(base?.[column], theirs?.[column])) picks.set(column, { from: 'ours' });
  }
  return picks;
}

function joined({ base, ours = {}, theirs = {} }: Conflict, picks: ReadonlyMap<string, Pick>): Row {
  const row: Row = { ...ours };
  const sides = { base, ours, theirs };
  for (const [column, pick] of picks) {
    row[column] = 'from' in pick ? (sides[pick.from]?.[column] ?? null) : typed(pick.text, ours[column] ?? theirs[column]);
  }
  return row;
}

/** What was typed, as a value of the kind that the cell holds. */
function typed(text: string, like: SqlValue | undefined): SqlValue {
  const kind = kindOf(like);
  if (kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (kind === 'boolean' && /^(true|false)$/i.test(text.trim())) return text.trim().toLowerCase() === 'true';
  return text;
}

/** The columns that clash; where a side deleted the row, all that tell the row. */
function columnsOf({ columns, base, ours, theirs }: Conflict): string[] {
  if (columns.length > 0 && ours && theirs) return columns;
  return Object.keys(ours ?? theirs ?? base ?? {});
}
