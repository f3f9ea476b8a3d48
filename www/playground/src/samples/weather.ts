import { csvParseRows } from 'd3-dsv';
import type { Sample } from '.';
import { createAndFill, fetchText } from './insert';

const CREATE = `CREATE TABLE seattle_weather (
  date DATE PRIMARY KEY,
  precipitation DOUBLE NOT NULL,
  temp_max DOUBLE NOT NULL,
  temp_min DOUBLE NOT NULL,
  wind DOUBLE NOT NULL,
  weather VARCHAR(10) NOT NULL CHECK (weather IN ('drizzle', 'fog', 'rain', 'snow', 'sun'))
)`;

export const weather: Sample = {
  name: 'weather',
  title: 'Seattle weather',
  about: 'Every day of 2012 to 2015 in Seattle.',
  tables: ['seattle_weather'],
  async load(db) {
    const [, ...lines] = csvParseRows(await fetchText('data/seattle-weather.csv'));
    const rows = lines.map(([date = '', precipitation, high, low, wind, sky = '']) => [
      date, Number(precipitation), Number(high), Number(low), Number(wind), sky,
    ]);
    await createAndFill(db, CREATE, 'seattle_weather', rows);
  },
};
