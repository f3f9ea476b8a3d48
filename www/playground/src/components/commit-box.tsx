import { useSignal } from '@preact/signals';
import { count } from '../lib/words';
import { doing } from '../state/action';
import { changes, commit, message } from '../state/changes';
import { branch } from '../state/session';
import { AuthorFields } from './author-fields';

export function CommitBox() {
  const left = useSignal<ReadonlySet<string>>(new Set());
  const list = changes.value;
  const chosen = list.filter(({ table }) => !left.value.has(table)).map(({ table }) => table);

  const toggle = (table: string, on: boolean) => {
    const next = new Set(left.value);
    if (on) next.delete(table);
    else next.add(table);
    left.value = next;
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!message.value.trim() || chosen.length === 0) return;
    if (await commit(message.value.trim(), chosen.length === list.length ? 'all' : chosen)) {
      message.value = '';
      left.value = new Set();
    }
  };

  return (
    <form class="commit-box card" onSubmit={(event) => void submit(event)}>
      {list.length > 1 && (
        <fieldset class="commit-tables">
          <legend>Tables in this commit</legend>
          {list.map(({ table }) => (
            <label key={table}>
              <input type="checkbox" checked={!left.value.has(table)} onChange={(event) => toggle(table, event.currentTarget.checked)} />
              {table}
            </label>
          ))}
        </fieldset>
      )}
      <label class="field">
        <span>Message</span>
        <textarea
          rows={2} value={message.value} placeholder="What changed, and why"
          onInput={(event) => { message.value = event.currentTarget.value; }}
          onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event); }}
        />
      </label>
      <div class="commit-foot">
        <AuthorFields />
        <button type="submit" class="primary" disabled={doing.value !== null || !message.value.trim() || chosen.length === 0}>
          Commit {chosen.length < list.length ? count(chosen.length, 'table') : ''} to {branch.value}
        </button>
      </div>
    </form>
  );
}
