import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { doing } from '../state/action';
import { createBranch } from '../state/branches';
import { branch } from '../state/session';

export function NewBranch({ from }: { from?: string }) {
  const name = useSignal('');
  const id = useId();
  const submit = async (event: Event) => {
    event.preventDefault();
    const wanted = name.value.trim();
    if (wanted && (await createBranch(wanted, from))) name.value = '';
  };
  return (
    <form class="new-branch" onSubmit={(event) => void submit(event)}>
      <label for={id}>New branch from {from ? <code>{from.slice(0, 8)}</code> : branch.value}</label>
      <div class="row">
        <input
          id={id} value={name.value} placeholder="feature/tone" autocomplete="off" spellcheck={false}
          onInput={(event) => { name.value = event.currentTarget.value; }}
        />
        <button type="submit" disabled={doing.value !== null || !name.value.trim()}>Create</button>
      </div>
    </form>
  );
}
