import { readings } from '../../../shared/resource';
import { db } from './session';

export const { resource, refreshAll, tick: changeTick } = readings(db, () => db.peek(), 100);
