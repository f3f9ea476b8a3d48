import { useEffect, useMemo, useRef } from 'preact/hooks';
import { codePoints, sentence, type Preview, type Proposal } from '../domain';
import { age, count, dateTime } from '../lib/words';
import { doing } from '../state/act';
import {
  approvable, approveOpen, choices, composed, cursor, decideGroup, decisions, edited, look, missing, moveItem, movedSince, note, openConflicts, openId, place, queue, rejectOpen, result,
  shown, split, stateWords, undoLast, type Look,
} from '../state/review';
import { pending } from '../state/data';
import { go } from '../state/route';
import { wide } from '../state/wide';
import { HunkCard } from './hunk-card';
import { LimitMeter } from './limit-meter';
import { SideBySide } from './side-by-side';
import { TextEditor } from './text-editor';
import { helpOpen } from './help';

const LOOKS: [Look, string][] = [['changes', 'Changes'], ['side', 'Side by side'], ['result', 'Result']];

export function ProposalDetail() {
  const now = shown.value;
  const empty = useRef<HTMLHeadingElement>(null);
  const done = openId.value === null || (pending.value.value.length === 0 && !now);
  // What had the focus is gone with the last proposal.
  useEffect(() => {
    if (done && document.activeElement === document.body) empty.current?.focus();
  }, [done]);
  if (openId.value === null) {
    return (
      <section class="detail detail-empty">
        <h2 tabIndex={-1} ref={empty}>All reviewed</h2>
        <p class="muted">Nothing enters a block without your word. What agents propose will wait here.</p>
        <UndoButton />
      </section>
    );
  }
  if (missing.value) return <section class="detail detail-empty"><h2>This proposal is not here</h2><button type="button" onClick={() => go('review')}>To the queue</button></section>;
  if (!now || now.proposal.id !== openId.value) return <section class="detail" aria-busy="true"><p class="empty">Reading…</p></section>;
  return <Open now={now} />;
}

function Open({ now }: { now: Preview }) {
  const { proposal, block } = now;
  const waits = proposal.status === 'pending';
  const where = place.value;
  const title = useRef<HTMLHeadingElement>(null);
  // What had the focus went with the proposal before: the title takes it, on a narrow screen, where there is no queue.
  useEffect(() => {
    if (document.activeElement === document.body && !wide.value) title.current?.focus();
  }, [proposal.id]);
  return (
    <section class="detail" aria-labelledby="proposal-title" data-proposal={proposal.id} data-state={now.state}>
      {!wide.value && (
        <div class="pager">
          <button type="button" class="quiet" onClick={() => go('review')}>‹ Queue</button>
          <span class="muted">{where >= 0 ? `${where + 1} of ${queue.value.length}` : ''}</span>
          <span>
            <button type="button" class="quiet" aria-label="Previous proposal" disabled={where <= 0} onClick={() => moveItem(-1)}>↑</button>
            <button type="button" class="quiet" aria-label="Next proposal" disabled={where < 0 || where >= queue.value.length - 1} onClick={() => moveItem(1)}>↓</button>
          </span>
        </div>
      )}
      <header class="detail-head">
        <h2 id="proposal-title" tabIndex={-1} ref={title}><Title proposal={proposal} /></h2>
        <p class="facts">
          <span class={`confidence confidence-${proposal.confidence}`}>{proposal.confidence} confidence</span>
          <span title={dateTime(new Date(proposal.createdAt))}>{age(new Date(proposal.createdAt))}</span>
          {proposal.expiresAt && waits && <span>expires {age(new Date(proposal.expiresAt))}</span>}
          {!waits && <span class={`status status-${proposal.status}`}>{proposal.status}{proposal.decidedBy ? ` by ${proposal.decidedBy}` : ''}</span>}
        </p>
        <blockquote class="reason">{proposal.reasoning}</blockquote>
        {proposal.note && <p class="muted">Note: {proposal.note}</p>}
        {waits && <p class={`state state-${now.state}`}>{movedSince.value && 'The block changed while you were here. '}{stateWords(now)}</p>}
        {waits && proposal.group && <Group group={proposal.group} />}
      </header>
      {waits ? (
        <>
          <Body now={now} />
          {!wide.value && <Note />}
          <Bar now={now} limit={block?.limit ?? 5000} />
        </>
      ) : (
        <div class="buttons">
          <button type="button" onClick={() => go('activity')}>See it in the activity</button>
          <UndoButton />
        </div>
      )}
    </section>
  );
}

function Title({ proposal }: { proposal: Proposal }) {
  return <><span class="agent">{proposal.agent}</span> wants to {sentence(proposal)}{proposal.operation === 'rename' ? ` to ${proposal.value}` : ''}</>;
}

function Group({ group }: { group: string }) {
  const members = pending.value.value.filter((one) => one.group === group);
  return (
    <div class="group">
      <p>One of a group of {members.length}: {members.map((one) => sentence(one)).join(' · ')}. They belong together.</p>
      <div class="buttons">
        <button type="button" disabled={doing.value !== null} onClick={() => void decideGroup(group, true)}>Approve the group</button>
        <button type="button" disabled={doing.value !== null} onClick={() => void decideGroup(group, false)}>Reject the group</button>
        <button type="button" class="quiet" disabled={doing.value !== null} onClick={() => void split(group)}>Split it</button>
      </div>
    </div>
  );
}

function Body({ now }: { now: Preview }) {
  const lines = useMemo(() => now.now.split('\n'), [now.now]);
  if (now.state === 'void') {
    return <div class="void card"><p>{now.problem?.message}</p>{now.proposal.value && <pre class="prose-pre">{now.proposal.value.slice(0, 2000)}</pre>}</div>;
  }
  if (now.proposal.operation === 'delete') {
    return <div class="card whole"><p><strong>The whole block goes.</strong> Its history stays, and so it can come back.</p><pre class="prose-pre removed">{now.now.slice(0, 4000)}</pre></div>;
  }
  if (now.proposal.operation === 'rename') {
    return <div class="card whole"><p><del>{now.proposal.label}</del> → <ins>{now.proposal.value}</ins></p><p class="muted">The text stays as it is.</p></div>;
  }
  const to = (name: Look) => { look.value = name; };
  return (
    <div class="body">
      <div class="looks" role="group" aria-label="How to see it">
        {LOOKS.map(([name, words]) => (
          <button key={name} type="button" aria-pressed={look.value === name} onClick={() => to(name)}>{words}</button>
        ))}
        <span class="muted looks-count">{count(now.hunks.length, 'change')}</span>
        <button type="button" class="quiet keys" aria-expanded={helpOpen.value} onClick={() => { helpOpen.value = !helpOpen.value; }}>Keys <kbd>?</kbd></button>
      </div>
      {look.value === 'changes' && (
        edited.value !== null ? (
          <p class="state">You have edited the result by hand. <button type="button" class="link" onClick={() => { edited.value = null; }}>Discard my edits</button></p>
        ) : (
          <ol class="hunks">
            {now.hunks.map((hunk, at) => (
              <HunkCard key={at} hunk={hunk} at={at} all={now.hunks.length} lines={lines} choice={choices.value[at]} active={cursor.value === at} />
            ))}
          </ol>
        )
      )}
      {look.value === 'side' && <SideBySide before={now.now} after={result.value} labels={['Now', 'After']} />}
      {look.value === 'result' && (
        <div class="card page">
          <TextEditor
            text={result.value} original={now.now} label="Result, to be edited before approving" autoFocus={editFocus()}
            onChange={(text) => { edited.value = text === composed.peek() ? null : text; }}
            onSave={() => void approveOpen()}
            onLeave={() => document.getElementById('proposal-title')?.focus()}
          />
        </div>
      )}
    </div>
  );
}

let focusNext = false;
/** The `e` key: to the result, and into it. */
export function edit(): void {
  focusNext = true;
  look.value = 'result';
}
function editFocus(): boolean {
  const now = focusNext;
  focusNext = false;
  return now;
}

function Bar({ now, limit }: { now: Preview; limit: number }) {
  const busy = doing.value !== null;
  return (
    <div class="bar">
      {now.state !== 'void' && <LimitMeter length={codePoints(result.value)} limit={limit} />}
      <div class="bar-row">
        <button type="button" class="primary approve" aria-disabled={!approvable.value || busy} onClick={() => void approveOpen()}>
          {edited.value !== null ? 'Approve as edited' : openConflicts.value > 0 ? `Choose at ${count(openConflicts.value, 'place')}` : choices.value.some((one) => one === 'now') ? 'Approve what is taken' : 'Approve'}
        </button>
        <button type="button" class="reject" aria-disabled={busy} onClick={() => void rejectOpen()}>Reject</button>
        {wide.value && <Note />}
        <UndoButton />
      </div>
    </div>
  );
}

function Note() {
  return (
    <label class="note"><span class="hidden-text">Note to the agent (optional)</span>
      <input placeholder="Note to the agent (optional)" value={note.value} onInput={(event) => { note.value = event.currentTarget.value; }} />
    </label>
  );
}

function UndoButton() {
  const last = decisions.value.at(-1);
  if (!last) return null;
  return <button type="button" class="quiet undo" title={last.what} onClick={() => void undoLast()}>Undo <kbd>u</kbd></button>;
}
