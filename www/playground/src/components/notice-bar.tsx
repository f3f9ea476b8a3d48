import { doing } from '../state/action';
import { notice } from '../state/notice';
import { ErrorNote } from './error-note';

export function NoticeBar() {
  const now = notice.value;
  return (
    <div class="notice-bar">
      <div role="status" class="notice-done">
        {doing.value ? <p>{doing.value}…</p> : now?.kind === 'done' && <p>{now.text}</p>}
      </div>
      <div role="alert">
        {now?.kind === 'failed' && <ErrorNote title={now.text} reason={now.reason} />}
      </div>
      {now && !doing.value && (
        <button type="button" class="quiet dismiss" aria-label="Dismiss the message" onClick={() => { notice.value = null; }}>×</button>
      )}
    </div>
  );
}
