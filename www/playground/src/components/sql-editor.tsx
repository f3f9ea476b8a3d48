import { useSignalEffect } from '@preact/signals';
import type { EditorView } from '@codemirror/view';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { createEditor, setMark, setSchema, setText } from '../lib/editor';
import { mark, script } from '../state/console';
import { tables } from '../state/tables';

export interface EditorHandle {
  /** The selection, or all of the text, and where it begins. */
  chosen(): { text: string; offset: number };
}

/**
 * The editor lives in a shadow root: there CodeMirror brings its styles as constructed sheets, which a strict
 * Content-Security-Policy allows; in the document it would write a style element, which is refused.
 */
export function SqlEditor({ handle, onRun }: { handle: RefObject<EditorHandle | null>; onRun: () => void }) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latestRun = useRef(onRun);
  latestRun.current = onRun;

  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const editor = createEditor({
      root,
      text: script.peek(),
      onChange: (text) => {
        script.value = text;
        mark.value = null;
      },
      onRun: () => latestRun.current(),
    });
    view.current = editor;
    handle.current = {
      chosen() {
        const { from, to } = editor.state.selection.main;
        if (from === to) return { text: editor.state.doc.toString(), offset: 0 };
        return { text: editor.state.sliceDoc(from, to), offset: from };
      },
    };
    setSchema(editor, tables.value.peek());
    return () => editor.destroy();
  }, []);

  useSignalEffect(() => {
    const text = script.value;
    if (view.current) setText(view.current, text);
  });
  useSignalEffect(() => {
    const place = mark.value;
    if (view.current) setMark(view.current, place);
  });
  useSignalEffect(() => {
    const known = tables.value.value;
    if (view.current) setSchema(view.current, known);
  });

  return <div class="editor" ref={host} />;
}
