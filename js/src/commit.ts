// Commits as calls of dolt_commit, and rows of dolt_log as commits.
import { badArgument, DbError } from './errors';
import type { SessionQueries } from './queryable';
import type { Commit, CommitOpts, Expect, Person, SqlValue } from './types';

export function personText({ name, email }: Person): string {
  return `${name} <${email ?? ''}>`;
}

/** `CALL dolt_x(?, …)` and its parameters. */
export function call(procedure: string, args: readonly SqlValue[]): [sql: string, params: readonly SqlValue[]] {
  return [`CALL ${procedure}(${args.map(() => '?').join(', ')})`, args];
}

function messageWith({ message, trailers = {} }: CommitOpts): string {
  const lines = Object.entries(trailers).map(([key, value]) => {
    if (!/^[A-Za-z0-9-]+$/.test(key)) throw badArgument(`a trailer's key is letters, digits and dashes: ${key}`);
    if (/[\r\n]/.test(value)) throw badArgument(`a trailer's value is one line: ${key}`);
    return `${key}: ${value}`;
  });
  return lines.length === 0 ? message : `${message.trimEnd()}\n\n${lines.join('\n')}`;
}

export function commitCall(options: CommitOpts, author: Person | undefined): [sql: string, params: readonly SqlValue[]] {
  const { all = false, date } = options;
  const by = options.author ?? author;
  const args: string[] = ['-m', messageWith(options)];
  if (all) args.unshift('-A');
  if (by) args.push('--author', personText(by));
  if (date) args.push('--date', date.toISOString());
  return call('dolt_commit', args);
}

/** Says who commits. It stays so for the session: let it be one of its own. */
export async function setCommitter(queries: SessionQueries, { committer }: CommitOpts): Promise<void> {
  if (!committer) return;
  await queries.query('SET @@dolt_committer_name = ?', [committer.name]);
  await queries.query('SET @@dolt_committer_email = ?', [committer.email ?? '']);
}

/** Refuses when the branch moved since the caller saw it. The compare-and-swap sees to the time from here on. */
export async function expectHead(queries: SessionQueries, { expect }: Expect): Promise<void> {
  if (expect === undefined) return;
  const { hash } = await queries.one<{ hash: string }>("SELECT dolt_hashof('HEAD') AS hash");
  if (hash !== expect) throw new DbError('TX_CONFLICT', `the branch's head was expected at ${expect}, it is at ${hash}`);
}

export const LOG_COLUMNS =
  'commit_hash, committer, email, date, message, parents, author, author_email';

export interface LogRow {
  commit_hash: string;
  committer: string;
  email: string;
  date: string;
  message: string;
  parents: string | null;
  author: string | null;
  author_email: string | null;
}

export function commitOf(row: LogRow): Commit {
  const committer = person(row.committer, row.email);
  return {
    hash: row.commit_hash,
    parents: (row.parents ?? '').split(',').map((hash) => hash.trim()).filter(Boolean),
    author: row.author === null ? committer : person(row.author, row.author_email),
    committer,
    date: dateOf(row.date),
    message: row.message,
    trailers: trailersOf(row.message),
  };
}

export function person(name: string | null, email: string | null): Person {
  return email ? { name: name ?? '', email } : { name: name ?? '' };
}

/** DATETIME columns of system tables are UTC. */
export function dateOf(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}

/** The last paragraph, when every line of it is `Key: value`. */
export function trailersOf(message: string): Record<string, string> {
  const paragraphs = message.trimEnd().split(/\r?\n[ \t]*\r?\n/);
  if (paragraphs.length < 2) return {};
  const lines = (paragraphs.at(-1) ?? '').split(/\r?\n/);
  const pairs = lines.map((line) => /^([A-Za-z0-9-]+): (.*)$/.exec(line));
  if (!pairs.every((pair) => pair !== null)) return {};
  return Object.fromEntries(pairs.map(([, key, value]) => [key, value]));
}
