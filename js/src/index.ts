export { open, clone, listDbs, deleteDb } from './open';
export { sql } from './sql';
export { DbError } from './errors';
export { errorCodes } from './codes';
export type * from './types';
