// What `cargo xtask dist` puts here keeps the page's files (web/worker/sw.js). While one works on the page nothing is kept:
// this takes the place of a worker that is left from another time at this address, and goes with all that it had.

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(leave()));

async function leave() {
    await registration.unregister();
    const names = (await caches.keys()).filter((name) => name.startsWith(`petset ${registration.scope} `));
    await Promise.all(names.map((name) => caches.delete(name)));
    if (names.length === 0) return;
    for (const client of await clients.matchAll({ type: 'window' })) client.navigate(client.url);
}
