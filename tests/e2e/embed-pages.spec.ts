// The docs say how to embed the playground in pages of several kinds. They are made here from what the docs say, word by
// word, and opened.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import mdx from '@mdx-js/esbuild';
import { test, type Page, type TestInfo } from '@playwright/test';
import { build } from 'esbuild';
import { expect } from './fixtures';

const SITE = new URL(process.env.PETSET_URL!);

/** The code blocks of that language on a page of the docs. */
function blocks(name: string, language: string): string[] {
  const text = readFileSync(new URL(`../../docs/src/embed/${name}.md`, import.meta.url), 'utf8');
  return [...text.matchAll(/^(`{3,})(\w+)\n(.*?)^\1$/gms)].filter((block) => block[2] === language).map((block) => block[3]);
}

/** Serves a page that somebody wrote, with the playground's `dist/` in `petset/` beside it. */
async function publish(page: Page, files: Record<string, { contentType: string; body: string }>): Promise<void> {
  const own = new URL('notes/', SITE);
  for (const [name, file] of Object.entries(files)) await page.route(new URL(name, own).href, (route) => route.fulfill(file));
  await page.route(`${own}petset/**`, async (route) => {
    const address = route.request().url().replace(`${own}petset/`, SITE.href);
    await route.fulfill({ response: await route.fetch({ url: address }) });
  });
  await page.goto(new URL('page.html', own).href);
}

/** Writes the sources of a site into a folder of the test, and lets a tool make pages of them. */
function make(info: TestInfo, sources: Record<string, string>, tool: string, ...words: string[]): void {
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(dirname(info.outputPath(name)), { recursive: true });
    writeFileSync(info.outputPath(name), text);
  }
  execFileSync(tool, words, { cwd: info.outputPath(), stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Opens a page of a site that was made, where the playground's `dist/` lies in a folder `petset/` of it. */
async function visit(page: Page, folder: string, name: string): Promise<void> {
  const own = new URL('notes/', SITE).href;
  await page.route(`${own}**`, async (route) => {
    const path = new URL(route.request().url()).href.replace(own, '');
    const ours = /(?:^|\/)petset\/(.*)$/.exec(path);
    if (ours) await route.fulfill({ response: await route.fetch({ url: new URL(ours[1], SITE).href }) });
    else await route.fulfill({ path: join(folder, path.replace(/\?.*/, '')) });
  });
  await page.goto(own + name);
}

function stage(page: Page) {
  return page.locator('petset-playground').first().frameLocator('iframe');
}

test('the plain page of the docs', async ({ page }) => {
  const [body] = blocks('plain', 'html');
  await publish(page, { 'page.html': { contentType: 'text/html', body } });
  await expect(stage(page).getByText('2/2 ready')).toBeVisible();
  await page.getByRole('button', { name: 'Scale it' }).click();
  await expect(stage(page).getByText('4/4 ready')).toBeVisible();
});

test('the MDX of the docs, with React', async ({ page }, info) => {
  const [source] = blocks('mdx', 'mdx');
  const [component] = blocks('mdx', 'jsx');
  const main = `
    import { createRoot } from 'react-dom/client';
    import Page from './page.mdx';
    createRoot(document.querySelector('main')).render(<Page />);`;
  for (const [name, text] of Object.entries({ 'page.mdx': source, 'scale.jsx': component, 'main.jsx': main })) {
    writeFileSync(info.outputPath(name), text);
  }
  const { outputFiles } = await build({
    entryPoints: [info.outputPath('main.jsx')],
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [mdx()],
  });
  await publish(page, {
    'page.html': {
      contentType: 'text/html',
      body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>MDX</title><main></main>
        <script type="module" src="petset/embed.js"></script><script type="module" src="main.js"></script></html>`,
    },
    'main.js': { contentType: 'text/javascript', body: outputFiles[0].text },
  });
  await expect(stage(page).getByText('2/2 ready')).toBeVisible();
  await expect(stage(page).getByRole('log')).toHaveCount(0);
  await page.getByRole('button', { name: 'Scale it to three' }).click();
  await expect(stage(page).getByText('3/3 ready')).toBeVisible();
  await expect(page.getByRole('status')).toHaveText('kubectl scale sts web --replicas=3');
});

test('the mdBook of the docs', async ({ page }, info) => {
  const [head] = blocks('mdbook', 'html');
  const [chapter] = blocks('mdbook', 'markdown');
  const sources = {
    'book.toml': '[book]\ntitle = "Notes"\n',
    'theme/head.hbs': head,
    'src/SUMMARY.md': '- [Page](notes/page.md)\n',
    'src/notes/page.md': `# Page\n\n${chapter}`,
  };
  make(info, sources, 'mdbook', 'build');
  await visit(page, info.outputPath('book'), 'notes/page.html');
  await expect(stage(page).getByText('2/2 ready')).toBeVisible();
});

test('the Hugo of the docs', async ({ page }, info) => {
  const [shortcode] = blocks('hugo', 'html');
  const [content] = blocks('hugo', 'markdown');
  const sources = {
    'hugo.toml': `baseURL = '${new URL('notes/', SITE)}'\ntitle = 'Notes'\n`,
    'layouts/shortcodes/petset.html': shortcode,
    'layouts/_default/single.html': '<!doctype html><html lang="en"><title>{{ .Title }}</title>{{ .Content }}</html>',
    'content/page.md': `---\ntitle: Page\n---\n${content}`,
  };
  make(info, sources, 'hugo', '--quiet', '--disableKinds', 'home,section,taxonomy,term,rss,sitemap');
  await visit(page, info.outputPath('public'), 'page/index.html');
  await expect(stage(page).getByText('2/2 ready')).toBeVisible();
});

test('the Sphinx of the docs', async ({ page }, info) => {
  const [settings] = blocks('sphinx', 'python');
  const [content] = blocks('sphinx', 'rst');
  const sources = {
    'conf.py': `project = "Notes"\n${settings}`,
    '_static/notes.css': '',
    'index.rst': `Notes\n=====\n\n${content}`,
  };
  make(info, sources, 'sphinx-build', '-q', '-W', '.', 'html');
  await visit(page, info.outputPath('html'), 'index.html');
  await expect(stage(page).getByText('2/2 ready')).toBeVisible();
});
