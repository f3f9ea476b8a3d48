import { number } from '../lib/words';

/** How much of a block's limit a text takes; words and a bar, and a sentence when it is too much. */
export function LimitMeter({ length, limit }: { length: number; limit: number }) {
  const over = length - limit;
  const near = over <= 0 && length > limit * 0.9;
  return (
    <div class="meter" data-state={over > 0 ? 'over' : near ? 'near' : 'fine'}>
      <svg class="meter-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="meter-track" width="100" height="4" rx="2" />
        <rect class="meter-fill" width={Math.min(100, (length / limit) * 100)} height="4" rx="2" />
      </svg>
      <span class="meter-words">
        {over > 0 ? `${number(over)} over the limit of ${number(limit)}` : `${number(length)} of ${number(limit)} characters`}
      </span>
    </div>
  );
}
