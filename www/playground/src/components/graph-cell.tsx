import type { Edge, GraphRow } from '../lib/graph';

const LANE = 14;
const HEIGHT = 52;
const MIDDLE = HEIGHT / 2;

const x = (lane: number) => lane * LANE + LANE / 2;

/** One row of the commit graph. The list beside it says the same in words. */
export function GraphCell({ row, lanes, current }: { row: GraphRow; lanes: number; current: boolean }) {
  const width = lanes * LANE;
  const merge = row.commit.parents.length > 1;
  return (
    <svg class="graph" width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
      {row.edges.map((edge, index) => <path key={index} class="graph-edge" d={path(edge)} />)}
      <circle class={`graph-node${merge ? ' graph-merge' : ''}${current ? ' graph-current' : ''}`} cx={x(row.lane)} cy={MIDDLE} r={current ? 5.5 : 4.5} />
    </svg>
  );
}

function path({ from, to, part }: Edge): string {
  if (part === 'through') return `M${x(from)} 0V${HEIGHT}`;
  const [top, bottom] = part === 'above' ? [0, MIDDLE] : [MIDDLE, HEIGHT];
  if (from === to) return `M${x(from)} ${top}V${bottom}`;
  const bend = (top + bottom) / 2;
  return `M${x(from)} ${top}C${x(from)} ${bend} ${x(to)} ${bend} ${x(to)} ${bottom}`;
}
