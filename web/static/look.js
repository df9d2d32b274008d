// How the page looks before anything is drawn: its theme, and whether it stands inside of another page. A script that is
// no module, so that the browser waits for it.
{
    const settings = [location.search, location.hash.slice(1)].map((text) => new URLSearchParams(text));
    const setting = (name) => settings.find((found) => found.has(name))?.get(name);
    const root = document.documentElement;
    const isEmbed = setting('embed') !== undefined;
    root.toggleAttribute('data-embed', isEmbed);
    try {
        // An embed remembers nothing.
        root.dataset.theme = setting('theme') ?? ((!isEmbed && localStorage.getItem('petset-theme')) || 'system');
    } catch {
        // A private window may keep nothing.
    }
}
