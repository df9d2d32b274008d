// Loads the page's code. Until it runs, the static page keeps what is typed and remembers that Apply was pressed.
import init from './petset.js';

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

try {
    await init({ module_or_path: new URL('petset_bg.wasm', import.meta.url) });
} catch (error) {
    document.getElementById('crash').hidden = false;
    document.getElementById('crash-message').textContent = String(error);
}
