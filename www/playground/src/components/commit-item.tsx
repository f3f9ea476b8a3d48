import type { GraphRow } from '../lib/graph';
import { dateTime, shortHash } from '../lib/words';
import { namesAt, selected } from '../state/history';
import { GraphCell } from './graph-cell';

export function CommitItem({ row, lanes, chosen }: { row: GraphRow; lanes: number; chosen: boolean }) {
  const { commit } = row;
  const names = namesAt.value.get(commit.hash) ?? [];
  const [title = ''] = commit.message.split('\n', 1);
  return (
    <li class="commit-row">
      <GraphCell row={row} lanes={lanes} current={names.some(({ current }) => current)} />
      <button
        type="button" class="commit" aria-pressed={chosen} data-hash={commit.hash}
        onClick={() => { selected.value = chosen ? null : commit.hash; }}
      >
        <span class="commit-line">
          {names.map(({ name, kind, current }) => (
            <span key={`${kind} ${name}`} class={`ref ref-${kind}${current ? ' ref-current' : ''}`}>
              <span class="hidden-text">{current ? 'current branch' : kind} </span>{kind === 'tag' && <span aria-hidden="true">◇ </span>}{name}
            </span>
          ))}
          <span class="commit-message" title={commit.message}>{title}</span>
        </span>
        <span class="commit-meta">
          <code>{shortHash(commit.hash)}</code>
          <span>{commit.author.name}</span>
          <time dateTime={commit.date.toISOString()}>{dateTime(commit.date)}</time>
          {commit.parents.length > 1 && <span>merge of {commit.parents.map(shortHash).join(' and ')}</span>}
        </span>
      </button>
    </li>
  );
}
