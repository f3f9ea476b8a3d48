import { count, quoted } from '../lib/words';
import { run } from '../state/console';
import { changes } from '../state/changes';
import { tables } from '../state/tables';
import { ErrorNote } from './error-note';
import { Samples } from './samples';

const SHOWN = 1000;

export function TablesPanel() {
  const changed = new Map(changes.value.map(({ table, change }) => [table, change]));
  const list = tables.value.value;
  return (
    <>
      <section aria-labelledby="tables-title">
        <h2 id="tables-title">Tables</h2>
        {tables.error.value !== null && <ErrorNote title="The tables cannot be read" reason={tables.error.value} />}
        {list.length === 0 && tables.error.value === null && <p class="empty">{tables.ready.value ? 'No tables on this branch yet.' : 'Reading…'}</p>}
        <ul class="table-list">
          {list.map(({ name, rows, columns }) => (
            <li key={name}>
              <button
                type="button" class="table-item" title={columns.map((column) => `${column.name} ${column.type}`).join('\n')}
                onClick={() => void run(`SELECT * FROM ${quoted(name)} LIMIT ${SHOWN};`, null)}
              >
                <span class="table-name">{name}</span>
                <span class="table-rows">{count(rows, 'row')}</span>
                {changed.has(name) && <span class="table-change">{changed.get(name)}</span>}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <Samples />
    </>
  );
}
