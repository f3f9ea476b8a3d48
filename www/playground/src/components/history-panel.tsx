import { branch } from '../state/session';
import { everyBranch, history, historyError, historyReady, mayHaveMore, selected, selectedCommit, showEveryBranch, showMore } from '../state/history';
import { CommitDetail } from './commit-detail';
import { CommitItem } from './commit-item';
import { ErrorNote } from './error-note';

export function HistoryPanel() {
  const rows = history.value;
  if (historyError.value !== null) return <ErrorNote title="The history cannot be read" reason={historyError.value} />;
  const chosen = selectedCommit.value;
  const lanes = Math.min(8, rows.reduce((most, row) => Math.max(most, row.lanes), 1));
  return (
    <div class="history" data-detail={chosen !== null}>
      <section class="log" aria-labelledby="history-title">
        <div class="section-head">
          <h2 id="history-title">History</h2>
          <label class="check">
            <input type="checkbox" checked={everyBranch.value} onChange={(event) => showEveryBranch(event.currentTarget.checked)} />
            every branch
          </label>
        </div>
        {rows.length === 0 && <p class="empty">{historyReady.value ? `No commit on ${branch.value} yet.` : 'Reading…'}</p>}
        <ol class="commits" onKeyDown={moveFocus}>
          {rows.map((row) => <CommitItem key={row.commit.hash} row={row} lanes={lanes} chosen={row.commit.hash === selected.value} />)}
        </ol>
        {mayHaveMore.value && <button type="button" onClick={showMore}>Show older commits</button>}
      </section>
      {chosen && <CommitDetail key={chosen.hash} commit={chosen} />}
    </div>
  );
}

/** Up and down walk through the list, as in any list of mail. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('.commit')];
  const next = buttons[buttons.indexOf(document.activeElement as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
