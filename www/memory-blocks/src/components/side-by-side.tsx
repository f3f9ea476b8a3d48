import { useEffect, useRef } from 'preact/hooks';
import { createSideBySide } from '../lib/editor';

export function SideBySide({ before, after, labels }: { before: string; after: string; labels: [string, string] }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const view = createSideBySide({ root, before, after, labels });
    return () => view.destroy();
  }, [before, after]);
  return (
    <div class="side-by-side">
      <div class="side-heads" aria-hidden="true"><span>{labels[0]}</span><span>{labels[1]}</span></div>
      <div class="editor" ref={host} />
    </div>
  );
}
