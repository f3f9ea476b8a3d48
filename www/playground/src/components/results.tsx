import { useSignal } from '@preact/signals';
import type { Result } from 'prollite';
import { count, milliseconds } from '../lib/words';
import { outcome, runs, type GridRow } from '../state/console';
import { tables } from '../state/tables';
import { DataGrid } from './data-grid';
import { ErrorNote } from './error-note';

function summary(result: Result<GridRow>): string {
  if (result.columns.length > 0) return count(result.rows.length, 'row');
  return result.affected > 0 ? `${count(result.affected, 'row')} changed` : 'done';
}

export function Results() {
  const now = outcome.value;
  return (
    <section class="results" aria-label="Result" aria-busy={now.state === 'running'} data-runs={runs.value}>
      <div role="status" class="results-status">
        {now.state === 'running' && <p>Running…</p>}
        {now.state === 'cancelled' && <p>Cancelled after {milliseconds(now.ms)}.</p>}
        {now.state === 'done' && now.results.length === 0 && <p>Nothing to run.</p>}
      </div>
      {now.state === 'idle' && <Welcome />}
      {now.state === 'failed' && (
        <div role="alert"><ErrorNote title={`Failed after ${milliseconds(now.ms)}`} reason={now.reason} source={now.text} /></div>
      )}
      {now.state === 'done' && now.results.length > 0 && <Done key={runs.value} results={now.results} ms={now.ms} text={now.text} />}
    </section>
  );
}

function Welcome() {
  return (
    <p class="empty">
      {tables.ready.value && tables.value.value.length === 0
        ? 'This database is empty. Load sample data, or create a table of your own above.'
        : 'Results appear here. Choose a table to see its rows.'}
    </p>
  );
}

/** Shows the last statement's result; the others are one button away. */
function Done({ results, ms, text }: { results: Result<GridRow>[]; ms: number; text: string }) {
  const chosen = useSignal(results.length - 1);
  const result = results[chosen.value];
  if (!result) return null;
  return (
    <>
      <div class="results-head">
        <p role="status">
          <strong>{summary(result)}</strong> <span class="muted">in {milliseconds(ms)}</span>
        </p>
        <code class="results-sql">{oneLine(text)}</code>
      </div>
      {results.length > 1 && (
        <ol class="statements" aria-label="Statements">
          {results.map((one, index) => (
            <li key={index}>
              <button type="button" class="statement" aria-pressed={index === chosen.value} onClick={() => { chosen.value = index; }}>
                <span class="muted">{index + 1}</span> {summary(one)}
              </button>
            </li>
          ))}
        </ol>
      )}
      {result.columns.length > 0 && <DataGrid key={chosen.value} label="Rows" columns={result.columns} rows={result.rows} />}
    </>
  );
}

function oneLine(text: string): string {
  const line = text.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
