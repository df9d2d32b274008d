// Keeps the page's files, so that it opens without a network. `cargo xtask dist` writes above this what there is to keep:
// `FILES`, of each its address below this script and its hash, and `VERSION`, which is another when any of them is.
//
// Each version has a cache of its own, and a page gets every file from the version with which it was opened, until it is
// closed. Docs and embeds are none of its business: they are read where there is a network.

const CACHES = `petset ${registration.scope} `;
const CACHE = CACHES + VERSION;

/** In the cache of a version that has been in use: which pages were open before it, `{ id: cache }`. */
const OPEN_BEFORE = new URL('open-before.json', registration.scope);

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(activate()));
addEventListener('message', ({ data }) => {
    if (data === 'activate') skipWaiting();
});
addEventListener('fetch', (event) => {
    const { request } = event;
    if (request.method !== 'GET' || !request.url.startsWith(registration.scope)) return;
    if (request.mode !== 'navigate') event.respondWith(ofItsVersion(event));
    else if (request.destination === 'document' && isPage(request.url)) event.respondWith(kept(request, CACHE));
});

/** Fetches what is not there yet. The hashes refuse what a server gives that is about to get another version. */
async function install() {
    const cache = await caches.open(CACHE);
    const add = async ([path, integrity]) => {
        const address = new URL(path, registration.scope);
        if (await cache.match(address)) return;
        const response = await fetch(address, { integrity, cache: 'no-cache' });
        if (!response.ok || response.redirected) throw new Error(`${address} is not to be had (${response.status})`);
        await cache.put(address, response);
    };
    await Promise.all(FILES.map(add));
}

/** Takes over. Pages that are open stay with their version, and versions that nobody has open any more go. */
async function activate() {
    const names = (await caches.keys()).filter((name) => name.startsWith(CACHES));
    let [last, before] = [CACHE, {}];
    for (const name of names.filter((name) => name !== CACHE)) {
        const noted = await caches.match(OPEN_BEFORE, { cacheName: name });
        if (noted) [last, before] = [name, await noted.json()];
    }
    const pages = (await clients.matchAll()).filter(({ url }) => isPage(url));
    const open = Object.fromEntries(pages.map(({ id }) => [id, before[id] ?? last]));
    await (await caches.open(CACHE)).put(OPEN_BEFORE, Response.json(open));
    // What comes later in the list may be a version that is just being fetched.
    const old = names.slice(0, names.indexOf(CACHE)).filter((name) => !Object.values(open).includes(name));
    await Promise.all(old.map((name) => caches.delete(name)));
}

/** What a page asks for; it does not know its version, but we know who was open before this one. */
async function ofItsVersion({ clientId, request }) {
    const client = await clients.get(clientId);
    if (!client || client.frameType === 'nested' || !isPage(client.url)) return fetch(request);
    const noted = await caches.match(OPEN_BEFORE, { cacheName: CACHE });
    const before = noted ? await noted.json() : {};
    return kept(request, before[clientId] ?? CACHE);
}

async function kept(request, cacheName) {
    return (await caches.match(bare(request.url), { cacheName, ignoreVary: true })) ?? fetch(request);
}

function isPage(url) {
    return bare(url) === registration.scope;
}

/** An address without what is asked of it; the page's has two names. */
function bare(url) {
    return url.split(/[?#]/)[0].replace(/\/index\.html$/, '/');
}
