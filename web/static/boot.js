// Loads the page's code. Until it runs, the static page keeps what is typed and remembers that Apply or Enter was pressed.
//
// What `cargo xtask dist` builds comes in two parts. The second is fetched when somebody has begun to use the page and it
// has nothing better to do, or at once when the first calls for it (crates/ARCHITECTURE.md). An embed waits for both, and so
// does a page that opens something, or whose files are kept for when there is no network. These are kept after the second
// part has come, but not for an embed: it is a part of somebody else's page.
import * as glue from './petset_bg.js';

const FIRST = new URL('petset_bg.wasm', import.meta.url);
const SECOND = new URL('lazy/second.wasm', import.meta.url);
const isEmbed = 'embed' in document.documentElement.dataset;
/** Whether the page comes from the files that its worker keeps. */
const isKept = Boolean(navigator.serviceWorker?.controller);

const [apply, editor, prompt] = ['apply', 'editor', 'prompt'].map((id) => document.getElementById(id));
const press = (control) => {
    control.dataset.pressed = 'true';
    control.setAttribute('aria-busy', 'true');
};
apply.addEventListener('click', () => press(apply));
editor.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) press(apply);
});
prompt.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    press(prompt);
    // The line waits as it is.
    prompt.readOnly = true;
});

const begun = new Promise((resolve) => {
    for (const act of ['pointerdown', 'keydown']) addEventListener(act, resolve, { once: true, capture: true });
});

/** What the first part exports. */
let first;

try {
    const module = await compiled(FIRST);
    first = (await WebAssembly.instantiate(module, { './petset_bg.js': glue, second: { load } })).exports;
    glue.__wbg_set_wasm(first);
    // To open something takes both parts, and to wait in the midst of it would hold up the page, or the page around an embed.
    // Where the files are kept the second part is at hand, but not for a request that blocks: browsers let no worker answer
    // those.
    if (isEmbed) await fetchSecond();
    // One that cannot be had now is asked for again when it is needed.
    else if (isKept || opens()) await fetchSecond().catch(() => {});
    first.__wbindgen_start();
    begun.then(() => (window.requestIdleCallback ?? setTimeout)(fetchRest));
} catch (error) {
    crash(error);
}

/** Whether the page opens a world, types lines or begins a lesson: its address says so, or the browser keeps a world. */
function opens() {
    const settings = [location.search, location.hash.slice(1)].map((text) => new URLSearchParams(text));
    if (['g', 'run', 'lesson'].some((name) => settings.some((found) => found.has(name)))) return true;
    try {
        return localStorage.getItem('petset-world') !== null;
    } catch {
        // A private window may keep nothing.
        return false;
    }
}

function crash(error) {
    document.getElementById('crash').hidden = false;
    document.getElementById('crash-message').textContent = String(error);
    // The page around an embed lets it be seen.
    if (isEmbed && parent !== window) parent.postMessage({ petset: 1, type: 'failed' }, '*');
}

/**
 * A module. Where the page around an embed is of the same site, it is compiled in there, once for all that it embeds;
 * elsewhere the browser's own caches, of files and of code, have to do.
 */
async function compiled(url) {
    try {
        const shared = (parent.petsetModules ??= new parent.Map());
        if (!shared.has(url.href)) shared.set(url.href, parent.WebAssembly.compileStreaming(parent.fetch(url)));
        return await shared.get(url.href);
    } catch {
        // It is of another site, or its policy forbids that, or the file server does not know the file's type.
        return fetchModule(url);
    }
}

async function fetchModule(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    // To compile what is still coming in needs a type that not every file server knows.
    const isTyped = response.headers.get('Content-Type') === 'application/wasm';
    return isTyped ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

async function fetchRest() {
    try {
        await fetchSecond();
        if (!isEmbed) await import('./lazy/offline.js');
    } catch {
        // The second part is asked for again when it is needed.
    }
}

/** Gets the second part, while everything else goes on. */
async function fetchSecond() {
    if (first.ready) join(await compiled(SECOND));
}

/** Gets the second part for a call that waits for it: nothing else may run before that call returns. */
function load() {
    const request = new XMLHttpRequest();
    do {
        request.open('GET', SECOND, false);
        // As text whose characters' low bytes are the file's: all that a request that blocks may ask for.
        request.overrideMimeType('text/plain; charset=x-user-defined');
        try {
            request.send();
        } catch {
            // Its status is 0 then.
        }
    } while (request.status !== 200 && confirm('A part of petset cannot be loaded. Is the network there? Try again?'));
    if (request.status !== 200) {
        const error = new Error(`${SECOND} cannot be loaded`);
        crash(error);
        throw error;
    }
    const bytes = Uint8Array.from(request.responseText, (character) => character.charCodeAt(0));
    join(new WebAssembly.Module(bytes));
}

/** Makes the second part's functions callable. */
function join(module) {
    if (!first.ready.value) new WebAssembly.Instance(module, { first, './petset_bg.js': glue });
}
