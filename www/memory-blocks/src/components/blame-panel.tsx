import { titleOf } from '../domain';
import { age, shortHash } from '../lib/words';
import { paragraphs } from '../state/editing';
import { addressOf, go } from '../state/route';
import { Who } from './history-panel';

/** Each paragraph beside who put it there, and why. */
export function BlamePanel() {
  const list = paragraphs.value;
  if (!list) return <p class="empty">Reading…</p>;
  if (list.length === 0) return <p class="empty">The block is empty.</p>;
  return (
    <ol class="blame">
      {list.map(({ text, commit }, at) => {
        const proposal = commit?.trailers.Proposal;
        return (
          <li key={at} class="blame-row" data-agent={commit !== undefined && commit.author.name !== commit.committer.name}>
            <p class="blame-text">{text}</p>
            {commit ? (
              <div class="blame-facts">
                <p><strong><Who commit={commit} /></strong> <span class="muted">{age(commit.date)}</span></p>
                <p class="muted">{titleOf(commit)} <code>{shortHash(commit.hash)}</code></p>
                {commit.trailers.Reason && <p class="reason">{commit.trailers.Reason}</p>}
                {proposal && <a href={addressOf('review', proposal)} onClick={(event) => { event.preventDefault(); go('review', proposal); }}>See the proposal</a>}
              </div>
            ) : <p class="muted">Older than the history that is kept.</p>}
          </li>
        );
      })}
    </ol>
  );
}
