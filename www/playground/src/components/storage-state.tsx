import { bytes } from '../lib/words';
import { databaseName, db, startError } from '../state/session';
import { storage } from '../state/storage';

export function StorageState() {
  const now = storage.value.value;
  if (startError.value !== null) return <p class="storage">not open</p>;
  if (!db.value || !now) return <p class="storage" role="status">{db.value ? '' : `opening ${databaseName}…`}</p>;
  return (
    <p class="storage" title="All data stays in this browser">
      saved in this browser, {bytes(now.bytes)}
    </p>
  );
}
