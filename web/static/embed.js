// <petset-playground>: a manifest in any page becomes a cluster to play with.
//
// The element shows what is inside of it, a <pre> of YAML, until it is seen or clicked. Then it puts the playground's page,
// which lies beside this file, into an iframe: its styles, its keys and its focus stay in there, and the embeds of a page
// share one compiled module (boot.js sees to that). They speak by messages, as docs/src/embedding.md says.

const PROTOCOL = 1;
const PAGE = new URL('./?embed', import.meta.url);
/** The attributes that the page understands as they are. */
const SETTINGS = ['show', 'file', 'commands', 'world', 'version', 'gate', 'lesson', 'step', 'theme', 'autoplay', 'readonly'];
const EVENTS = ['ready', 'change', 'command', 'goal'];
/** How far below the window's edge it starts, so that it is there when it is scrolled to. */
const AHEAD = '200px';

const WORDS = {
  en: { lang: 'en', start: '▶ Run it here', loading: 'The playground is loading…', title: 'petset: a simulated Kubernetes cluster' },
  zh: { lang: 'zh-CN', start: '▶ 在此运行', loading: '演练场正在加载…', title: 'petset：模拟的 Kubernetes 集群' },
};

// Elements begin from the initial styles, so that nothing of the page around them leaks in.
const SHEET = `
:host { display: block; position: relative; }
.box { height: var(--height, 480px); overflow: auto; }
[hidden] { display: none !important; }
iframe, button, p { all: initial; box-sizing: border-box; color-scheme: inherit; }
iframe { display: block; width: 100%; height: var(--height, 480px); border: 1px solid #8888; border-radius: 10px; }
/* Waiting, it is not seen but is drawn: browsers stand still what is hidden of another site. */
iframe[inert] { position: absolute; inset: 0; opacity: 0; }
button, p { position: absolute; right: 12px; bottom: 12px; border-radius: 9px; padding: 9px 14px;
  font: 600 14px/1.3 system-ui, sans-serif; background: #2f4fd0; color: #fff; }
button { cursor: pointer; }
button:focus-visible { outline: 3px solid #8fa8ff; outline-offset: 2px; }
p { background: #172033; }
`;
let sheet;

/** What fails shows in the frame; whoever calls a method is told. */
const ignore = () => {};

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

/** The text of an element; some highlighters end lines by <br>. */
function written(text) {
  const copy = text.cloneNode(true);
  for (const end of copy.querySelectorAll('br')) end.replaceWith('\n');
  return copy.textContent;
}

export class PetsetPlayground extends HTMLElement {
  static observedAttributes = ['height'];

  #root = element('div');
  #box = element('div', { className: 'box', tabIndex: 0, role: 'group' });
  #button = element('button', { type: 'button', hidden: true });
  #status = element('p', { role: 'status', hidden: true });
  #frame;
  /** The promise that it is ready, and what settles it. */
  #ready;
  #settle;
  #calls = new Map();
  #calledLast = 0;
  #observer;

  constructor() {
    super();
    if (!sheet) {
      // No element with styles, which the page's policy may forbid.
      sheet = new CSSStyleSheet();
      sheet.replaceSync(SHEET);
    }
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sheet];
    this.#box.append(element('slot'));
    this.#button.addEventListener('click', () => this.start().then(() => this.#frame?.focus(), ignore));
    this.#root.append(this.#box, this.#button, this.#status);
    shadow.append(this.#root);
  }

  connectedCallback() {
    const words = this.#words();
    this.#root.lang = words.lang;
    this.#button.textContent = words.start;
    this.#status.textContent = words.loading;
    this.#box.ariaLabel = this.title || words.title;
    addEventListener('message', this.#hear);
    if (this.getAttribute('load') === 'click') {
      this.#button.hidden = false;
      return;
    }
    this.#observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.start().catch(ignore);
      },
      { rootMargin: AHEAD },
    );
    this.#observer.observe(this);
  }

  disconnectedCallback() {
    removeEventListener('message', this.#hear);
    this.#observer?.disconnect();
    this.#frame?.remove();
    this.#frame = this.#ready = undefined;
    this.#box.hidden = false;
    this.#status.hidden = true;
    const gone = new Error('the playground was taken out of the page');
    this.#settle?.reject(gone);
    for (const { reject } of this.#calls.values()) reject(gone);
    this.#calls.clear();
  }

  attributeChangedCallback() {
    const height = this.getAttribute('height') || '480';
    this.#root.style.setProperty('--height', /^\d+$/.test(height) ? `${height}px` : height);
  }

  /** Starts the playground, if it has not been started; resolves when it is ready. */
  start() {
    if (!this.isConnected) return Promise.reject(new Error('the playground is not in the page'));
    this.#ready ??= new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#observer?.disconnect();
      this.#button.hidden = true;
      this.#status.hidden = false;
      this.#frame = element('iframe', { title: this.#box.ariaLabel, allow: 'clipboard-write', src: this.#address() });
      this.#frame.inert = true;
      this.#root.append(this.#frame);
    });
    return this.#ready;
  }

  /** Applies a manifest, as `kubectl apply -f` does. */
  apply(manifest) {
    return this.#call('apply', manifest);
  }

  /** Runs a command line; resolves when it has ended. */
  run(line) {
    return this.#call('run', line);
  }

  /** Lets virtual time pass, in seconds. */
  advance(seconds) {
    return this.#call('advance', seconds);
  }

  /** Everything that is stored in the cluster. */
  snapshot() {
    return this.#call('snapshot');
  }

  #words() {
    return this.#language().startsWith('zh') ? WORDS.zh : WORDS.en;
  }

  #language() {
    return (this.closest('[lang]')?.lang || navigator.language).toLowerCase();
  }

  #address() {
    const settings = new URLSearchParams({ lang: this.#language() });
    for (const name of SETTINGS) if (this.hasAttribute(name)) settings.set(name, this.getAttribute(name));
    const scheme = getComputedStyle(this).colorScheme;
    if (!settings.has('theme') && ['light', 'dark'].includes(scheme)) settings.set('theme', scheme);
    const state = this.getAttribute('state');
    const text = this.querySelector('pre code') ?? this.querySelector('pre');
    if (state) settings.set('g', state);
    else if (text && !this.hasAttribute('lesson')) settings.set('manifest', written(text));
    return `${PAGE}#${settings}`;
  }

  async #call(method, argument) {
    await this.start();
    const id = ++this.#calledLast;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#say({ type: 'call', id, method, argument });
    });
  }

  #say(message) {
    this.#frame?.contentWindow?.postMessage({ petset: PROTOCOL, ...message }, PAGE.origin);
  }

  #hear = ({ source, origin, data }) => {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== PAGE.origin || data?.petset !== PROTOCOL) return;
    const { petset, type, id, ...detail } = data;
    if (type === 'hello') this.#say({ type: 'connect' });
    if (type === 'ready' || type === 'failed') this.#show();
    if (type === 'ready') this.#settle.resolve();
    if (type === 'failed') this.#settle.reject(new Error('the playground cannot be loaded'));
    if (type === 'result') this.#calls.get(id)?.resolve(detail.value);
    if (type === 'error') this.#calls.get(id)?.reject(new Error(detail.message));
    if (type === 'result' || type === 'error') this.#calls.delete(id);
    if (EVENTS.includes(type)) this.dispatchEvent(new CustomEvent(type, { detail }));
  };

  #show() {
    this.#box.hidden = this.#status.hidden = true;
    this.#frame.inert = false;
  }
}

if (!customElements.get('petset-playground')) customElements.define('petset-playground', PetsetPlayground);
