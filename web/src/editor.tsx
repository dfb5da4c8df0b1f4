/* CodeMirror as the page uses it: YAML with completion and the server's problems at their lines, and two texts compared.
 * It stands in a shadow root, where its styles are adopted style sheets: our policy lets no script write a <style>. Import it
 * with import('./editor') only, when it is opened; it is larger than the rest of the page. */
import { useEffect, useRef } from 'preact/hooks';
import { type Completion, acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, Compartment, EditorState, type Extension } from '@codemirror/state';
import { Decoration, EditorView, MatchDecorator, ViewPlugin, type ViewUpdate, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type TextKey, t } from './texts';

export interface Mark { line: number; column?: number | undefined; level: 'ERROR' | 'WARNING'; message: string }
export type { Completion };
/* What may stand here: "line" up to the cursor, the whole text, and where the line begins. from: an offset into line. */
export type Complete = (line: string, text: string, at: number) => { from: number; options: Completion[] } | null;

// ---- the look: the page's own colours, which follow light and dark by themselves

const LOOK = EditorView.theme({
    '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '13px', height: '100%' },
    '&.cm-focused': { outline: '2px solid var(--brand)', outlineOffset: '-2px' },
    '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
    '.cm-content': { caretColor: 'var(--ink)', padding: '10px 0' },
    '.cm-cursor': { borderLeftColor: 'var(--ink)' },
    '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--ink-soft)', borderRight: '1px solid var(--line)' },
    '.cm-activeLineGutter, .cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--brand) 7%, transparent)' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'color-mix(in srgb, var(--brand) 28%, transparent)' },
    '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--wait) 25%, transparent)' },
    '.cm-searchMatch': { backgroundColor: 'var(--wait-wash)', outline: '1px solid var(--wait)' },
    '.cm-searchMatch-selected': { backgroundColor: 'color-mix(in srgb, var(--wait) 45%, transparent)' },
    '.cm-matchingBracket': { backgroundColor: 'var(--good-wash) !important' },
    '.cm-foldPlaceholder': { backgroundColor: 'var(--quiet-wash)', border: '0', color: 'var(--ink-soft)', padding: '0 6px' },
    '.cm-reference': { color: 'var(--wait)', fontWeight: '600' },
    '.cm-reference *': { color: 'inherit !important' },
    '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--ink)', borderColor: 'var(--line)' },
    '.cm-panel.cm-search': { padding: '8px 32px 8px 10px', fontFamily: 'var(--sans)' },
    '.cm-panel.cm-search input:not([type=checkbox]), .cm-textfield': { font: 'inherit', color: 'var(--ink)', backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: '4px', padding: '3px 8px' },
    '.cm-button': { font: 'inherit', color: 'var(--ink)', background: 'var(--raised)', border: '1px solid var(--line-strong)', borderRadius: '4px', padding: '3px 10px' },
    '.cm-panel.cm-search [name=close]': { color: 'var(--ink)', fontSize: '18px', right: '8px', cursor: 'pointer' },
    '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--ink)', border: '1px solid var(--line-strong)', borderRadius: '6px', boxShadow: 'var(--shadow)', maxWidth: 'min(560px, 90vw)' },
    '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16em' },
    '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px' },
    '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--brand)', color: 'var(--brand-ink)' },
    '.cm-completionDetail': { color: 'inherit', opacity: '0.75', fontStyle: 'normal' },
    '.cm-diagnostic': { fontFamily: 'var(--sans)', padding: '6px 10px' },
    '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
    '.cm-diagnostic-warning': { borderLeftColor: 'var(--wait)' },
    '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad) 1px', textUnderlineOffset: '3px' },
    '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--wait) 1px', textUnderlineOffset: '3px' },
    '.cm-lint-marker': { content: '""', width: '9px', height: '9px', margin: '6px 2px 0', borderRadius: '50%' },
    '.cm-lint-marker-error': { backgroundColor: 'var(--bad)', borderRadius: '1px', transform: 'rotate(45deg)' },
    '.cm-lint-marker-warning': { backgroundColor: 'var(--wait)' },
    '.cm-deletedChunk': { backgroundColor: 'var(--bad-wash)', paddingLeft: '6px' },
    '.cm-deletedChunk .cm-deletedText, .cm-deletedText': { background: 'color-mix(in srgb, var(--bad) 28%, transparent)', textDecoration: 'none' },
    '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--good-wash) !important' },
    '.cm-changedText': { background: 'color-mix(in srgb, var(--good) 30%, transparent) !important' },
    '.cm-changedLineGutter': { background: 'var(--good)' },
    '.cm-deletedLineGutter': { background: 'var(--bad)' },
    '.cm-collapsedLines': { background: 'var(--quiet-wash)', color: 'var(--ink-soft)', padding: '4px 10px' },
});

const COLOURS = HighlightStyle.define([
    { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--brand)' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
    { tag: [tags.keyword, tags.labelName, tags.typeName, tags.meta], color: 'var(--busy)' },
    { tag: [tags.comment, tags.lineComment], color: 'var(--quiet)', fontStyle: 'italic' },
    { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: 'var(--ink-soft)' },
]);

/* ${input.TAG}: what is bound stands out. */
const FINDER = new MatchDecorator({ regexp: /\$\{[^}\n]*\}/g, decoration: Decoration.mark({ class: 'cm-reference' }) });
const REFERENCES = ViewPlugin.define((view) => ({
    found: FINDER.createDeco(view),
    update(change: ViewUpdate) { this.found = FINDER.updateDeco(change, this.found); },
}), { decorations: (plugin) => plugin.found });

/* CodeMirror's own words, in the language of the page. */
const PHRASES: Record<string, TextKey> = {
    Find: 'cmFind', Replace: 'cmReplace', next: 'cmNext', previous: 'cmPrevious', all: 'cmAll', 'match case': 'cmCase', regexp: 'cmRegexp', 'by word': 'cmWord', replace: 'cmReplaceOne',
    'replace all': 'cmReplaceAll', close: 'close', 'Go to line': 'cmLine', go: 'cmGo', 'Folded lines': 'cmFolded', folded: 'cmFolded', unfold: 'cmUnfold', 'Fold line': 'cmFold',
    'Unfold line': 'cmUnfold', Diagnostics: 'cmProblems', 'No diagnostics': 'cmNoProblems', Completions: 'cmCompletions', '$ unchanged lines': 'cmUnchanged',
};
const phrases = () => EditorState.phrases.of(Object.fromEntries(Object.entries(PHRASES).map(([phrase, key]) => [phrase, t(key)])));

function completion(source: { current: Complete | undefined }): Extension {
    return autocompletion({ override: [(context) => {
        const line = context.state.doc.lineAt(context.pos);
        const found = source.current?.(line.text.slice(0, context.pos - line.from), context.state.doc.toString(), line.from);
        return found ? { from: line.from + found.from, options: found.options, validFor: /^[\w .-]*$/ } : null;
    }] });
}

const SETUP: Extension[] = [
    lineNumbers(), foldGutter(), highlightSpecialChars(), drawSelection(), EditorState.allowMultipleSelections.of(true), bracketMatching(), search({ top: true }), highlightSelectionMatches(),
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap]),
];
const WRITING: Extension[] = [history(), indentOnInput(), closeBrackets(), highlightActiveLine(), highlightActiveLineGutter(), lintGutter()];

const base = (label: string): Extension[] => [LOOK, syntaxHighlighting(COLOURS), REFERENCES, yaml(), phrases(), EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }), EditorState.tabSize.of(2)];

const shadowOf = (box: HTMLElement): ShadowRoot => box.shadowRoot ?? box.attachShadow({ mode: 'open' });

function diagnosticsOf(state: EditorState, marks: Mark[]): Diagnostic[] {
    return marks.filter((m) => m.line > 0).map((mark) => {
        const line = state.doc.line(Math.min(mark.line, state.doc.lines));
        const from = Math.min(line.from + Math.max((mark.column ?? 1) - 1, 0), line.to);
        return { from, to: Math.max(line.to, from), severity: mark.level === 'ERROR' ? 'error' : 'warning', message: mark.message };
    });
}

interface EditorProps {
    text: string; version?: number; label: string; readOnly?: boolean; marks?: Mark[]; complete?: Complete;
    set?: (text: string) => void;
    look?: { line: number; column: number; asked: number }; /* where to go; "asked" grows with each wish */
}

const PUT = Annotation.define<boolean>(); /* a text that comes from elsewhere is not told back */

/* It begins with "text" and keeps its own from there, which it tells by "set": what is told comes back late, while somebody types on.
 * Only a new "version" puts another text in its place. */
export function Editor({ text, version = 0, label, readOnly = false, marks = [], complete, set, look }: EditorProps) {
    const box = useRef<HTMLDivElement>(null), view = useRef<EditorView | null>(null);
    const tell = useRef(set), source = useRef(complete), writable = useRef(new Compartment());
    tell.current = set;
    source.current = complete;
    const locked = () => [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)];
    useEffect(() => {
        const root = shadowOf(box.current!);
        const changed = EditorView.updateListener.of((u) => { if (u.docChanged && !u.transactions.some((tr) => tr.annotation(PUT))) tell.current?.(u.state.doc.toString()); });
        const keys = keymap.of([{ key: 'Tab', run: acceptCompletion }, indentWithTab]);
        const extensions = [keys, SETUP, WRITING, completion(source), base(label), writable.current.of(locked()), changed];
        view.current = new EditorView({ state: EditorState.create({ doc: text, extensions }), parent: root, root });
        return () => { view.current?.destroy(); view.current = null; };
    }, []);
    useEffect(() => { view.current?.dispatch({ effects: writable.current.reconfigure(locked()) }); }, [readOnly]);
    useEffect(() => {
        const v = view.current;
        if (v && v.state.doc.toString() !== text) v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: text }, annotations: PUT.of(true) });
    }, [version]);
    useEffect(() => { if (view.current) view.current.dispatch(setDiagnostics(view.current.state, diagnosticsOf(view.current.state, marks))); }, [marks]);
    useEffect(() => {
        const v = view.current;
        if (!v || !look?.line) return;
        const line = v.state.doc.line(Math.min(look.line, v.state.doc.lines));
        const at = Math.min(line.from + Math.max(look.column - 1, 0), line.to);
        v.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
        v.focus();
    }, [look?.asked]);
    return <div class="editor" ref={box} />;
}

/* What changed, in one column; what stayed is folded away. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
    const box = useRef<HTMLDivElement>(null);
    useEffect(() => {
        const root = shadowOf(box.current!);
        const merge = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 }, allowInlineDiffs: true });
        const extensions = [SETUP, base(label), merge, EditorState.readOnly.of(true), EditorView.editable.of(false), EditorView.lineWrapping];
        const view = new EditorView({ state: EditorState.create({ doc: after, extensions }), parent: root, root });
        return () => view.destroy();
    }, [before, after]);
    return <div class="editor diff" ref={box} />;
}
