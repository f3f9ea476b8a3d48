import { DbError } from 'prollite';
import { Refusal } from '../domain';

/** What was not possible, why, and what one can do. */
export function ErrorNote({ title, reason }: { title: string; reason: unknown }) {
  const message = reason instanceof Error ? reason.message : String(reason);
  const code = reason instanceof DbError || reason instanceof Refusal ? reason.code : null;
  return (
    <div class="error-note">
      <p class="error-title"><strong>{title}</strong> {code && <code class="error-code">{code}</code>}</p>
      <p class="error-message">{message}</p>
      {reason instanceof DbError && reason.hint && <p class="error-hint">{reason.hint}</p>}
    </div>
  );
}
