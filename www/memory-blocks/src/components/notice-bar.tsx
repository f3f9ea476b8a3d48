import { useEffect } from 'preact/hooks';
import { doing } from '../state/act';
import { heard, notice } from '../state/live';
import { ErrorNote } from './error-note';

/** How long it stays said that a thing was done; the activity has it for good. */
const SHOWN_MS = 8000;

/** What was done floats, so that nothing moves under the hand; what failed stands in the page until it is dismissed. */
export function NoticeBar() {
  const now = notice.value;
  const busy = doing.value;
  useEffect(() => {
    if (now?.kind !== 'done') return;
    const timer = setTimeout(() => { if (notice.peek() === now) notice.value = null; }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [now]);
  const dismiss = <button type="button" class="quiet dismiss" aria-label="Dismiss the message" onClick={() => { notice.value = null; }}>×</button>;
  return (
    <>
      <div class="notice-done" data-shown={Boolean(busy) || now?.kind === 'done'} data-busy={Boolean(busy)}>
        {busy ? <p>{busy}…</p> : now?.kind === 'done' && <><p>{now.text}</p>{dismiss}</>}
      </div>
      {now?.kind === 'failed' && !busy && <div class="notice-failed"><ErrorNote title={now.text} reason={now.reason} />{dismiss}</div>}
    </>
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
