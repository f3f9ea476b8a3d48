import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { MySQL, SQLDialect, sql } from '@codemirror/lang-sql';
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { EditorView, drawSelection, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { typeOver } from '../../../shared/type-over';
import { wordAt } from './excerpt';

/** MySQL's words, with double quotes for names and what Prollite adds. */
const dialect = SQLDialect.define({
  ...MySQL.spec,
  keywords: `${MySQL.spec.keywords ?? ''} returning autoincrement pragma of`,
  types: `${MySQL.spec.types ?? ''} uuid bytea serial`,
  doubleQuotedStrings: false,
  identifierQuotes: '`"',
  backslashEscapes: false,
  hashComments: false,
  caseInsensitiveIdentifiers: true,
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: tags.typeName, color: 'var(--code-type)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
]);

const theme = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'transparent', fontSize: 'var(--code-size)', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { padding: '0.75rem 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 0.75rem 0 0.25rem' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--muted)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 0.4rem 0 0.75rem', minWidth: '2.25rem' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--selection)', outline: '1px solid var(--line)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--danger) 1.5px', textUnderlineOffset: '3px' },
  '.cm-tooltip': { backgroundColor: 'var(--paper)', color: 'var(--ink)', border: '1px solid var(--line)', borderRadius: '6px', overflow: 'hidden' },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--accent-ink)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--danger)' },
});

const language = new Compartment();

interface KnownTable {
  name: string;
  columns: readonly { name: string }[];
}

export function createEditor({ root, text, onChange, onRun }: {
  root: ShadowRoot;
  text: string;
  onChange: (text: string) => void;
  onRun: () => void;
}): EditorView {
  const runKeys = ['Mod-Enter', 'Ctrl-Enter'].map((key) => ({ key, run: (view: EditorView) => (closeCompletion(view), onRun(), true) }));
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of(runKeys)),
        lineNumbers(),
        history(),
        drawSelection(),
        typeOver,
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
        language.of(sql({ dialect })),
        syntaxHighlighting(colours),
        theme,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false', autocapitalize: 'off' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
}

/** Replaces the text when it was changed elsewhere; the editor's own changes come back equal and do nothing. */
export function setText(view: EditorView, text: string): void {
  const now = view.state.doc.toString();
  if (now !== text) view.dispatch({ changes: { from: 0, to: now.length, insert: text } });
}

/** The tables and columns that completion offers. */
export function setSchema(view: EditorView, tables: readonly KnownTable[]): void {
  const schema = Object.fromEntries(tables.map(({ name, columns }) => [name, columns.map((column) => column.name)]));
  view.dispatch({ effects: language.reconfigure(sql({ dialect, schema })) });
}

/** Underlines the word where an error stands and brings it into view. */
export function setMark(view: EditorView, place: { position: number; message: string } | null): void {
  if (!place) return view.dispatch(setDiagnostics(view.state, []));
  const text = view.state.doc.toString();
  let { from, to } = wordAt(text, place.position);
  // An error at the end of the text is marked on the character before it.
  if (from === to && from > 0) from -= 1;
  view.dispatch(setDiagnostics(view.state, [{ from, to, severity: 'error', message: place.message }]));
  view.dispatch({ effects: EditorView.scrollIntoView(from) });
}
