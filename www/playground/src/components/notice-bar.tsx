import { doing } from '../state/action';
import { notice } from '../state/notice';
import { cancelTransfer, transfer } from '../state/remotes';
import { ErrorNote } from './error-note';
import { SyncState } from './sync-state';

export function NoticeBar() {
  const now = notice.value;
  return (
    <div class="notice-bar">
      <div role="status" class="notice-done">
        {doing.value ? <p>{doing.value}…</p> : now?.kind === 'done' && <p>{now.text}</p>}
      </div>
      {transfer.value && (
        <div class="transfer">
          <SyncState />
          <button type="button" onClick={cancelTransfer}>Cancel</button>
        </div>
      )}
      <div role="alert">
        {now?.kind === 'failed' && <ErrorNote title={now.text} reason={now.reason} />}
      </div>
      {now && !doing.value && (
        <button type="button" class="quiet dismiss" aria-label="Dismiss the message" onClick={() => { notice.value = null; }}>×</button>
      )}
    </div>
  );
}
