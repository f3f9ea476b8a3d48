import { doing } from '../state/act';
import { heard, notice } from '../state/live';
import { ErrorNote } from './error-note';

export function NoticeBar() {
  const now = notice.value;
  return (
    <div class="notice-bar">
      <div class="notice-done" data-shown={Boolean(doing.value) || now?.kind === 'done'}>
        {doing.value ? <p>{doing.value}…</p> : now?.kind === 'done' && <p>{now.text}</p>}
      </div>
      {now?.kind === 'failed' && <ErrorNote title={now.text} reason={now.reason} />}
      {now && !doing.value && (
        <button type="button" class="quiet dismiss" aria-label="Dismiss the message" onClick={() => { notice.value = null; }}>×</button>
      )}
    </div>
  );
}

/** Always there, so that what comes into it is heard. */
export function LiveRegion() {
  return (
    <div class="hidden-text" role="log" aria-live="polite" aria-label="What was done" data-testid="live">
      {heard.value.map(({ n, text }) => <p key={n}>{text}</p>)}
    </div>
  );
}
