import { useRef } from 'preact/hooks';
import { cancel, run, running, script } from '../state/console';
import { db } from '../state/session';
import { Results } from './results';
import { SyncState } from './sync-state';
import { SqlEditor, type EditorHandle } from './sql-editor';

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export function ConsolePanel() {
  const editor = useRef<EditorHandle>(null);
  const go = () => {
    const { text, offset } = editor.current?.chosen() ?? { text: script.value, offset: 0 };
    void run(text, offset);
  };
  return (
    <div class="console">
      <div class="editor-frame">
        <SqlEditor handle={editor} onRun={go} />
        <div class="editor-bar">
          <button type="button" class="primary" disabled={!db.value || running.value} onClick={go}>Run</button>
          {running.value
            ? <><button type="button" onClick={cancel}>Cancel</button><SyncState /></>
            : <span class="hint"><kbd>{MAC ? '⌘' : 'Ctrl'}</kbd> <kbd>Enter</kbd></span>}
        </div>
      </div>
      <Results />
    </div>
  );
}
