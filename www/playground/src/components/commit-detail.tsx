import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Commit } from 'prollite';
import { dateTime } from '../lib/words';
import { doing } from '../state/action';
import { changedTables } from '../state/diff';
import { revertCommit, selected } from '../state/history';
import { db } from '../state/session';
import { goToTables } from '../state/tables';
import { BranchHere } from './branch-here';
import { ErrorNote } from './error-note';
import { TableDiff } from './table-diff';

export function CommitDetail({ commit }: { commit: Commit }) {
  const tables = useSignal<{ table: string; change: string }[] | null>(null);
  const failure = useSignal<unknown>(null);
  const [parent] = commit.parents;
  const [subject, ...body] = commit.message.split('\n');

  useEffect(() => {
    const handle = db.peek();
    if (!handle || !parent) return;
    changedTables(handle, commit.hash).then(
      (found) => { tables.value = found; },
      (reason: unknown) => { failure.value = reason; },
    );
  }, []);

  return (
    <section class="commit-detail" aria-labelledby="commit-title">
      <div class="section-head">
        <h2 id="commit-title">{subject}</h2>
        <button type="button" class="quiet" onClick={() => { selected.value = null; }}>Close</button>
      </div>
      {body.join('\n').trim() && <p class="commit-body">{body.join('\n').trim()}</p>}
      <dl class="facts">
        <dt>Commit</dt><dd><code>{commit.hash}</code></dd>
        <dt>Author</dt><dd>{commit.author.name}{commit.author.email && ` <${commit.author.email}>`}</dd>
        <dt>Date</dt><dd><time dateTime={commit.date.toISOString()}>{dateTime(commit.date)}</time></dd>
        {commit.parents.length > 0 && (
          <>
            <dt>{commit.parents.length > 1 ? 'Parents' : 'Parent'}</dt>
            <dd>{commit.parents.map((hash) => (
              <button key={hash} type="button" class="link" onClick={() => { selected.value = hash; }}><code>{hash.slice(0, 8)}</code></button>
            ))}</dd>
          </>
        )}
      </dl>
      <div class="buttons">
        <BranchHere hash={commit.hash} />
        <button type="button" onClick={() => goToTables(commit.hash, `${commit.hash.slice(0, 8)} ${subject ?? ''}`)}>Show its tables</button>
        {commit.parents.length === 1 && <button type="button" disabled={doing.value !== null} onClick={() => void revertCommit(commit.hash)}>Revert this commit</button>}
      </div>
      {failure.value !== null && <ErrorNote title="The comparison with the parent failed" reason={failure.value} />}
      {!parent && <p class="empty">The first commit: there is nothing before it.</p>}
      {tables.value?.length === 0 && <p class="empty">No table differs from the {commit.parents.length > 1 ? 'first ' : ''}parent.</p>}
      {parent && tables.value?.map(({ table, change }) => (
        <TableDiff key={table} table={table} change={change} from={parent} to={commit.hash} />
      ))}
    </section>
  );
}
