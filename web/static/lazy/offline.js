// Has the page's files kept by its worker, and says when that has a newer version of them: a `newversion` event on the
// window, whose detail is the function that takes it. `boot.js` takes this in once the page is in use.

const WORKER = new URL('../sw.js', import.meta.url);

/** How often a page that stays open asks for a newer version, at most. */
const CHECK_MS = 3_600_000;

try {
    // What the server has now, not what the browser remembers of it.
    follow(await navigator.serviceWorker.register(WORKER, { updateViaCache: 'none' }));
} catch {
    // A private window may keep nothing, and no browser does without https: the page needs the network then.
}

function follow(registration) {
    const { active, waiting, installing } = registration;
    registration.addEventListener('updatefound', () => {
        if (registration.active) announce(registration.installing);
    });
    let asked = Date.now();
    const ask = () => {
        asked = Date.now();
        // Without a network there is nothing to find.
        registration.update().catch(() => {});
    };
    // The very first worker brings nothing new.
    if (active) {
        [waiting, installing].filter(Boolean).forEach(announce);
        // A browser asks in its own time, which may be long after a page was opened.
        ask();
    }
    addEventListener('visibilitychange', () => {
        if (!document.hidden && Date.now() >= asked + CHECK_MS) ask();
    });
}

/** Says that a worker has a newer version, once it has all of it. */
function announce(worker) {
    if (worker.state === 'installing') return worker.addEventListener('statechange', () => announce(worker), { once: true });
    if (worker.state !== 'redundant') dispatchEvent(new CustomEvent('newversion', { detail: () => take(worker) }));
}

/** Has the worker take over, and loads the page anew from it, or from one that came after it. */
function take(worker) {
    const reload = () => {
        if (worker.state === 'activated' || worker.state === 'redundant') location.reload();
    };
    worker.addEventListener('statechange', reload);
    worker.postMessage('activate');
    reload();
}
