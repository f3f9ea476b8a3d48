import { signal } from '@preact/signals';
import type { Db, Report } from 'prollite';
import { bytes } from '../lib/words';
import { act } from './action';
import { resource } from './resource';

export const storage = resource<Awaited<ReturnType<Db['storage']>> | null>(null, (db) => db.storage());

/** What the last check found. */
export const report = signal<Report | null>(null);

export function check(): Promise<boolean> {
  return act('Checking', async (db) => {
    report.value = null;
    report.value = await db.verify();
    return undefined;
  });
}

export function collect(): Promise<boolean> {
  return act('Freeing space', async (db) => {
    const { freed } = await db.gc();
    return `${bytes(freed)} were freed.`;
  });
}

export function keep(): Promise<boolean> {
  return act('Asking the browser', async (db) => {
    return (await db.persist()) ? 'The browser keeps this site’s data.' : 'The browser did not promise it. It may do so for a site that is installed or often visited.';
  });
}
