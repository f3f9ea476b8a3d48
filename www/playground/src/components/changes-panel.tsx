import { count } from '../lib/words';
import { changes, changesError, changesReady, discardAll } from '../state/changes';
import { doing } from '../state/action';
import { merge } from '../state/merge';
import { CommitBox } from './commit-box';
import { ConfirmButton } from './confirm-button';
import { ErrorNote } from './error-note';
import { TableDiff } from './table-diff';

export function ChangesPanel() {
  const list = changes.value;
  if (changesError.value !== null) return <ErrorNote title="The changes cannot be read" reason={changesError.value} />;
  return (
    <section class="changes" aria-labelledby="changes-title">
      <div class="section-head">
        <h2 id="changes-title">Changes since the last commit</h2>
        {list.length > 0 && !merge.value.value.merging && (
          <ConfirmButton
            label="Discard all" question={`Discard the changes of ${count(list.length, 'table')}?`} confirm="Discard"
            disabled={doing.value !== null} onConfirm={() => void discardAll()}
          />
        )}
      </div>
      {list.length === 0 && (
        <p class="empty">{changesReady.value ? 'Nothing has changed. Edit some rows, and they are compared here.' : 'Reading…'}</p>
      )}
      {list.length > 0 && !merge.value.value.merging && <CommitBox />}
      {list.map(({ table, change }) => <TableDiff key={table} table={table} change={change} from="HEAD" to="WORKING" />)}
    </section>
  );
}
