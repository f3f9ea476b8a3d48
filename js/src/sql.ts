import { badArgument } from './errors';
import type { Sql, SqlValue } from './types';

class Fragment {
  constructor(
    readonly text: string,
    readonly params: readonly SqlValue[],
  ) {}
}

const make = (text: string, params: readonly SqlValue[]) => new Fragment(text, params) as unknown as Sql;

/** Whether `value` was made by `` sql`…` ``, `sql.id` or `sql.join`. */
export function isSql(value: unknown): value is Sql {
  return value instanceof Fragment;
}

/** SQL with values as parameters. Fragments made by `sql` nest; everything else becomes a parameter. */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  let text = strings[0] ?? '';
  const params: SqlValue[] = [];
  values.forEach((value, at) => {
    if (isSql(value)) {
      text += value.text;
      params.push(...value.params);
    } else {
      text += '?';
      params.push(value as SqlValue);
    }
    text += strings[at + 1] ?? '';
  });
  return make(text, params);
}

/** Quoted identifiers, joined by dots. */
sql.id = (...names: string[]): Sql => {
  if (names.length === 0) throw badArgument('sql.id takes at least one name');
  return make(names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'), []);
};

sql.join = (parts: readonly Sql[], separator: Sql = make(', ', [])): Sql => {
  const text = parts.map((part) => part.text).join(separator.text);
  const params = parts.flatMap((part, at) => (at === 0 ? part.params : [...separator.params, ...part.params]));
  return make(text, params);
};
