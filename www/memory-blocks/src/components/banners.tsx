import { DbError } from 'prollite';
import { go } from '../state/route';
import { isLost, start, startAnew, startError, status, trouble } from '../state/session';
import { ConfirmButton } from './confirm-button';

/** What happens to the storage beneath. It is said where it stays in view, and never taken for granted. */
export function Banners() {
  const reason = trouble.value;
  const code = reason instanceof DbError ? reason.code : null;
  if (status.value === 'lost' || code === 'STORAGE_LOST' || isLost(startError.value)) {
    return (
      <div class="banner" role="alert">
        <p><strong>The browser has removed this page’s storage.</strong> What is on the screen is no longer kept anywhere: copy what you need. Then start anew, and take in an export.</p>
        <ConfirmButton label="Start anew…" question="Begin with an empty database?" confirm="Start anew" onConfirm={() => void startAnew()} />
      </div>
    );
  }
  if (code === 'QUOTA') {
    return (
      <div class="banner" role="alert">
        <p><strong>The browser’s storage for this page is full.</strong> The last change was not saved. Export what you have, then free space.</p>
        <button type="button" onClick={() => go('data')}>Export and storage</button>
        <button type="button" class="quiet" onClick={() => { trouble.value = null; }}>Dismiss</button>
      </div>
    );
  }
  if (status.value === 'degraded') {
    return <div class="banner" role="status"><p><strong>The database answers slowly or was restarted.</strong> What was saved is kept.</p></div>;
  }
  if (status.value === 'closed') {
    return (
      <div class="banner" role="alert">
        <p><strong>The database was closed.</strong></p>
        <button type="button" onClick={() => void start()}>Open it again</button>
      </div>
    );
  }
  return null;
}
