import { useSignal } from '@preact/signals';
import { asking } from '../state/tokens';

/** A remote that answers nobody without a token: what was begun waits until there is one. */
export function TokenQuestion() {
  const token = useSignal('');
  const now = asking.value;
  const submit = (event: Event) => {
    event.preventDefault();
    const given = token.value.trim();
    if (!given || !now) return;
    token.value = '';
    now.answer(given);
  };
  return (
    <div role="status">
      {now && (
        <form class="token-question" onSubmit={submit}>
          <p>
            {now.refused ? 'The token was refused by' : 'A token is wanted by'} <code>{now.url}</code> to {now.scope === 'read' ? 'read from' : 'write to'} it.
            It stays in this tab's memory.
          </p>
          <div class="row">
            <input
              type="password" aria-label="Token" autocomplete="off" placeholder="plt_…" value={token.value}
              onInput={(event) => { token.value = event.currentTarget.value; }}
            />
            <button type="submit" class="primary" disabled={!token.value.trim()}>Use it</button>
            <button type="button" onClick={() => { token.value = ''; now.answer(null); }}>Go on without</button>
          </div>
        </form>
      )}
    </div>
  );
}
