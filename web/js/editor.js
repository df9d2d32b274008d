// The editor's two forms: a text area from the beginning, and CodeMirror in its place once somebody has begun to use the
// page and it has been fetched. What was typed, its history and the selection are taken along.

const EDITOR = new URL('lazy/editor.js', document.baseURI);

/** How many of the texts that stood in the text area can be gone back to. */
const REMEMBERED = 200;

export class Code {
  #area;
  #host;
  #acts;
  #key;
  #words = {};
  /** What stood in the text area, oldest first: `{ text, time }`. */
  #texts = [];
  /** Ends when nothing is being composed in the text area any more. */
  #composed;
  /** The marks: `[line, column, endLine, endColumn, severity, message, remedy]`, places from 1, ends excluded. */
  #marks = [];
  #loading;
  /** CodeMirror, once it stands. */
  #editor;

  /** After `stands()` the text area is of no more use; for the other acts see `mount` in `web/editor/editor.js`. */
  constructor(area, host, stands, edit, apply, complete, describe, remedy) {
    this.#area = area;
    this.#host = host;
    this.#acts = { stands, edit, apply, complete, describe, remedy };
    area.addEventListener('input', () => this.#note(area.value));
    area.addEventListener('compositionstart', () => {
      this.#composed = new Promise((resolve) => area.addEventListener('compositionend', resolve, { once: true }));
    });
    area.addEventListener('focus', () => this.#load());
    if (document.activeElement === area) this.#load();
    const idle = () => (window.requestIdleCallback ?? setTimeout)(() => this.#load());
    for (const act of ['pointerdown', 'keydown']) addEventListener(act, idle, { once: true, capture: true });
  }

  /** Says in the page's language what the editor is (`label`), how it is left (`keys`), and what CodeMirror says. */
  speak(label, keys, phrases) {
    const pairs = phrases.split('\n').map((line) => line.split(' = '));
    this.#words = { label, keys, phrases: Object.fromEntries(pairs.filter((pair) => pair.length === 2)) };
    this.#editor?.speak(this.#words);
  }

  /** Shows a text; each key has its own history. */
  show(key, text) {
    if (this.#editor) {
      this.#editor.show(key, text);
    } else {
      if (key !== this.#key) this.#texts = [];
      this.#note(text);
    }
    this.#key = key;
  }

  /** Marks places in the text that is shown. */
  mark(marks) {
    this.#marks = marks;
    this.#editor?.mark(marks);
  }

  /** Puts the cursor and the focus there. */
  reveal(line, column) {
    if (this.#editor) return this.#editor.reveal(line, column);
    const before = this.#area.value.split('\n').slice(0, line - 1);
    const at = before.join('\n').length + Math.min(before.length, 1) + column - 1;
    this.#area.focus();
    this.#area.setSelectionRange(at, at);
  }

  #note(text) {
    if (text === this.#texts.at(-1)?.text) return;
    this.#texts.push({ text, time: Date.now() });
    if (this.#texts.length > REMEMBERED) this.#texts.shift();
  }

  #load() {
    this.#loading ??= import(EDITOR).then(
      (editor) => this.#takeOver(editor),
      // The text area goes on; the next focus asks again.
      () => (this.#loading = undefined),
    );
  }

  async #takeOver({ mount }) {
    await this.#composed;
    this.#editor = mount(this.#host, this.#words, this.#acts, this.#area.readOnly);
    const scroll = this.#area.closest('.editor-scroll');
    this.#editor.takeOver(this.#key, this.#texts, scroll.scrollTop, this.#area);
    this.#editor.mark(this.#marks);
    // Nobody meets both, though it may take the page a while to remove what is of no more use.
    scroll.hidden = true;
    this.#acts.stands();
  }
}
