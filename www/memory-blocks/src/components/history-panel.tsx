import type { Commit } from 'prollite';
import { restore, titleOf, type Block, type Version } from '../domain';
import { age, dateTime, number, shortHash } from '../lib/words';
import { act, doing } from '../state/act';
import { compare, compared, versions } from '../state/editing';
import { SideBySide } from './side-by-side';

/** Who did it: the person alone, or an agent with the person who let it in. */
export function Who({ commit }: { commit: Commit }) {
  const { author, committer } = commit;
  return <span>{author.name === committer.name ? author.name : `${author.name}, let in by ${committer.name}`}</span>;
}

export function HistoryPanel({ now }: { now: Block }) {
  const list = versions.value;
  if (!list) return <p class="empty">Reading…</p>;
  return (
    <div class="history">
      <ol class="versions" aria-label="Versions, newest first">
        {list.map((version, at) => <Row key={version.commit.hash} version={version} before={list[at + 1]} now={now} newest={at === 0} />)}
      </ol>
      {compared.value && (
        <section class="compared" aria-label="Comparison">
          <div class="section-head">
            <h3>{compared.value.to === 'now' ? `From ${shortHash(compared.value.from)} to now` : `What ${shortHash(compared.value.to)} changed`}</h3>
            <button type="button" class="quiet" onClick={() => { compared.value = null; }}>Close</button>
          </div>
          {compared.value.before === compared.value.after ? <p class="muted">The text is the same.</p>
            : <SideBySide before={compared.value.before} after={compared.value.after} labels={['Before', compared.value.to === 'now' ? 'Now' : 'After']} />}
        </section>
      )}
    </div>
  );
}

function Row({ version, before, now, newest }: { version: Version; before: Version | undefined; now: Block; newest: boolean }) {
  const { commit } = version;
  const active = compared.value?.to === commit.hash || compared.value?.from === commit.hash;
  return (
    <li class="version" data-active={active}>
      <p class="version-title">{titleOf(commit)}</p>
      {commit.trailers.Reason && <p class="reason">{commit.trailers.Reason}</p>}
      <p class="facts"><Who commit={commit} /><span title={dateTime(commit.date)}>{age(commit.date)}</span><span>{number(version.length)} characters</span><code>{shortHash(commit.hash)}</code></p>
      <div class="buttons">
        {version.bodyChanged && <button type="button" class="small" onClick={() => void compare(before?.commit.hash ?? null, commit.hash)}>What changed</button>}
        {!newest && <button type="button" class="small" onClick={() => void compare(commit.hash, 'now')}>Compare with now</button>}
        {!newest && !now.readOnly && (
          <button type="button" class="small" disabled={doing.value !== null} onClick={() => void act('Restoring', async (desk) => {
            await restore(desk, now.id, commit.hash);
            return `Restored the text of ${shortHash(commit.hash)}, as a new version.`;
          })}>Restore</button>
        )}
      </div>
    </li>
  );
}
