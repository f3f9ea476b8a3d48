import { useSignal } from '@preact/signals';
import { doing } from '../state/action';
import { addRemote, remotes } from '../state/remotes';

export function AddRemote() {
  const taken = remotes.value.value.some(({ name }) => name === 'origin');
  const name = useSignal<string | null>(null);
  const url = useSignal('');
  const shown = name.value ?? (taken ? '' : 'origin');
  const ready = shown.trim() !== '' && url.value.trim() !== '';
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!ready || !(await addRemote(shown.trim(), url.value.trim()))) return;
    name.value = null;
    url.value = '';
  };
  return (
    <form class="card remote-form" aria-labelledby="add-remote-title" onSubmit={(event) => void submit(event)}>
      <h3 id="add-remote-title">Add a remote</h3>
      <label class="field">
        <span>Name</span>
        <input value={shown} autocomplete="off" spellcheck={false} onInput={(event) => { name.value = event.currentTarget.value; }} />
      </label>
      <label class="field">
        <span>Address</span>
        <input
          type="url" value={url.value} placeholder="http://localhost:8765/mydb" autocomplete="off" spellcheck={false}
          onInput={(event) => { url.value = event.currentTarget.value; }}
        />
      </label>
      <button type="submit" disabled={doing.value !== null || !ready}>Add the remote</button>
    </form>
  );
}
