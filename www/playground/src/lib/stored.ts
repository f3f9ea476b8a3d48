import { storedFor } from '../../../shared/stored';

export const stored = storedFor('prollite-playground');
