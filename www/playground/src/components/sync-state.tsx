import { bytes, number } from '../lib/words';
import { syncing } from '../state/sync';

/** What a running statement has carried to or from a remote so far. */
export function SyncState() {
  const now = syncing.value;
  if (!now) return null;
  const { chunks, chunksTotal, bytesWire } = now;
  const known = chunksTotal > chunks;
  return (
    <span class="sync-state">
      <progress aria-label="Chunks carried" max={known ? chunksTotal : undefined} value={known ? chunks : undefined} />
      {number(chunks)}{known && ` of ${number(chunksTotal)}`} chunks, {bytes(bytesWire)}
    </span>
  );
}
