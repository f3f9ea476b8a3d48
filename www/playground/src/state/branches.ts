import type { Branch, Tag } from 'prollite';
import { count } from '../lib/words';
import { act } from './action';
import { author } from './author';
import { resource } from './resource';
import { branch as current } from './session';
import { view } from './view';

export const branches = resource<Branch[]>([], (db) => db.vc.branches());
export const tags = resource<Tag[]>([], (db) => db.vc.tags());

export function switchTo(name: string): Promise<boolean> {
  return act('Switching', async (db) => {
    await db.vc.checkout(name);
    return `On branch ${name}.`;
  });
}

export function createBranch(name: string, from?: string): Promise<boolean> {
  return act('Creating the branch', async (db) => {
    await db.vc.branch(name, from ? { from } : undefined);
    await db.vc.checkout(name);
    return `Created ${name} and switched to it.`;
  });
}

export function deleteBranch(name: string): Promise<boolean> {
  return act('Deleting the branch', async (db) => {
    await db.vc.branch(name, { delete: true, force: true });
    return `Deleted ${name}.`;
  });
}

export function mergeBranch(from: string): Promise<boolean> {
  return act('Merge', async (db) => {
    const into = current.peek();
    const result = await db.vc.merge(from, { message: `Merge ${from} into ${into}`, author: author.peek() });
    if (result.conflicts > 0) {
      view.value = 'branches';
      return `${count(result.conflicts, 'conflict')} between ${into} and ${from}: choose for each below.`;
    }
    return result.fastForward ? `${into} moved forward to ${from}.` : `Merged ${from} into ${into}.`;
  });
}
