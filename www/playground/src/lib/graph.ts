import type { Commit } from 'prollite';

/** A line in one row of the graph, between lanes: from the top edge, the node or the bottom edge. */
export interface Edge {
  from: number;
  to: number;
  part: 'through' | 'above' | 'below';
}

export interface GraphRow {
  commit: Commit;
  lane: number;
  edges: Edge[];
  lanes: number;
}

/**
 * Orders commits so that each stands before its parents, newest first among those that may come next. A clock that
 * runs backwards on some machine moves a commit down, never above its children.
 */
export function orderCommits(commits: Iterable<Commit>): Commit[] {
  const byHash = new Map<string, Commit>();
  for (const commit of commits) byHash.set(commit.hash, commit);
  const children = new Map<string, number>();
  for (const commit of byHash.values()) {
    for (const parent of commit.parents) children.set(parent, (children.get(parent) ?? 0) + 1);
  }
  const ready = [...byHash.values()].filter((commit) => !children.get(commit.hash));
  const ordered: Commit[] = [];
  while (ready.length > 0) {
    let newest = 0;
    ready.forEach((commit, index) => {
      if (later(commit, ready[newest]!)) newest = index;
    });
    const [commit] = ready.splice(newest, 1) as [Commit];
    ordered.push(commit);
    for (const hash of commit.parents) {
      const left = (children.get(hash) ?? 1) - 1;
      children.set(hash, left);
      const parent = byHash.get(hash);
      if (left === 0 && parent) ready.push(parent);
    }
  }
  return ordered;
}

function later(a: Commit, b: Commit): boolean {
  const difference = a.date.getTime() - b.date.getTime();
  return difference > 0 || (difference === 0 && a.hash < b.hash);
}

/**
 * Gives each commit a lane. A lane waits for the commit at its end: the leftmost lane that waits for a commit becomes
 * the commit's own, the others join it there. The first parent goes on in the commit's lane, so that a branch stays a
 * straight line; further parents take a lane that waits for them already, or a free one.
 */
export function layOut(ordered: readonly Commit[]): GraphRow[] {
  const waiting: (string | undefined)[] = [];
  const free = () => {
    const index = waiting.indexOf(undefined);
    return index < 0 ? waiting.length : index;
  };
  return ordered.map((commit) => {
    const edges: Edge[] = [];
    let lane = waiting.indexOf(commit.hash);
    if (lane < 0) lane = free();
    let lanes = Math.max(waiting.length, lane + 1);
    waiting.forEach((hash, index) => {
      if (hash === undefined) return;
      if (hash === commit.hash) {
        edges.push({ from: index, to: lane, part: 'above' });
        waiting[index] = undefined;
      } else {
        edges.push({ from: index, to: index, part: 'through' });
      }
    });
    commit.parents.forEach((parent, order) => {
      const known = waiting.indexOf(parent);
      const target = order === 0 ? lane : known < 0 ? free() : known;
      waiting[target] = parent;
      edges.push({ from: lane, to: target, part: 'below' });
    });
    lanes = Math.max(lanes, waiting.length);
    while (waiting.length > 0 && waiting.at(-1) === undefined) waiting.pop();
    return { commit, lane, edges, lanes };
  });
}
