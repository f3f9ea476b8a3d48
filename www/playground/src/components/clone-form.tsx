import { useSignal } from '@preact/signals';
import { doing } from '../state/action';
import { cloneFrom, fresh } from '../state/remotes';
import { databaseName } from '../state/session';

/** `http://host/mydb.db` is called mydb; a folder's `…/mydb/refs.json` as well. */
function nameIn(url: string): string {
  const parts = url.trim().split(/[?#]/, 1)[0]?.replace(/\/refs\.json$/, '').split('/').slice(3).filter(Boolean) ?? [];
  return (parts.at(-1) ?? '').replace(/\.db$/, '');
}

export function CloneForm() {
  const url = useSignal('');
  const name = useSignal<string | null>(null);
  const shown = name.value ?? (fresh.value ? databaseName : nameIn(url.value));
  const ready = shown.trim() !== '' && url.value.trim() !== '';
  const submit = (event: Event) => {
    event.preventDefault();
    if (ready) void cloneFrom(url.value.trim(), shown.trim());
  };
  return (
    <form class="card remote-form" aria-labelledby="clone-title" onSubmit={submit}>
      <h3 id="clone-title">Clone a database</h3>
      <label class="field">
        <span>Address to clone from</span>
        <input
          type="url" value={url.value} placeholder="http://localhost:8765/mydb" autocomplete="off" spellcheck={false}
          onInput={(event) => { url.value = event.currentTarget.value; }}
        />
      </label>
      <label class="field">
        <span>Into the database</span>
        <input value={shown} autocomplete="off" spellcheck={false} onInput={(event) => { name.value = event.currentTarget.value; }} />
      </label>
      <p class="hint">{shown === databaseName ? 'This database, while it holds nothing.' : 'A new one beside this one; it is opened then.'}</p>
      <button type="submit" disabled={doing.value !== null || !ready}>Clone</button>
    </form>
  );
}
