import { useEffect, useState } from 'preact/hooks';
import type { Choice } from '../domain';
import { age, capital, count } from '../lib/words';
import { doing } from '../state/act';
import { db } from '../state/session';
import { apart, clashes, incoming, join, leaveNow, readSync, settleOne, sync, syncedAt, takeInNow, token, url } from '../state/sync';
import type { Clash } from '../domain';
import { ConfirmButton } from './confirm-button';
import { EffectDiff } from './effect-diff';

export function SyncPanel() {
  const busy = doing.value !== null;
  const handle = db.value;
  useEffect(() => void readSync().catch(() => undefined), [handle]);
  return (
    <section aria-labelledby="sync-title">
      <h2 id="sync-title" tabIndex={-1}>Other devices</h2>
      <p class="muted">A remote stands between your devices. You can work without it; when both meet again, texts merge line by line, and what both changed at one place is put to you.</p>
      <form class="rule-form" onSubmit={(event) => { event.preventDefault(); void sync(); }}>
        <label class="field"><span>Address of the remote</span><input type="url" placeholder="https://…/blocks" value={url.value} onInput={(event) => { url.value = event.currentTarget.value; }} /></label>
        <label class="field"><span>Its token, if it wants one</span><input type="password" autocomplete="off" value={token.value} onInput={(event) => { token.value = event.currentTarget.value; }} /></label>
        <button type="submit" disabled={busy || !url.value || clashes.value.length > 0}>Sync</button>
      </form>
      {syncedAt.value && !incoming.value && !apart.value && clashes.value.length === 0 && <p class="muted">Both sides were the same {age(syncedAt.value)}.</p>}
      {apart.value && (
        <div class="card incoming">
          <h3>The remote holds blocks that were begun elsewhere</h3>
          <p class="muted">Bringing both together goes on from those. A block that is only here is added to them, and where a text here differs from the one there, it becomes a proposal for your review. The history of this device stays, on a branch of its own.</p>
          <div class="buttons">
            <button type="button" class="primary" disabled={busy} onClick={() => void join()}>Bring both together</button>
            <button type="button" onClick={() => { apart.value = false; }}>Not now</button>
          </div>
        </div>
      )}
      {incoming.value && (
        <div class="card incoming">
          <h3>{count(incoming.value.commits, 'change')} from another device</h3>
          <ul>
            {incoming.value.blocks.map(({ label, change, before, after, warnings }) => (
              <li key={label}>
                <details open={warnings.length > 0}>
                  <summary><strong>{label}</strong> <span class="muted">{change}</span> {warnings.map((one) => <span key={one} class="tag tag-warn">{one}</span>)}</summary>
                  <EffectDiff before={before} after={after} />
                </details>
              </li>
            ))}
            {incoming.value.proposals > 0 && <li>{count(incoming.value.proposals, 'proposal')} new or decided there</li>}
          </ul>
          <div class="buttons">
            <button type="button" class="primary" disabled={busy} onClick={() => void takeInNow()}>Take them in</button>
            <button type="button" onClick={() => { incoming.value = null; }}>Not now</button>
          </div>
        </div>
      )}
      {clashes.value.length > 0 && (
        <div class="clashes">
          <div class="section-head">
            <h3>{count(clashes.value.length, 'place')} for you to decide</h3>
            <ConfirmButton label="Leave the merge" question="Back to how it was here?" confirm="Leave" onConfirm={() => void leaveNow()} />
          </div>
          {clashes.value.map((clash) => <ClashCard key={clash.id} clash={clash} />)}
        </div>
      )}
    </section>
  );
}

function ClashCard({ clash }: { clash: Clash }) {
  const [choices, setChoices] = useState<(Choice | undefined)[]>(() => clash.hunks.map(({ conflict }) => (conflict ? undefined : 'proposed')));
  const busy = doing.value !== null;
  const open = clash.hunks.some(({ conflict }, at) => conflict && choices[at] === undefined);
  return (
    <section class="card clash" aria-label={clash.what}>
      <h4>{capital(clash.what)}</h4>
      {clash.hunks.map((hunk, at) => hunk.conflict && (
        <div class="three" key={at}>
          {(['now', 'proposed', 'both'] as const).map((choice) => (
            <label key={choice} class="clash-choice">
              <span class="check"><input type="radio" name={`${clash.id}-${at}`} checked={choices[at] === choice} onChange={() => setChoices(choices.map((one, index) => (index === at ? choice : one)))} />
                {choice === 'now' ? 'Mine, here' : choice === 'proposed' ? 'From the other device' : 'Both'}</span>
              <span class="words">{(choice === 'now' ? hunk.now : choice === 'proposed' ? hunk.proposed : [...hunk.now, ...hunk.proposed]).join('\n')}</span>
            </label>
          ))}
        </div>
      ))}
      <div class="buttons">
        {clash.kind === 'text'
          ? <button type="button" class="primary" disabled={busy || open} onClick={() => void settleOne(clash, { choices })}>Keep what is chosen</button>
          : (
            <>
              <button type="button" disabled={busy} onClick={() => void settleOne(clash, 'mine')}>As here{clash.kind === 'decision' ? `: ${String(clash.mine?.status)}` : ''}</button>
              <button type="button" disabled={busy} onClick={() => void settleOne(clash, 'theirs')}>As there{clash.kind === 'decision' ? `: ${String(clash.theirs?.status)}` : ''}</button>
            </>
          )}
      </div>
    </section>
  );
}
