import { csvParseRows } from 'd3-dsv';
import type { Sample } from '.';
import { createAndFill, fetchText } from './insert';

const CREATE = `CREATE TABLE airports (
  iata VARCHAR(4) PRIMARY KEY,
  name VARCHAR(100) NOT NULL,
  city VARCHAR(60),
  state VARCHAR(2),
  country VARCHAR(40) NOT NULL,
  latitude DOUBLE NOT NULL,
  longitude DOUBLE NOT NULL
)`;

export const airports: Sample = {
  name: 'airports',
  title: 'Airports',
  about: '3,376 airports with their places.',
  tables: ['airports'],
  async load(db) {
    const [, ...lines] = csvParseRows(await fetchText('data/airports.csv'));
    const rows = lines.map(([iata = '', name = '', city = '', state = '', country = '', latitude, longitude]) => [
      iata, name, known(city), known(state), country, Number(latitude), Number(longitude),
    ]);
    await createAndFill(db, CREATE, 'airports', rows);
  },
};

/** The file writes NA where a city or a state is not known. */
function known(text: string): string | null {
  return text === '' || text === 'NA' ? null : text;
}
