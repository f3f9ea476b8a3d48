import { render } from 'preact';
import { App } from './components/app';
import { expireDue } from './domain';
import { keepFocus } from './lib/focus';
import { listenToKeys } from './state/keys';
import { refreshAll } from './state/resource';
import { desk, start } from './state/session';
import { listenToWindows } from './state/simulated';
import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/source-serif-4/wght.css';
import './style/tokens.css';
import './style/base.css';
import './style/layout.css';
import './style/review.css';
import './style/blocks.css';

const EXPIRY_MS = 60_000;

async function expire(): Promise<void> {
  const now = desk.peek();
  // Another tab may be faster, or the storage gone: the next minute tries again.
  if (now) await expireDue(now).catch(() => undefined);
}

const root = document.getElementById('app');
if (root) {
  root.textContent = '';
  render(<App />, root);
  keepFocus(root);
  listenToKeys();
  listenToWindows();
  void start().then(expire);
  setInterval(() => void expire(), EXPIRY_MS);
  // Who comes back sees what is: times that have passed, and storage that the browser took away meanwhile.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void refreshAll().then(expire);
  });
}
