import { readings } from '../../../shared/resource';
import { db, desk } from './session';

export const { resource, refreshAll, tick } = readings(db, () => desk.peek(), 60);
