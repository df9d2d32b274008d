// The page's editor: CodeMirror in a shadow root, where its style sheets are adopted, as the page's policy asks for.
//
// It knows texts, places and words, and nothing of Kubernetes; `web/src/code.rs` drives it.
import { autocompletion, completionKeymap, insertCompletionText } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, isolateHistory } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  codeFolding,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, Compartment, EditorState, Transaction } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { theme } from './theme.js';

/** Marks a change that comes from the page, which knows it already. */
const fromPage = Annotation.define();

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--yaml-key)' },
  { tag: [tags.string, tags.content, tags.special(tags.string)], color: 'var(--yaml-text)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--yaml-soft)' },
  { tag: [tags.separator, tags.punctuation, tags.meta, tags.keyword, tags.labelName], color: 'var(--yaml-soft)' },
]);

const number = Decoration.mark({ class: 'cm-number' });
const numberMatcher = new MatchDecorator({
  regexp: /([:\-,[] )(?:[-+]?\d[\d.]*|true|false|null|~)(?=\s*(?:#|[,\]}]|$))/g,
  decorate: (add, from, to, [, before]) => add(from + before.length, to, number),
});
/** Numbers and booleans look different from strings, which the grammar does not tell apart. */
const numbers = ViewPlugin.define(
  (view) => ({
    marks: numberMatcher.createDeco(view),
    update(update) {
      this.marks = numberMatcher.updateDeco(update, this.marks);
    },
  }),
  { decorations: (plugin) => plugin.marks },
);

/**
 * Makes an editor inside `host`.
 *
 * `words` has the editor's `label`, how its `keys` work, and CodeMirror's `phrases` in the page's language. `acts` are
 * called: `edit(text)` when a person has changed the text, `apply()` for Ctrl or Command and Enter, and with a text and a
 * place `complete(text, line, column)`, which answers with the column where what is typed begins and then choices `[label,
 * detail, text, about]`, `describe(text, line, column)`, which answers with the lines that tell of the field there, and
 * `remedy(line, column)` for a mark's act. `readOnly` keeps people from changing the text.
 */
export function mount(host, words, acts, readOnly) {
  const root = host.attachShadow({ mode: 'open' });
  const keys = root.appendChild(document.createElement('p'));
  keys.id = 'keys';
  keys.hidden = true;
  return new Editor(root, keys, words, acts, readOnly);
}

class Editor {
  /** The texts that are not shown, by their keys, with their histories and selections. */
  #kept = new Map();
  #key;
  #view;
  #keys;
  #extensions;
  #spoken = new Compartment();
  #words;
  #acts;
  /** Whether something was typed since the editor got the focus: Tab leaves it until then. */
  #typed = false;

  constructor(root, keys, words, acts, readOnly) {
    this.#keys = keys;
    this.#words = words;
    this.#acts = acts;
    this.#extensions = [
      [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)],
      keymap.of([
        { key: 'Mod-Enter', run: () => (acts.apply(), true) },
        { key: 'Tab', run: (view) => this.#typed && indentMore(view), shift: (view) => this.#typed && indentLess(view) },
      ]),
      lineNumbers(),
      lintGutter(),
      foldGutter(),
      codeFolding(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      highlightSelectionMatches(),
      history(),
      indentOnInput(),
      indentUnit.of('  '),
      bracketMatching(),
      search({ top: true }),
      yaml(),
      autocompletion({ override: [(context) => this.#complete(context)], icons: false }),
      hoverTooltip((view, at) => this.#describe(view, at)),
      syntaxHighlighting(colours),
      numbers,
      theme,
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap]),
      EditorView.updateListener.of((update) => {
        const isTyped = update.transactions.some((t) => t.docChanged && !t.annotation(fromPage));
        if (!isTyped) return;
        this.#typed = true;
        acts.edit(update.state.doc.toString());
      }),
      EditorView.domEventHandlers({ focus: () => void (this.#typed = false), beforeinput: replaceSelected }),
    ];
    this.#view = new EditorView({ root, parent: root });
  }

  /** Says what it says in another language, or of another file. */
  speak(words) {
    this.#words = words;
    this.#keys.textContent = words.keys;
    this.#view.dispatch({ effects: this.#spoken.reconfigure(this.#said()) });
  }

  #said() {
    const { label, phrases } = this.#words;
    return [
      EditorState.phrases.of(phrases),
      EditorView.contentAttributes.of({
        'aria-label': label,
        'aria-describedby': 'keys',
        tabindex: '0',
        spellcheck: 'false',
        autocapitalize: 'off',
        autocorrect: 'off',
      }),
    ];
  }

  /**
   * Takes over from a text area: what stood in it (`{ text, time }`, oldest first), how far it was scrolled, its
   * selection, and the focus.
   */
  takeOver(key, texts, scrollTop, area) {
    this.#key = key;
    this.#view.setState(this.#state(normal(texts[0].text)));
    for (const { text, time } of texts.slice(1)) {
      const changes = difference(this.#view.state.doc.toString(), normal(text));
      const annotations = [fromPage.of(true), Transaction.userEvent.of('input.type'), Transaction.time.of(time)];
      if (changes) this.#view.dispatch({ changes, annotations });
    }
    // The area may show another text already, which the page is about to show here, too.
    const { length } = this.#view.state.doc;
    const [start, end] = [area.selectionStart, area.selectionEnd].map((at) => Math.min(at, length));
    const selection = area.selectionDirection === 'backward' ? { anchor: end, head: start } : { anchor: start, head: end };
    this.#view.dispatch({ selection, annotations: isolateHistory.of('full') });
    this.#view.scrollDOM.scrollTop = scrollTop;
    if (document.activeElement === area) this.#view.focus();
  }

  #state(doc) {
    this.#keys.textContent = this.#words.keys;
    return EditorState.create({ doc, extensions: [this.#extensions, this.#spoken.of(this.#said())] });
  }

  /** Shows a text; each key has its own history. */
  show(key, text) {
    if (key !== this.#key) {
      this.#kept.set(this.#key, this.#view.state);
      this.#key = key;
      this.#view.setState(this.#kept.get(key) ?? this.#state(normal(text)));
      this.speak(this.#words);
    }
    const changes = difference(this.#view.state.doc.toString(), normal(text));
    if (changes) this.#view.dispatch({ changes, annotations: [fromPage.of(true), isolateHistory.of('full')] });
  }

  /**
   * Marks places: `[line, column, endLine, endColumn, severity, message, remedy]`, places from 1, ends excluded. `remedy` is
   * what the act is called that does something about it at once, if there is one.
   */
  mark(marks) {
    const diagnostics = marks.map(([line, column, endLine, endColumn, severity, message, remedy]) => {
      const from = this.#offset(line, column);
      const to = Math.max(from, this.#offset(endLine, endColumn));
      const canMend = remedy && !this.#view.state.readOnly;
      const actions = canMend ? [{ name: remedy, apply: () => this.#acts.remedy(line, column) }] : [];
      return { from, to, severity, message, actions };
    });
    diagnostics.sort((a, b) => a.from - b.from);
    this.#view.dispatch(setDiagnostics(this.#view.state, diagnostics));
  }

  /** A place as CodeMirror counts: in UTF-16 units from the text's begin. */
  #offset(line, column) {
    const { doc } = this.#view.state;
    if (line > doc.lines) return doc.length;
    const { from, to, text } = doc.line(line);
    return Math.min(from + [...text].slice(0, column - 1).join('').length, to);
  }

  #complete({ state, pos, explicit }) {
    const line = state.doc.lineAt(pos);
    const before = line.text.slice(0, pos - line.from);
    if (!explicit && !/\w$/.test(before)) return null;
    const [column, ...choices] = this.#acts.complete(state.doc.toString(), line.number, [...before].length + 1);
    if (choices.length === 0) return null;
    const options = choices.map(([label, detail, text, about]) => {
      return { label, detail, apply: choose(text), info: about && (() => ({ dom: described(about.split('\n')) })) };
    });
    return { from: this.#offset(line.number, column), options, validFor: /^\w*$/ };
  }

  #describe({ state }, at) {
    const line = state.doc.lineAt(at);
    const column = [...line.text.slice(0, at - line.from)].length + 1;
    const [title, ...lines] = this.#acts.describe(state.doc.toString(), line.number, column);
    if (!title) return null;
    return { pos: at, above: true, create: () => ({ dom: described(lines, title) }) };
  }

  /** Puts the cursor and the focus there. */
  reveal(line, column) {
    const anchor = this.#offset(line, column);
    this.#view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
    this.#view.focus();
  }
}

/** Types a choice in place of what was begun; in front of a key's end only the key itself. */
function choose(text) {
  return (view, { label }, from, to) => {
    const rest = view.state.doc.sliceString(to, view.state.doc.lineAt(to).to);
    const [end] = /^\w*:|/.exec(rest);
    view.dispatch(insertCompletionText(view.state, end ? `${label}:` : text, from, to + end.length));
  };
}

/** Paragraphs that tell of a field, in Kubernetes' own words; before them its title, if it is given. */
function described(lines, title) {
  const dom = document.createElement('div');
  dom.className = 'cm-described';
  dom.lang = 'en';
  if (title) dom.appendChild(document.createElement('code')).textContent = title;
  for (const line of lines) dom.appendChild(document.createElement('p')).textContent = line;
  return dom;
}

/**
 * What is typed over a selection is put in its place by us: Chromium would keep the look of what was there in a `style`
 * attribute, which the page's policy refuses, aloud.
 */
function replaceSelected(event, view) {
  const isPlain = event.inputType === 'insertText' && event.data !== null && !view.state.readOnly;
  // Only Chromium has this for shadow roots.
  if (!isPlain || (view.root.getSelection?.().isCollapsed ?? true)) return false;
  // The selection may be so new that CodeMirror has not been told of it.
  document.dispatchEvent(new Event('selectionchange'));
  if (view.state.selection.main.empty) return false;
  event.preventDefault();
  const change = view.state.replaceSelection(event.data);
  view.dispatch(change, { userEvent: 'input.type', scrollIntoView: true });
  return true;
}

/** As CodeMirror keeps a text: every line end is one character. */
function normal(text) {
  return text.replace(/\r\n?/g, '\n');
}

/** The one change that makes `after` of `before`, if they differ. */
function difference(before, after) {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from += 1;
  let end = 0;
  while (end < shorter - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}
