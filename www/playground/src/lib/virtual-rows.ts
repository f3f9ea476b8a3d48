import { Virtualizer, elementScroll, observeElementOffset, observeElementRect, type VirtualItem } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useMemo, useReducer } from 'preact/hooks';

/** Only the rows in view, all of one height: a hundred thousand rows cost what thirty cost. */
export function useVirtualRows(scroller: RefObject<HTMLElement | null>, count: number, height: number): {
  items: VirtualItem[];
  total: number;
  show(index: number): void;
} {
  const [, redraw] = useReducer<number, void>((turn) => turn + 1, 0);
  const virtual = useMemo(() => new Virtualizer<HTMLElement, HTMLElement>(options()), []);
  function options() {
    return {
      count,
      getScrollElement: () => scroller.current,
      estimateSize: () => height,
      // The header sticks to the top: a row brought into view stands below it.
      scrollPaddingStart: height,
      overscan: 12,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => redraw(),
    };
  }
  virtual.setOptions(options());
  useLayoutEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => virtual._willUpdate());
  return {
    items: virtual.getVirtualItems(),
    total: virtual.getTotalSize(),
    show: (index) => virtual.scrollToIndex(index, { align: 'auto' }),
  };
}
