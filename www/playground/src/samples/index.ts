import type { Db } from 'prollite';
import { airports } from './airports';
import { memoryBlocks } from './memory-blocks';
import { movies } from './movies';
import { weather } from './weather';

export interface Sample {
  name: string;
  title: string;
  about: string;
  tables: string[];
  load(db: Db): Promise<void>;
}

export const samples: Sample[] = [memoryBlocks, airports, weather, movies];
