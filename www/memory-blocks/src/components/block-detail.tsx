import { changeSettings, deleteBlock, forgetPast, type Block } from '../domain';
import { useState } from 'preact/hooks';
import { count } from '../lib/words';
import { act, doing } from '../state/act';
import { pending } from '../state/data';
import { behind, bringTogether, dirty, discard, length, save, side, text, write, type Side } from '../state/editing';
import { filter } from '../state/review';
import { go } from '../state/route';
import { wide } from '../state/wide';
import { BlamePanel } from './blame-panel';
import { ConfirmButton } from './confirm-button';
import { HistoryPanel } from './history-panel';
import { LimitMeter } from './limit-meter';
import { TextEditor } from './text-editor';

const SIDES: [Side, string][] = [['text', 'Text'], ['history', 'History'], ['blame', 'Who wrote what'], ['settings', 'Settings']];

export function BlockDetail({ now }: { now: Block }) {
  const waiting = pending.value.value.filter(({ blockId }) => blockId === now.id);
  return (
    <section class="detail" aria-labelledby="block-title" data-block={now.label} data-hash={now.hash}>
      {!wide.value && <div class="pager"><button type="button" class="quiet" onClick={() => go('blocks')}>‹ Blocks</button></div>}
      <header class="detail-head">
        <h2 id="block-title" tabIndex={-1}>{now.title}</h2>
        {now.description && <p class="muted">{now.description}</p>}
        {waiting.length > 0 && (
          <p class="state">
            {count(waiting.length, 'proposal')} for this block.{' '}
            <button type="button" class="link" onClick={() => { filter.value = { agent: '', block: now.label }; go('review', waiting[0]?.id); }}>Review</button>
          </p>
        )}
      </header>
      <div class="looks" role="group" aria-label="About this block">
        {SIDES.map(([name, words]) => (
          <button key={name} type="button" aria-pressed={side.value === name} onClick={() => { side.value = name; }}>{words}</button>
        ))}
      </div>
      {side.value === 'text' && <Writing now={now} />}
      {side.value === 'history' && <HistoryPanel now={now} />}
      {side.value === 'blame' && <BlamePanel />}
      {side.value === 'settings' && <Settings key={now.id} now={now} />}
    </section>
  );
}

function Writing({ now }: { now: Block }) {
  const over = length.value > now.limit;
  if (now.readOnly) {
    return <><p class="state">This block is read-only: neither you nor an agent can change it until that is lifted in the settings.</p><div class="card page"><pre class="prose-pre">{now.body}</pre></div></>;
  }
  return (
    <>
      {behind.value && (
        <div class="state state-conflict">
          <p>The block has changed since you began to write. Your words are kept.</p>
          <div class="buttons"><button type="button" onClick={() => void bringTogether()}>Bring both together</button></div>
        </div>
      )}
      <div class="card page"><TextEditor key={now.id} text={text.value} label={`Text of ${now.title}`} onChange={write} onSave={() => void save()} onLeave={() => document.getElementById('block-title')?.focus()} /></div>
      <div class="bar">
        <LimitMeter length={length.value} limit={now.limit} />
        <div class="bar-row">
          <button type="button" class="primary" aria-disabled={!dirty.value || over || behind.value || doing.value !== null} onClick={() => { if (!over) void save(); }}>{dirty.value ? 'Save' : 'Saved'}</button>
          {dirty.value && <ConfirmButton label="Discard" question="Discard what you wrote?" confirm="Discard" onConfirm={discard} />}
        </div>
      </div>
    </>
  );
}

function Settings({ now }: { now: Block }) {
  const [title, setTitle] = useState(now.title);
  const [label, setLabel] = useState(now.label);
  const [description, setDescription] = useState(now.description);
  const [limit, setLimit] = useState(String(now.limit));
  const busy = doing.value !== null;
  return (
    <div class="settings">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act('Changing the settings', async (desk) => {
            await changeSettings(desk, now.id, { title, label: label.trim(), description, limit: Number(limit) });
            return 'Settings saved.';
          }).then((done) => { if (done && label.trim() !== now.label) go('blocks', label.trim(), { replace: true }); });
        }}
      >
        <label class="field"><span>Title</span><input value={title} onInput={(event) => setTitle(event.currentTarget.value)} /></label>
        <label class="field"><span>Label, by which agents name it</span><input value={label} onInput={(event) => setLabel(event.currentTarget.value)} /></label>
        <label class="field"><span>What it is for, told to agents</span><textarea rows={2} value={description} onInput={(event) => setDescription(event.currentTarget.value)} /></label>
        <label class="field"><span>Limit, in characters</span><input inputMode="numeric" value={limit} onInput={(event) => setLimit(event.currentTarget.value)} /></label>
        <button type="submit" class="primary" disabled={busy}>Save settings</button>
      </form>
      <div class="settings-more">
        <div>
          <h3>Read-only</h3>
          <p class="muted">No proposal and no edit gets in. The table itself refuses it.</p>
          <button type="button" disabled={busy} onClick={() => void act('Changing the settings', async (desk) => {
            await changeSettings(desk, now.id, { readOnly: !now.readOnly });
            return now.readOnly ? `${now.label} can be changed again.` : `${now.label} is read-only.`;
          })}>{now.readOnly ? 'Let it be changed' : 'Make it read-only'}</button>
        </div>
        <div>
          <h3>Forget its past</h3>
          <p class="muted">The text stays as it is now. Its proposals and the history of all blocks are removed from this device, and cannot be brought back. Copies on other devices and in exports stay.</p>
          <ConfirmButton disabled={busy} label="Forget the past…" question="Remove the history for good?" confirm="Forget" onConfirm={() => void act('Forgetting', async (desk) => {
            await forgetPast(desk, now.id);
            return `The past of ${now.label} is forgotten.`;
          })} />
        </div>
        <div>
          <h3>Delete</h3>
          <p class="muted">The block goes; its history stays, and Activity can undo it.</p>
          <ConfirmButton disabled={busy || now.readOnly} label="Delete…" question={`Delete ${now.label}?`} confirm="Delete" onConfirm={() => void act('Deleting', async (desk) => {
            await deleteBlock(desk, now.id);
            discard();
            go('blocks', null, { replace: true });
            return `Deleted ${now.label}.`;
          })} />
        </div>
      </div>
    </div>
  );
}
