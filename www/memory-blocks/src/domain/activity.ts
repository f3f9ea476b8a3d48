// Everything that was done, from the commits themselves: there is no second log that could disagree.
import type { Commit } from 'prollite';
import type { Desk } from './desk';
import { canUndo, titleOf } from './undo';

export interface Activity {
  hash: string;
  date: Date;
  act: string;
  title: string;
  author: string;
  committer: string;
  block?: string;
  agent?: string;
  reason?: string;
  note?: string;
  proposals: string[];
  canUndo: boolean;
}

export function activityOf(commit: Commit): Activity {
  const { Act, Block, Agent, Reason, Note, Proposal, Proposals } = commit.trailers;
  return {
    hash: commit.hash,
    date: commit.date,
    act: Act ?? (commit.parents.length > 1 ? 'merge' : 'other'),
    title: titleOf(commit),
    author: commit.author.name,
    committer: commit.committer.name,
    ...(Block ? { block: Block } : {}),
    ...(Agent ? { agent: Agent } : {}),
    ...(Reason ? { reason: Reason } : {}),
    ...(Note ? { note: Note } : {}),
    proposals: (Proposal ?? Proposals ?? '').split(' ').filter(Boolean),
    canUndo: canUndo(commit),
  };
}

export async function listActivity({ db }: Desk, limit = 100): Promise<Activity[]> {
  const found: Activity[] = [];
  for await (const commit of db.vc.log({ limit })) found.push(activityOf(commit));
  return found;
}

/** All of it, a JSON object a line, oldest last. */
export async function exportActivity(desk: Desk): Promise<string> {
  const lines = (await listActivity(desk, Infinity)).map(({ canUndo: _, ...activity }) => JSON.stringify(activity));
  return `${lines.join('\n')}\n`;
}
