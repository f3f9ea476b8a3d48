import { EditorView } from '@codemirror/view';

/**
 * Typing over a selection, done here: the browser's own way keeps the look of what it replaces in a style attribute,
 * which the Content-Security-Policy refuses and the console then reports.
 */
export const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    const text = event.data;
    if (event.inputType !== 'insertText' || !text || empty || view.composing || view.state.selection.ranges.length > 1) return false;
    const insert = () => view.state.update({ ...view.state.replaceSelection(text), userEvent: 'input.type', scrollIntoView: true });
    const handled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, insert));
    if (!handled) view.dispatch(insert());
    return true;
  },
});
