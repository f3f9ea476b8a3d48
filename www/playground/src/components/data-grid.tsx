import { useSignal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { kindOf, lineOf, textOf } from '../lib/value';
import { useVirtualRows } from '../lib/virtual-rows';
import type { GridRow } from '../state/console';
import { CellText } from './cell-text';

const ROW_HEIGHT = 30;
const SAMPLE = 200;

interface Column {
  name: string;
  type: string;
}

/** A grid for the keyboard too: one stop, arrows move the chosen cell, and its whole value stands below. */
export function DataGrid({ label, columns, rows }: { label: string; columns: readonly Column[]; rows: readonly GridRow[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const chosen = useSignal<{ row: number; column: number } | null>(null);
  const { items, total, show } = useVirtualRows(scroller, rows.length, ROW_HEIGHT);
  const widths = useMemo(() => columns.map((column, index) => width(column, rows, index)), [columns, rows]);

  useEffect(() => {
    scroller.current?.style.setProperty('--columns', widths.map((ch) => `minmax(${ch}ch, ${ch}fr)`).join(' '));
  }, [widths]);

  const choose = (row: number, column: number) => {
    const last = { row: rows.length - 1, column: columns.length - 1 };
    chosen.value = { row: clamp(row, last.row), column: clamp(column, last.column) };
    show(chosen.value.row);
    requestAnimationFrame(() => scroller.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }));
  };

  const move = (event: KeyboardEvent) => {
    if (rows.length === 0) return;
    const { row, column } = chosen.value ?? { row: 0, column: 0 };
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2);
    const whole = event.ctrlKey || event.metaKey;
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [row - page, column], PageDown: [row + page, column],
      Home: [whole ? 0 : row, 0], End: [whole ? rows.length - 1 : row, columns.length - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    choose(...(to as [number, number]));
  };

  const at = chosen.value;
  const cellId = (row: number, column: number) => `${id}-${row}-${column}`;
  return (
    <>
      <div
        class="grid" role="grid" ref={scroller} tabIndex={0} aria-label={label} aria-rowcount={rows.length + 1} aria-colcount={columns.length}
        aria-activedescendant={at && items.some(({ index }) => index === at.row) ? cellId(at.row, at.column) : undefined}
        onKeyDown={move} onFocus={() => { if (!chosen.value && rows.length > 0) chosen.value = { row: 0, column: 0 }; }}
      >
        <div class="grid-head" role="rowgroup">
          <div class="grid-row" role="row" aria-rowindex={1}>
            {columns.map(({ name, type }, column) => (
              <div key={column} role="columnheader" class="cell" aria-colindex={column + 1} title={`${name} ${typeName(type)}`}>
                <span class="column-name">{name}</span> <span class="column-type">{typeName(type)}</span>
              </div>
            ))}
          </div>
        </div>
        <div class="grid-body" role="rowgroup" style={{ height: `${total}px` }}>
          {items.map(({ index, start }) => (
            <div key={index} class="grid-row" role="row" aria-rowindex={index + 2} style={{ transform: `translateY(${start}px)` }}>
              {columns.map((_, column) => (
                <div
                  key={column} id={cellId(index, column)} role="gridcell" aria-colindex={column + 1}
                  aria-selected={at?.row === index && at.column === column}
                  class={`cell cell-${kindOf(rows[index]?.[column])}`}
                  onClick={() => { chosen.value = { row: index, column }; }}
                >
                  <CellText value={rows[index]?.[column]} />
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
      {at && <WholeValue column={columns[at.column]?.name ?? ''} row={at.row} text={textOf(rows[at.row]?.[at.column])} />}
    </>
  );
}

/** Short values are readable in the grid: only what it cuts off is shown again. */
function WholeValue({ column, row, text }: { column: string; row: number; text: string }) {
  if (text.length <= 36 && !text.includes('\n')) return null;
  return (
    <figure class="whole-value">
      <figcaption>{column}, row {row + 1}</figcaption>
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}

/** ANY is what an expression has that can be of several types: it says nothing to a reader. */
function typeName(type: string): string {
  return /^any$/i.test(type) ? '' : type.toLowerCase();
}

function clamp(n: number, last: number): number {
  return Math.max(0, Math.min(n, last));
}

/** In characters, from the names and the first rows. */
function width({ name, type }: Column, rows: readonly GridRow[], index: number): number {
  let longest = name.length + typeName(type).length + 2;
  for (const row of rows.slice(0, SAMPLE)) longest = Math.max(longest, lineOf(row[index]).length + 1);
  return Math.max(6, Math.min(longest, 36)) + 2;
}
