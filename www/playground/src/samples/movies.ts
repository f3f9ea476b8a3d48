import type { SqlValue } from 'prollite';
import type { Sample } from '.';
import { createAndFill, fetchText } from './insert';

const CREATE = `CREATE TABLE movies (
  id INT PRIMARY KEY,
  title VARCHAR(200),
  release_date DATE,
  director VARCHAR(100),
  distributor VARCHAR(100),
  genre VARCHAR(40),
  source VARCHAR(60),
  creative_type VARCHAR(60),
  mpaa_rating VARCHAR(20),
  running_time INT,
  budget BIGINT,
  us_gross BIGINT,
  worldwide_gross BIGINT,
  us_dvd_sales BIGINT,
  rotten_tomatoes INT,
  imdb_rating DOUBLE,
  imdb_votes INT
)`;

type Movie = Record<string, string | number | null>;

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

export const movies: Sample = {
  name: 'movies',
  title: 'Movies',
  about: '3,201 films with money and ratings.',
  tables: ['movies'],
  async load(db) {
    const list = JSON.parse(await fetchText('data/movies.json')) as Movie[];
    const rows = list.map((movie, index): SqlValue[] => [
      index + 1, text(movie['Title']), date(movie['Release Date']), text(movie['Director']), text(movie['Distributor']),
      text(movie['Major Genre']), text(movie['Source']), text(movie['Creative Type']), text(movie['MPAA Rating']),
      number(movie['Running Time min']), number(movie['Production Budget']), number(movie['US Gross']),
      number(movie['Worldwide Gross']), number(movie['US DVD Sales']), number(movie['Rotten Tomatoes Rating']),
      number(movie['IMDB Rating']), number(movie['IMDB Votes']),
    ]);
    await createAndFill(db, CREATE, 'movies', rows);
  },
};

/** Titles such as 300 and 1776 stand in the file as numbers. */
function text(value: Movie[string] | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function number(value: Movie[string] | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

/** `Jun 12 1998` as `1998-06-12`. */
function date(value: Movie[string] | undefined): string | null {
  const parts = /^([A-Z][a-z]{2}) (\d{2}) (\d{4})$/.exec(String(value));
  const month = parts ? MONTHS.indexOf(parts[1]!) : -1;
  return parts && month >= 0 ? `${parts[3]}-${String(month / 3 + 1).padStart(2, '0')}-${parts[2]}` : null;
}
