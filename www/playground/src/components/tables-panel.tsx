import { count, quoted } from '../lib/words';
import { run } from '../state/console';
import { changes } from '../state/changes';
import { asOf, pastTables, tables } from '../state/tables';
import { AsOf } from './as-of';
import { ErrorNote } from './error-note';
import { Samples } from './samples';

const SHOWN = 1000;

export function TablesPanel() {
  const changed = new Map(changes.value.map(({ table, change }) => [table, change]));
  const past = asOf.value;
  const { value, error, ready } = past ? pastTables : tables;
  const list = value.value;
  const then = past ? ` AS OF '${past.ref.replaceAll("'", "''")}'` : '';
  return (
    <>
      <section aria-labelledby="tables-title">
        <h2 id="tables-title">Tables</h2>
        <AsOf />
        {past && <p class="past" role="status">As they were then: <strong>{past.title}</strong></p>}
        {error.value !== null && <ErrorNote title="The tables cannot be read" reason={error.value} />}
        {list.length === 0 && error.value === null && <p class="empty">{!ready.value ? 'Reading…' : past ? 'There were no tables then.' : 'No tables on this branch yet.'}</p>}
        <ul class="table-list">
          {list.map(({ name, rows, columns }) => (
            <li key={name}>
              <button
                type="button" class="table-item" title={columns.map((column) => `${column.name} ${column.type}`).join('\n')}
                onClick={() => void run(`SELECT * FROM ${quoted(name)}${then} LIMIT ${SHOWN};`, null)}
              >
                <span class="table-name">{name}</span>
                <span class="table-rows">{count(rows, 'row')}</span>
                {!past && changed.has(name) && <span class="table-change">{changed.get(name)}</span>}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <Samples />
    </>
  );
}
