// What a block was, who made it so and why: versions, comparing, restoring, and blame by paragraph.
import type { Commit, Db } from 'prollite';
import { needBlock, writeBody } from './blocks';
import { inOneCommit, type Desk } from './desk';
import { Refusal } from './operations';
import { lineDiff } from './text';

export interface Version {
  commit: Commit;
  /** Against the version before it: the first line of the message tells more. */
  change: 'added' | 'modified' | 'removed';
  length: number;
  /** False: the label, the limit or another setting changed. */
  bodyChanged: boolean;
}

interface DiffRow {
  to_commit: string;
  diff_type: Version['change'];
  length: number | null;
  changed: boolean | number | null;
}

/** Newest first. */
export async function versionsOf({ db }: Desk, id: string, limit = 200): Promise<Version[]> {
  const { rows } = await db.query<DiffRow>(
    `SELECT to_commit, diff_type, CHAR_LENGTH(to_body) AS length, (from_body IS NULL OR from_body <> to_body) AS changed
     FROM dolt_diff_memory_blocks WHERE to_id = ? LIMIT ?`,
    [id, limit],
  );
  const wanted = rows.filter(({ to_commit }) => to_commit !== 'WORKING');
  const commits = await commitsOf(db, wanted.map(({ to_commit }) => to_commit));
  return wanted.flatMap(({ to_commit, diff_type, length, changed }) => {
    const commit = commits.get(to_commit);
    return commit ? [{ commit, change: diff_type, length: Number(length ?? 0), bodyChanged: Boolean(changed) }] : [];
  });
}

/** Of commits that changed the blocks. */
async function commitsOf(db: Db, hashes: readonly string[]): Promise<Map<string, Commit>> {
  const missing = new Set(hashes);
  const found = new Map<string, Commit>();
  if (missing.size === 0) return found;
  for await (const commit of db.vc.log({ table: 'memory_blocks' })) {
    if (missing.delete(commit.hash)) found.set(commit.hash, commit);
    if (missing.size === 0) break;
  }
  return found;
}

/** The body at a commit; none before the block was made. */
export async function bodyAt({ db }: Desk, id: string, commit: string): Promise<string | undefined> {
  const { rows } = await db.at(commit).query<{ body: string | null }>('SELECT body FROM memory_blocks WHERE id = ?', [id]);
  return rows[0] && (rows[0].body ?? '');
}

/** A new commit with the body of an old one: nothing between them is lost. */
export async function restore(desk: Desk, id: string, commit: string): Promise<void> {
  const { label } = await needBlock(desk.db, id);
  const body = await bodyAt(desk, id, commit);
  if (body === undefined) throw new Refusal('unknown_block', `the block ${label} did not exist at ${commit.slice(0, 8)}`);
  const trailers = { Act: 'restore', Block: label, Restores: commit };
  await inOneCommit(desk, { message: `Restore ${label} of ${commit.slice(0, 8)}`, trailers }, async (tx) => {
    const block = await needBlock(tx, id);
    if (block.body === body) throw new Refusal('no_change', 'the block has this text already');
    await writeBody(tx, desk, block, body);
  });
}

/** A paragraph of a body, or those lines of it that came by one commit. */
export interface Paragraph {
  text: string;
  commit: Commit | undefined;
}

const PAGE = 50;

/** Blame by paragraph: each line belongs to the newest commit that brought it. Reads versions only until every line has one. */
export async function blame({ db }: Desk, id: string, maxVersions = 1000): Promise<Paragraph[]> {
  const body = (await needBlock(db, id)).body;
  const lines = wordsOf(body);
  const owner: (string | undefined)[] = lines.map(() => undefined);
  // Where each line of the version at hand stands in the newest body; -1: not there.
  let here = lines.map((_, at) => at);
  let text = body;
  let open = lines.length;
  for (let seen = 0; open > 0 && seen < maxVersions; seen += PAGE) {
    const { rows } = await db.query<{ to_commit: string; from_body: string | null; to_body: string | null }>(
      'SELECT to_commit, from_body, to_body FROM dolt_diff_memory_blocks WHERE to_id = ? LIMIT ? OFFSET ?',
      [id, PAGE, seen],
    );
    for (const { to_commit, from_body, to_body } of rows) {
      if (open === 0) break;
      if ((to_body ?? '') !== text) continue;
      const before = from_body ?? '';
      const [brought, older] = stepBack(text, before, here);
      for (const at of brought) {
        if (owner[at] !== undefined) continue;
        owner[at] = to_commit;
        open--;
      }
      here = older;
      text = before;
    }
    if (rows.length < PAGE) break;
  }
  const commits = await commitsOf(db, [...new Set(owner.filter((hash) => hash !== undefined))]);
  return paragraphs(lines).flatMap(([from, to]) => {
    const found: Paragraph[] = [];
    for (let at = from; at < to; ) {
      let end = at + 1;
      while (end < to && owner[end] === owner[at]) end++;
      found.push({ text: lines.slice(at, end).join('\n'), commit: commits.get(owner[at] ?? '') });
      at = end;
    }
    return found;
  });
}

/** Lines by their words alone: a break that comes or goes is no one's. */
function wordsOf(text: string): string[] {
  return text.split(/\r?\n/);
}

/** One version back: the lines that this version brought, and where the older version's lines stand in the newest. */
function stepBack(text: string, before: string, here: readonly number[]): [brought: number[], older: number[]] {
  const [now, old] = [wordsOf(text), wordsOf(before)];
  const older = old.map(() => -1);
  const brought: number[] = [];
  let [left, right] = [0, 0];
  const same = (until: number) => {
    for (; right < until; left++, right++) older[left] = here[right] ?? -1;
  };
  for (const { a, b } of lineDiff(old, now)) {
    same(b.from);
    for (; right < b.to; right++) if ((here[right] ?? -1) >= 0) brought.push(here[right] as number);
    left = a.to;
  }
  same(now.length);
  return [brought, older];
}

/** Ranges of lines between empty ones. */
function paragraphs(lines: readonly string[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  let from = -1;
  lines.forEach((line, at) => {
    const empty = line.trim() === '';
    if (!empty && from < 0) from = at;
    if (empty && from >= 0) {
      found.push([from, at]);
      from = -1;
    }
  });
  if (from >= 0) found.push([from, lines.length]);
  return found;
}
