// Loads the page's code. Until it runs, the static page keeps what is typed and remembers that Apply was pressed.
//
// What `cargo xtask dist` builds comes in two parts. The second is fetched when somebody has begun to use the page and it
// has nothing better to do, or at once when the first calls for it (crates/ARCHITECTURE.md).
import * as glue from './petset_bg.js';

const FIRST = new URL('petset_bg.wasm', import.meta.url);
const SECOND = new URL('lazy/second.wasm', import.meta.url);

const apply = document.getElementById('apply');
const press = () => {
    apply.dataset.pressed = 'true';
    apply.setAttribute('aria-busy', 'true');
};
apply.addEventListener('click', press);
document.getElementById('editor').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) press();
});

try {
    const theme = localStorage.getItem('petset-theme');
    if (theme) document.documentElement.dataset.theme = theme;
} catch {
    // A private window may keep nothing.
}

const begun = new Promise((resolve) => {
    for (const act of ['pointerdown', 'keydown']) addEventListener(act, resolve, { once: true, capture: true });
});

/** What the first part exports. */
let first;

try {
    const module = await fetchModule(FIRST);
    first = (await WebAssembly.instantiate(module, { './petset_bg.js': glue, second: { load } })).exports;
    glue.__wbg_set_wasm(first);
    first.__wbindgen_start();
    if (first.ready) begun.then(() => (window.requestIdleCallback ?? setTimeout)(fetchSecond));
} catch (error) {
    crash(error);
}

function crash(error) {
    document.getElementById('crash').hidden = false;
    document.getElementById('crash-message').textContent = String(error);
}

async function fetchModule(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    // To compile what is still coming in needs a type that not every file server knows.
    const isTyped = response.headers.get('Content-Type') === 'application/wasm';
    return isTyped ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

async function fetchSecond() {
    try {
        join(await fetchModule(SECOND));
    } catch {
        // It is asked for again when it is needed.
    }
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
