import { render } from 'preact';
import { App } from './components/app';
import { start } from './state/session';
import './style/tokens.css';
import './style/base.css';
import './style/layout.css';
import './style/console.css';
import './style/grid.css';
import './style/changes.css';
import './style/history.css';
import './style/branches.css';
import './style/remotes.css';

const root = document.getElementById('app');
if (root) {
  root.textContent = '';
  render(<App />, root);
  void start();
  // Without one (an address that is not secure, a browser's policy) it needs the network, and is the same otherwise.
  navigator.serviceWorker?.register('offline-worker.js').catch(() => undefined);
}
