import { DbError } from 'prollite';
import { excerptAt } from '../lib/excerpt';

/** What failed, the engine's own words, the code, where in the SQL, and what one can do about it. */
export function ErrorNote({ title, reason, source }: { title: string; reason: unknown; source?: string }) {
  const message = reason instanceof Error ? reason.message : String(reason);
  const error = reason instanceof DbError ? reason : null;
  return (
    <div class="error-note">
      <p class="error-title">
        <strong>{title}</strong> {error && <code class="error-code">{error.code}</code>}
      </p>
      <p class="error-message">{message}</p>
      {source !== undefined && error?.position !== undefined && <Place source={source} position={error.position} />}
      {error?.hint && <p class="error-hint"><strong>Hint:</strong> {error.hint}</p>}
    </div>
  );
}

function Place({ source, position }: { source: string; position: number }) {
  const { line, column, text } = excerptAt(source, position);
  // A long line is shown around the place.
  const from = Math.max(0, column - 40);
  const shown = text.slice(from, from + 100);
  return (
    <figure class="error-place">
      <figcaption>Line {line}, column {column}</figcaption>
      <pre>{shown}{'\n'}<span aria-hidden="true">{' '.repeat(column - 1 - from)}^</span></pre>
    </figure>
  );
}
