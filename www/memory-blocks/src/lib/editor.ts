// CodeMirror, as a quiet page for prose. It lives in shadow roots: there it brings its styles as constructed sheets,
// which a strict Content-Security-Policy allows.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { markdown } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Change, MergeView, presentableDiff, unifiedMergeView } from '@codemirror/merge';
import { Annotation, EditorState, Prec, Text, type Extension } from '@codemirror/state';
import { EditorView, drawSelection, highlightSpecialChars, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { typeOver } from '../../../shared/type-over';
import { differences } from '../domain';

const colours = HighlightStyle.define([
  { tag: tags.heading1, fontSize: '1.35em', fontWeight: '650', lineHeight: '1.6' },
  { tag: tags.heading2, fontSize: '1.18em', fontWeight: '650', lineHeight: '1.6' },
  { tag: tags.heading, fontWeight: '650' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: tags.link, color: 'var(--accent)' },
  { tag: tags.url, color: 'var(--muted)' },
  { tag: tags.monospace, fontFamily: 'var(--mono)', fontSize: '0.88em' },
  { tag: [tags.processingInstruction, tags.labelName], color: 'var(--muted)' },
  { tag: tags.quote, color: 'var(--muted)', fontStyle: 'italic' },
]);

const theme = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'transparent', fontSize: 'var(--prose-size)', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--serif)', lineHeight: '1.62' },
  '.cm-content': { padding: '1rem 0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 1.1rem' },
  '.cm-gutters': { backgroundColor: 'transparent', border: 'none' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '.cm-specialChar': { color: 'var(--muted)' },
  '&.cm-merge-b .cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--added-soft)' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--removed-soft)' },
  '.cm-deletedChunk': { padding: '0 1.1rem' },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': { background: 'var(--removed-mark)', textDecoration: 'line-through 1px', borderRadius: '2px' },
  '&.cm-merge-b .cm-changedText': { background: 'var(--added-mark)', borderRadius: '2px' },
  '.cm-changeGutter': { width: '3px', paddingLeft: '0' },
  '&.cm-merge-b .cm-changedLineGutter': { background: 'var(--added)' },
  '&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter': { background: 'var(--removed)' },
  '.cm-collapsedLines': { padding: '0.2rem 1.1rem', color: 'var(--muted)', background: 'var(--sunken)', fontFamily: 'var(--sans)', fontSize: 'var(--small-size)' },
});

/**
 * CodeMirror splits lines at every kind of break and joins them with one: it would drop a CR. So a text whose breaks
 * are all CRLF says so, and in any other only LF is a break, and a CR a letter that shows.
 */
function breakIn(text: string): '\r\n' | '\n' {
  return text.includes('\r\n') && !/(?<!\r)\n/.test(text) ? '\r\n' : '\n';
}

/** Two texts together, side by side. */
const LONG = 100_000;

function separator(text: string): Extension {
  return EditorState.lineSeparator.of(breakIn(text));
}

/** Whether the page keeps the breaks of this text as they are. */
export function keepsBreaks(view: EditorView, text: string): boolean {
  return view.state.facet(EditorState.lineSeparator) === breakIn(text);
}

export function textOf(view: EditorView): string {
  return view.state.sliceDoc();
}

/** Lines as the domain pairs them, so that what is marked is what is decided; within a pair, words. */
function changes(a: string, b: string): readonly Change[] {
  return differences(a, b).flatMap(({ a: left, b: right }) => {
    const [before, after] = [a.slice(left.from, left.to), b.slice(right.from, right.to)];
    const whole = new Change(left.from, left.to, right.from, right.to);
    if (before === '' || after === '' || before.length + after.length > 8000) return [whole];
    const words = presentableDiff(before, after, { scanLimit: 500, timeout: 20 });
    return words.map((one) => new Change(left.from + one.fromA, left.from + one.toA, right.from + one.fromB, right.from + one.toB));
  });
}

/** `plain`: without the colours of markdown, which cost a long text some of its first moment. */
function base(text: string, label: string, more: Extension[], plain = false): Extension[] {
  return [
    separator(text),
    highlightSpecialChars(),
    drawSelection(),
    ...(plain ? [] : [markdown(), syntaxHighlighting(colours)]),
    theme,
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, autocapitalize: 'sentences', spellcheck: 'true' }),
    ...more,
  ];
}

export interface EditorOptions {
  root: ShadowRoot;
  text: string;
  label: string;
  /** Marks what differs from it. */
  original?: string;
  onChange: (text: string) => void;
  onSave?: () => void;
  onLeave?: () => void;
}

export function createEditor({ root, text, label, original, onChange, onSave, onLeave }: EditorOptions): EditorView {
  const keys = [
    { key: 'Mod-s', run: () => (onSave?.(), true) },
    { key: 'Mod-Enter', run: () => (onSave?.(), true) },
    { key: 'Escape', run: () => (onLeave?.(), onLeave !== undefined) },
  ];
  const compared = original === undefined ? [] : [unifiedMergeView({ original: linesOf(original, text), mergeControls: false, gutter: true, highlightChanges: true, diffConfig: { override: changes } })];
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: base(text, label, [
        Prec.highest(keymap.of(keys)),
        history(),
        typeOver,
        keymap.of([...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'), ...historyKeymap]),
        ...compared,
        EditorView.updateListener.of((update) => {
          const given = update.transactions.some((one) => one.annotation(fromOutside) === true);
          if (update.docChanged && !given) onChange(update.state.sliceDoc());
        }),
      ]),
    }),
  });
}

/** Split as the other text is. */
function linesOf(original: string, text: string): Text {
  return Text.of(original.split(breakIn(text)));
}

const fromOutside = Annotation.define<boolean>();

/** Replaces the text when it was changed elsewhere; nobody is told. */
export function setText(view: EditorView, text: string): void {
  const now = textOf(view);
  if (now !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: view.state.toText(text) }, annotations: fromOutside.of(true) });
}

/** To read. A text whose last line has no break gets one on both sides: what follows it is then new, and it is not. */
export function createSideBySide({ root, before, after, labels }: { root: ShadowRoot; before: string; after: string; labels: [string, string] }): MergeView {
  const side = (text: string, label: string) => ({
    doc: text,
    extensions: base(text, label, [EditorState.readOnly.of(true), EditorView.editable.of(false), EditorView.contentAttributes.of({ tabindex: '0', role: 'textbox', 'aria-multiline': 'true', 'aria-readonly': 'true' })], before.length + after.length > LONG),
  });
  const end = before.endsWith('\n') || after.endsWith('\n') || before === '' || after === '' ? '' : breakIn(after);
  return new MergeView({
    root,
    parent: root,
    a: side(before + end, labels[0]),
    b: side(after + end, labels[1]),
    highlightChanges: true,
    gutter: true,
    collapseUnchanged: { margin: 2, minSize: 6 },
    diffConfig: { override: changes },
  });
}
