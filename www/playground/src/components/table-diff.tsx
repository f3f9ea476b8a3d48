import { useSignal, useSignalEffect } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import type { Ref } from 'prollite';
import { count, number, quoted } from '../lib/words';
import { run } from '../state/console';
import { readDiff, type TableDiff as Diff } from '../state/diff';
import { db } from '../state/session';
import { changeTick } from '../state/resource';
import { DiffRows } from './diff-rows';
import { ErrorNote } from './error-note';
import { SchemaDiff } from './schema-diff';

const STEP = 100;

/** What changed in one table between two versions. Against WORKING it is read again whenever the data changes. */
export function TableDiff({ table, change, from, to }: { table: string; change: string; from: Ref; to: Ref }) {
  const id = useId();
  const limit = useSignal(STEP);
  const diff = useSignal<Diff | null>(null);
  const failure = useSignal<unknown>(null);
  const turn = useRef(0);

  useSignalEffect(() => {
    const handle = db.value;
    const upTo = limit.value;
    if (to === 'WORKING') void changeTick.value;
    if (!handle) return;
    const mine = ++turn.current;
    readDiff(handle, table, from, to, upTo).then(
      (next) => {
        if (mine !== turn.current) return;
        diff.value = next;
        failure.value = null;
      },
      (reason: unknown) => {
        if (mine === turn.current) failure.value = reason;
      },
    );
  });

  const now = diff.value;
  return (
    <section class="table-diff card" aria-labelledby={id}>
      <div class="section-head">
        <h3 id={id}>{table}</h3>
        <span class="change-kind">{change}</span>
        {now && <Counts diff={now} />}
        {to !== 'WORKING' && now?.schema?.after !== '' && (
          <button type="button" class="link" onClick={() => void run(`SELECT * FROM ${quoted(table)} AS OF '${to}' LIMIT 1000;`, null)}>
            See all rows as they were
          </button>
        )}
      </div>
      {failure.value !== null && <ErrorNote title="This comparison failed" reason={failure.value} />}
      {now?.schema && <SchemaDiff schema={now.schema} />}
      {now && now.rows.length > 0 && <DiffRows label={`Changed rows of ${table}`} diff={now} />}
      {now && now.rows.length === 0 && !now.schema && <p class="empty">No row differs.</p>}
      {now?.more && (
        <p class="more">
          The first {count(now.rows.length, 'change')} are shown. <button type="button" onClick={() => { limit.value += STEP * 5; }}>Show more</button>
        </p>
      )}
    </section>
  );
}

function Counts({ diff: { counts: { added, modified, removed } } }: { diff: Diff }) {
  return (
    <ul class="counts" aria-label="Changed rows">
      {added > 0 && <li class="op-insert">+ {number(added)} added</li>}
      {modified > 0 && <li class="op-update">~ {number(modified)} modified</li>}
      {removed > 0 && <li class="op-delete">− {number(removed)} removed</li>}
    </ul>
  );
}
