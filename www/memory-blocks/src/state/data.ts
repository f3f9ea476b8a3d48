import { computed } from '@preact/signals';
import { listActivity, listAgents, listBlocks, listDecided, listPending, listRules, type Activity, type Agent, type BlockSummary, type ProposalSummary, type Rule } from '../domain';
import { signal } from '@preact/signals';
import { resource } from './resource';
import { view } from './route';

export const blocks = resource<BlockSummary[]>([], listBlocks);
export const pending = resource<ProposalSummary[]>([], listPending);
export const decided = resource<ProposalSummary[]>([], (desk) => listDecided(desk, 50), () => view.value === 'review');
export const activityLimit = signal(100);
export const activity = resource<Activity[]>([], (desk) => listActivity(desk, activityLimit.peek()), () => view.value === 'activity');
export const agents = resource<Agent[]>([], listAgents, () => view.value === 'agents');
export const rules = resource<Rule[]>([], listRules, () => view.value === 'agents');

export const pendingByBlock = computed(() => {
  const counts = new Map<string, number>();
  for (const { blockId } of pending.value.value) if (blockId) counts.set(blockId, (counts.get(blockId) ?? 0) + 1);
  return counts;
});
