import { bytes, count, number } from '../lib/words';
import { doing } from '../state/action';
import { check, collect, keep, report, storage } from '../state/storage';
import { databaseName } from '../state/session';
import { ConfirmButton } from './confirm-button';
import { ErrorNote } from './error-note';

/** Where the data is, whether it is whole, and what can be given back. */
export function StoragePanel() {
  const now = storage.value.value;
  const busy = doing.value !== null;
  return (
    <section class="health" aria-labelledby="storage-title">
      <h2 id="storage-title">Storage of {databaseName}</h2>
      {storage.error.value !== null && <ErrorNote title="The storage cannot be asked" reason={storage.error.value} />}
      {now && (
        <dl class="facts">
          <dt>This database</dt><dd>{bytes(now.bytes)} in {count(now.chunks, 'chunk')}</dd>
          <dt>This site</dt><dd>{bytes(now.usage)} of {bytes(now.quota)} that the browser allows</dd>
          <dt>Kept</dt><dd>{now.persisted ? 'The browser has promised not to remove it.' : 'The browser may remove it when the disk is full.'}</dd>
        </dl>
      )}
      <div class="buttons">
        {now && !now.persisted && <button type="button" disabled={busy} onClick={() => void keep()}>Ask the browser to keep it</button>}
        <button type="button" disabled={busy} onClick={() => void check()}>Check everything</button>
        <ConfirmButton label="Free space" question="Remove what no branch, tag or undo reaches?" confirm="Free space" disabled={busy} onConfirm={() => void collect()} />
      </div>
      <Verdict />
    </section>
  );
}

function Verdict() {
  const found = report.value;
  if (!found) return null;
  const problems = [
    ...found.missing.map((address) => `Chunk ${address} is missing.`),
    ...found.corrupt.map((address) => `Chunk ${address} is damaged.`),
    ...found.disagreements,
  ];
  return (
    <div class={found.ok ? 'verdict' : 'error-note'} role="status">
      <p><strong>{found.ok ? 'Everything is whole.' : `${count(problems.length, 'problem')}.`}</strong> {number(found.chunks)} chunks were read and hashed, each index was compared with its rows.</p>
      {problems.length > 0 && <ul>{problems.slice(0, 100).map((problem) => <li key={problem}>{problem}</li>)}</ul>}
    </div>
  );
}
