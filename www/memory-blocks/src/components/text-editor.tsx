import type { EditorView } from '@codemirror/view';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { createEditor, keepsBreaks, setText } from '../lib/editor';

/** A page to write on. `original` marks what differs from it; another `original` makes the page anew. */
export function TextEditor({ text, label, original, autoFocus, onChange, onSave, onLeave }: {
  text: string;
  label: string;
  original?: string;
  autoFocus?: boolean;
  onChange: (text: string) => void;
  onSave?: () => void;
  onLeave?: () => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onSave, onLeave });
  latest.current = { onChange, onSave, onLeave };
  // Grows when the text changed elsewhere to one of other line breaks: the page is made anew for them.
  const [made, setMade] = useState(0);
  const focused = useRef(false);
  /** What the page and whoever shows it agree on. */
  const known = useRef(text);

  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const editor = createEditor({
      root,
      text,
      label,
      ...(original === undefined ? {} : { original }),
      onChange: (now) => {
        known.current = now;
        latest.current.onChange(now);
      },
      onSave: () => latest.current.onSave?.(),
      onLeave: () => latest.current.onLeave?.(),
    });
    view.current = editor;
    known.current = text;
    if (autoFocus || focused.current) editor.focus();
    return () => {
      focused.current = editor.hasFocus;
      view.current = null;
      editor.destroy();
    };
  }, [original, label, made]);

  // Before anything else can be typed: a text that comes late would take back what was.
  useLayoutEffect(() => {
    if (!view.current || known.current === text) return;
    known.current = text;
    if (keepsBreaks(view.current, text)) setText(view.current, text);
    else setMade(made + 1);
  }, [text]);

  return <div class="editor" ref={host} />;
}
