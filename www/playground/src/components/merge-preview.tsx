import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { MergeResult } from 'prollite';
import { count, number } from '../lib/words';
import { changeTick } from '../state/resource';
import { branch, db } from '../state/session';
import { ErrorNote } from './error-note';

/** What a merge would do, and nothing is done. */
export function MergePreview({ from }: { from: string }) {
  const found = useSignal<MergeResult | null>(null);
  const failure = useSignal<unknown>(null);
  const into = branch.value;
  const tick = changeTick.value;

  useEffect(() => {
    let late = false;
    db.peek()?.vc.merge(from, { preview: true }).then(
      (result) => { if (!late) found.value = result; },
      (reason: unknown) => { if (!late) failure.value = reason; },
    );
    return () => { late = true; };
  }, [from, into, tick]);

  if (failure.value !== null) return <ErrorNote title="The merge cannot be previewed" reason={failure.value} />;
  const result = found.value;
  const tables = Object.entries(result?.stats ?? {}).filter(([, { added, modified, deleted }]) => added + modified + deleted > 0);
  return (
    <div class="merge-preview" role="status">
      {!result && <p class="muted">Comparing…</p>}
      {result && <p><strong>{verdict(result, from, into)}</strong></p>}
      {tables.length > 0 && (
        <table>
          <caption>Rows that {from} changed</caption>
          <thead><tr><th scope="col">Table</th><th scope="col">Added</th><th scope="col">Changed</th><th scope="col">Removed</th></tr></thead>
          <tbody>
            {tables.map(([name, { added, modified, deleted }]) => (
              <tr key={name}><th scope="row">{name}</th><td>{number(added)}</td><td>{number(modified)}</td><td>{number(deleted)}</td></tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function verdict({ fastForward, conflicts, message }: MergeResult, from: string, into: string): string {
  if (message) return `${into} has everything of ${from} already.`;
  if (fastForward) return `${into} would move forward to ${from}: nothing changed on ${into} since.`;
  return conflicts > 0 ? `${count(conflicts, 'conflict')} would wait for you.` : 'Both would come together without a conflict.';
}
