// What has the focus may be disabled for a moment, or go with what it stood in. The browser then leaves the focus
// nowhere; here it comes back, or goes to the heading of the nearest place that is left.

/** For what is drawn after a change to take the focus itself. */
const SOON_MS = 60;
/** A button that waits for its own work comes back within this. */
const WAIT_MS = 600;

export function keepFocus(root: HTMLElement): void {
  let last: HTMLElement | null = null;
  let around: Element[] = [];
  let since = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const later = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      look();
    }, ms);
  };

  function look(): void {
    if (!last || (document.activeElement !== null && document.activeElement !== document.body)) return;
    if (last.isConnected && !last.matches(':disabled')) {
      if (since > 0) last.focus({ preventScroll: true });
      since = 0;
    } else if (last.isConnected && performance.now() - (since ||= performance.now()) < WAIT_MS) {
      later(SOON_MS);
    } else {
      place(around)?.focus({ preventScroll: true });
    }
  }

  root.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    last = target;
    since = 0;
    around = [];
    for (let at = target.parentElement; at && at !== root; at = at.parentElement) around.push(at);
  });
  // Who clicks beside everything has taken the focus away.
  addEventListener('pointerdown', () => { last = null; }, { capture: true });
  new MutationObserver(() => {
    if (last && (document.activeElement === document.body || last.matches(':disabled'))) {
      if (last.matches(':disabled')) since ||= performance.now();
      later(SOON_MS);
    }
  }).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled'] });
}

function place(around: readonly Element[]): HTMLElement | null {
  for (const one of around) {
    const heading = one.isConnected ? one.querySelector<HTMLElement>('h1[tabindex], h2[tabindex]') : null;
    if (heading) return heading;
  }
  return document.getElementById('main');
}
