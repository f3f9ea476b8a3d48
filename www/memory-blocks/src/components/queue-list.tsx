import { useEffect, useRef, useState } from 'preact/hooks';
import type { ProposalSummary } from '../domain';
import { sentence } from '../domain';
import { age, capital, excerpt } from '../lib/words';
import { decided, pending } from '../state/data';
import { filter, followFocus, lookAt, openId, place, queue, states } from '../state/review';
import { addressOf, go } from '../state/route';
import { wide } from '../state/wide';

/** Rows at a time: five hundred proposals cost no more than forty. */
const PAGE = 40;

const STATE_WORDS = { fresh: '', rebased: 'block changed since', conflict: 'overlaps', void: 'no longer fits' } as const;

export function QueueList() {
  const list = queue.value;
  const [more, setMore] = useState(PAGE);
  const open = useRef<HTMLAnchorElement>(null);
  const size = Math.max(more, place.value + 10);
  const shown = list.slice(0, size);
  useEffect(() => lookAt(shown), [list, size]);
  useEffect(() => {
    open.current?.scrollIntoView({ block: 'nearest' });
    if (followFocus.wanted || document.activeElement === document.body) open.current?.focus({ preventScroll: true });
    followFocus.wanted = false;
  }, [openId.value]);
  const agents = [...new Set(pending.value.value.map(({ agent }) => agent))].sort();
  const labels = [...new Set(pending.value.value.map(({ label }) => label))].sort();
  return (
    <>
      {pending.value.value.length > 1 && (
        <div class="filters">
          <label><span class="hidden-text">Agent</span>
            <select value={filter.value.agent} onChange={(event) => { filter.value = { ...filter.value, agent: event.currentTarget.value }; }}>
              <option value="">All agents</option>
              {agents.map((agent) => <option key={agent} value={agent}>{agent}</option>)}
            </select>
          </label>
          <label><span class="hidden-text">Block</span>
            <select value={filter.value.block} onChange={(event) => { filter.value = { ...filter.value, block: event.currentTarget.value }; }}>
              <option value="">All blocks</option>
              {labels.map((label) => <option key={label} value={label}>{label}</option>)}
            </select>
          </label>
        </div>
      )}
      {list.length === 0 ? (
        <p class="empty">{pending.value.value.length === 0 ? 'Nothing waits for you. What agents propose comes here first.' : 'Nothing waits under this filter.'}</p>
      ) : (
        <ul class="queue-list" aria-label="Waiting proposals">
          {shown.map((one) => <Row key={one.id} one={one} link={one.id === openId.value ? open : undefined} />)}
        </ul>
      )}
      {list.length > size && <button type="button" class="quiet" onClick={() => setMore(size + PAGE)}>Show {Math.min(PAGE, list.length - size)} more of {list.length - size}</button>}
      {decided.value.value.length > 0 && (
        <details class="decided">
          <summary>Decided lately</summary>
          <ul>
            {decided.value.value.slice(0, 20).map((one) => (
              <li key={one.id}>
                <a href={addressOf('review', one.id)} onClick={(event) => { event.preventDefault(); go('review', one.id); }}>
                  <span class={`status status-${one.status}`}>{one.status}</span> {capital(sentence(one))}
                  <span class="muted"> · {one.agent}{one.reviewedAt ? `, ${age(new Date(one.reviewedAt))}` : ''}</span>
                </a>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Row({ one, link }: { one: ProposalSummary; link?: preact.RefObject<HTMLAnchorElement | null> | undefined }) {
  const state = states.value.get(one.id)?.state ?? 'fresh';
  const current = one.id === openId.value;
  const soon = one.expiresAt !== null && Date.parse(one.expiresAt) - Date.now() < 86_400_000;
  return (
    <li>
      <a
        ref={link} class="queue-row" href={addressOf('review', one.id)} aria-current={current ? 'true' : undefined}
        onClick={(event) => { if (event.metaKey || event.ctrlKey) return; event.preventDefault(); go('review', one.id, { replace: wide.value && openId.value !== null }); }}
      >
        <span class="queue-what">{capital(sentence(one))}</span>
        <span class="queue-why">{excerpt(one.reasoning, 90)}</span>
        <span class="queue-facts">
          <span>{one.agent}</span>
          <span>{age(new Date(one.createdAt))}</span>
          {one.confidence === 'low' && <span class="tag tag-low">low confidence</span>}
          {one.group && <span class="tag">group</span>}
          {soon && <span class="tag tag-warn">expires {age(new Date(one.expiresAt as string))}</span>}
          {STATE_WORDS[state] && <span class={`tag tag-${state}`}>{STATE_WORDS[state]}</span>}
        </span>
      </a>
    </li>
  );
}
