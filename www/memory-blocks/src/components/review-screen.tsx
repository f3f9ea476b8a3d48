import { useEffect } from 'preact/hooks';
import { wide } from '../state/wide';
import { pending } from '../state/data';
import { openAt, openId, queue } from '../state/review';
import { BulkPanel } from './bulk-panel';
import { ProposalDetail } from './proposal-detail';
import { QueueList } from './queue-list';

/** The queue beside the proposal; on a narrow screen one at a time. */
export function ReviewScreen() {
  const list = queue.value;
  useEffect(() => {
    if (wide.value && openId.value === null && list.length > 0) openAt(0);
  }, [wide.value, openId.value, list.length]);
  const both = wide.value;
  return (
    <div class="review" data-open={openId.value !== null}>
      {(both || openId.value === null) && (
        <section class="queue" aria-labelledby="queue-title">
          <h1 id="queue-title" tabIndex={-1}>Review <span class="muted count">{pending.value.value.length} waiting</span></h1>
          <BulkPanel />
          <QueueList />
        </section>
      )}
      {(both || openId.value !== null) && <ProposalDetail />}
    </div>
  );
}
