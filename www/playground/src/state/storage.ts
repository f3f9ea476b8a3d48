import type { Db } from 'prollite';
import { resource } from './resource';

export const storage = resource<Awaited<ReturnType<Db['storage']>> | null>(null, (db) => db.storage());
