import { exportActivity, undo, type Activity } from '../domain';
import { signal } from '@preact/signals';
import { download } from '../lib/download';
import { age, dateTime, shortHash } from '../lib/words';
import { act, doing } from '../state/act';
import { activity, activityLimit } from '../state/data';
import { addressOf, go } from '../state/route';

const KINDS: [value: string, words: string][] = [
  ['', 'Everything'], ['approve', 'Approvals'], ['reject', 'Rejections'], ['propose', 'Proposals'], ['edit', 'My edits'], ['undo', 'Undone'],
];
const kind = signal('');

export function ActivityScreen() {
  const list = activity.value.value.filter(({ act: name }) => !kind.value || name === kind.value);
  return (
    <section class="activity" aria-labelledby="activity-title">
      <div class="section-head">
        <h1 id="activity-title" tabIndex={-1}>Activity</h1>
        <div class="buttons">
          <label><span class="hidden-text">What to show</span>
            <select value={kind.value} onChange={(event) => { kind.value = event.currentTarget.value; }}>{KINDS.map(([value, words]) => <option key={value} value={value}>{words}</option>)}</select>
          </label>
          <button type="button" disabled={doing.value !== null} onClick={() => void act('Exporting', async (desk) => {
            download('activity.jsonl', 'application/jsonl', await exportActivity(desk));
            return 'The whole activity is exported.';
          })}>Export</button>
        </div>
      </div>
      {list.length === 0 ? <p class="empty">{activity.ready.value ? 'Nothing of this kind has happened yet.' : 'Reading…'}</p> : <ol class="log">{list.map((one) => <Entry key={one.hash} one={one} />)}</ol>}
      {activity.value.value.length >= activityLimit.value && (
        <button type="button" class="quiet" onClick={() => { activityLimit.value += 200; void activity.refresh(); }}>Show older</button>
      )}
    </section>
  );
}

function Entry({ one }: { one: Activity }) {
  const [first] = one.proposals;
  return (
    <li class="entry" data-act={one.act}>
      <div>
        <p class="version-title">{one.title}</p>
        {one.reason && <p class="reason">{one.reason}</p>}
        {one.note && <p class="muted">Note: {one.note}</p>}
        <p class="facts">
          <span>{one.author === one.committer ? one.author : `${one.author} → ${one.committer}`}</span>
          <span title={dateTime(one.date)}>{age(one.date)}</span>
          <code>{shortHash(one.hash)}</code>
          {one.proposals.length === 1 && first && <a href={addressOf('review', first)} onClick={(event) => { event.preventDefault(); go('review', first); }}>the proposal</a>}
        </p>
      </div>
      {one.canUndo && (
        <button type="button" class="small" disabled={doing.value !== null} onClick={() => void act('Undoing', async (desk) => {
          await undo(desk, one.hash);
          return `Undone: ${one.title}.`;
        })}>Undo<span class="hidden-text"> {one.title}</span></button>
      )}
    </li>
  );
}
