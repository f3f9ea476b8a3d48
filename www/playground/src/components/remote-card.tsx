import { useSignal } from '@preact/signals';
import { count } from '../lib/words';
import { doing } from '../state/action';
import { switchTo } from '../state/branches';
import { fetchFrom, moveRemote, pullAndPush, pullFrom, pushTo, refusedBy, removeRemote, type BranchPair, type RemoteState } from '../state/remotes';
import { branch } from '../state/session';
import { ConfirmButton } from './confirm-button';

export function RemoteCard({ remote }: { remote: RemoteState }) {
  const { name, url, pairs, onlyThere, onlyHere } = remote;
  const busy = doing.value !== null;
  const here = branch.value;
  const known = pairs.some((pair) => pair.branch === here);
  return (
    <section class="card remote" aria-labelledby={`remote-${name}`}>
      <div class="section-head">
        <h3 id={`remote-${name}`}>{name} <code class="remote-url">{url}</code></h3>
        <ConfirmButton label={`Remove ${name}`} question={`Forget ${name} here?`} confirm="Remove" disabled={busy} onConfirm={() => void removeRemote(name)} />
      </div>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void fetchFrom(name)}>Fetch<span class="hidden-text"> from {name}</span></button>
        <button type="button" disabled={busy || (!known && pairs.length + onlyThere.length > 0)} onClick={() => void pullFrom(name)}>Pull into {here}</button>
        <button type="button" class="primary" disabled={busy} onClick={() => void pushTo(remote)}>Push {here}</button>
      </div>
      {refusedBy.value === name && <Refused remote={remote} />}
      {pairs.length > 0 && (
        <ul class="pairs" aria-label={`Branches here and on ${name}`}>
          {pairs.map((pair) => <Pair key={pair.branch} pair={pair} remote={name} current={pair.branch === here} />)}
        </ul>
      )}
      {pairs.length === 0 && <p class="muted">Nothing was fetched from it or pushed to it yet.</p>}
      {onlyThere.length > 0 && (
        <div class="only">
          <p class="muted">Only on {name}:</p>
          {onlyThere.map((one) => (
            <button key={one} type="button" disabled={busy} onClick={() => void switchTo(one)}>
              {one}<span class="hidden-text"> from {name}: switch to it</span>
            </button>
          ))}
        </div>
      )}
      {pairs.length > 0 && onlyHere.length > 0 && <p class="muted">Only here: {onlyHere.join(', ')}.</p>}
      <Address name={name} url={url} />
    </section>
  );
}

function Pair({ pair: { branch: local, there, ahead, behind }, remote, current }: { pair: BranchPair; remote: string; current: boolean }) {
  return (
    <li aria-current={current ? 'true' : undefined} data-ahead={ahead} data-behind={behind}>
      <span aria-hidden="true">{current ? '●' : '○'}</span>
      <strong>{local}</strong>
      {there !== local && <span class="muted">as {remote}/{there}</span>}
      <span class="pair-state">
        {ahead > 0 && <span class="ahead">↑ {count(ahead, 'commit')} to push</span>}
        {behind > 0 && <span class="behind">↓ {count(behind, 'commit')} to pull</span>}
        {ahead + behind === 0 && <span class="muted">same as {remote}/{there}, as far as it was fetched</span>}
      </span>
    </li>
  );
}

/** A push that is not a fast-forward: why, and the two ways on. */
function Refused({ remote }: { remote: RemoteState }) {
  const { name } = remote;
  const busy = doing.value !== null;
  return (
    <div class="refused" role="group" aria-label={`What to do about ${name}`}>
      <p>
        Somebody has pushed to {name} since you last pulled. Pulling merges their commits with yours, row by row and cell
        by cell; then both can be pushed.
      </p>
      <div class="buttons">
        <button type="button" class="primary" disabled={busy} onClick={() => void pullAndPush(remote)}>Pull, then push</button>
        <ConfirmButton
          label={`Overwrite ${name} instead`} question="Drop the commits there that were seen and are not here?" confirm="Overwrite"
          disabled={busy} onConfirm={() => void pushTo(remote, { force: true })}
        />
      </div>
    </div>
  );
}

function Address({ name, url }: { name: string; url: string }) {
  const next = useSignal(url);
  const submit = (event: Event) => {
    event.preventDefault();
    if (next.value.trim() && next.value !== url) void moveRemote(name, next.value.trim());
  };
  return (
    <details class="remote-address">
      <summary>Another address</summary>
      <form class="row" onSubmit={submit}>
        <input type="url" aria-label={`Address of ${name}`} value={next.value} onInput={(event) => { next.value = event.currentTarget.value; }} />
        <button type="submit" disabled={doing.value !== null || !next.value.trim() || next.value === url}>Change</button>
      </form>
    </details>
  );
}
