// The page without a network, and how it comes to its next version.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, open, test } from './fixtures';

const SITE = process.env.PETSET_URL!;

test.use({ serviceWorkers: 'allow' });

/** Begins to use the page, and waits until its files are kept. */
async function used(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Command line' }).click();
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

async function run(page: Page, line: string): Promise<void> {
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill(line);
  await prompt.press('Enter');
}

test('without a network the page opens, and all of it is there', async ({ page, context }) => {
  await open(page);
  await used(page);
  await context.setOffline(true);
  await page.reload();
  const log = page.getByRole('log');
  await run(page, 'kubectl get nodes');
  await expect(log).toContainText(/node-1\s+Ready/);
  await page.getByRole('textbox', { name: 'stateful-demo.yaml' }).focus();
  await expect(page.locator('.cm-editor')).toBeVisible();
  // The second part of the code, the schema, a template and the lessons.
  await run(page, 'kubectl describe pv pv001; kubectl explain sts.spec.serviceName');
  await expect(log).toContainText('Reclaim Policy:');
  await expect(log).toContainText('FIELD: serviceName <string>');
  await page.getByRole('button', { name: 'New file from a template' }).click();
  await page.getByRole('button', { name: 'Web server behind a headless Service' }).click();
  await expect(page.getByRole('tab', { name: 'web.yaml' })).toBeVisible();
  await page.getByRole('button', { name: 'Lessons' }).click();
  await expect(page.getByRole('button', { name: /Three parts, and an ordered birth/ })).toBeVisible();
  await page.goto('./index.html?theme=dark');
  await expect(page.getByRole('main')).toBeVisible();
});

test('the page can be installed', async ({ page, context }) => {
  await open(page);
  const browser = await context.newCDPSession(page);
  const { url, errors } = await browser.send('Page.getAppManifest');
  expect([url, errors]).toEqual([new URL('lazy/petset.webmanifest', SITE).href, []]);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

test('nothing is kept before somebody acts, nor for the page around an embed', async ({ page }) => {
  const registrations = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
  await open(page);
  await page.waitForTimeout(500);
  expect(await registrations()).toBe(0);
  await page.goto('./?embed#show=terminal');
  await run(page, 'kubectl describe pv pv001');
  await expect(page.getByRole('log')).toContainText('Reclaim Policy:');
  await page.waitForTimeout(500);
  expect(await registrations()).toBe(0);
});

/** The site once more, at an address of its own, where it can change. */
class Mirror {
  /** Files that are another than in the site, by their names. */
  files = new Map<string, string>();
  #server = createServer(async ({ url }, response) => {
    const name = url!.replace(/^\/a\/folder\//, '').replace(/\?.*/, '');
    const original = await fetch(new URL(name, SITE));
    response.writeHead(original.status, { 'Content-Type': original.headers.get('Content-Type')! });
    response.end(this.files.get(name) ?? Buffer.from(await original.arrayBuffer()));
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/a/folder/`;
  }

  /** Publishes the next version, which its style sheet tells; `whole` or without that. */
  async publish(edition: number, whole = true): Promise<void> {
    const [worker, style] = await Promise.all(['sw.js', 'style.css'].map(async (name) => (await fetch(new URL(name, SITE))).text()));
    const changed = `${style}:root{--edition:${edition}}`;
    const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
    expect(worker).toContain(hash(style));
    this.files.set('sw.js', worker.replace(hash(style), hash(changed)).replace("VERSION = '", `VERSION = '${edition} `));
    if (whole) this.files.set('style.css', changed);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const mirrored = test.extend<{ mirror: Mirror }>({
  mirror: async ({}, use) => {
    const mirror = new Mirror();
    await use(mirror);
    mirror.close();
  },
  baseURL: async ({ mirror }, use) => use(await mirror.start()),
});

/** Which version's style sheet the page has. */
async function edition(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--edition'));
}

/** Waits until the page was loaded again, of that version. Asks for no file: a worker goes when it has nothing to do. */
async function becomes(page: Page, version: string): Promise<void> {
  await expect.poll(() => edition(page).catch(() => '')).toBe(version);
  expect(await editions(page)).toEqual([version, version]);
}

/** Which version's style sheet the page has, and which it gets when it asks again. */
async function editions(page: Page): Promise<string[]> {
  const again = await page.evaluate(async () => (await fetch('style.css')).text());
  return [await edition(page), /--edition:(\d)/.exec(again)?.[1] ?? ''];
}

mirrored('a newer version is offered, taken when asked for, and never mixed with the older', async ({ page, context, mirror }, info) => {
  test.slow();
  await open(page);
  await used(page);
  await page.reload();
  const other = await context.newPage();
  await open(other);
  await run(page, 'kubectl create ns kept');

  await mirror.publish(2);
  await page.reload();
  const [offer, offerThere] = [page, other].map((page) => page.getByTestId('new-version'));
  await expect(page.getByRole('main')).toBeVisible();
  await used(page);
  await expect(offer).toContainText('A new version of petset is ready.');
  expect(await editions(page)).toEqual(['', '']);
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath('new-version.png') });

  await offer.getByRole('button', { name: 'Reload' }).click();
  await becomes(page, '2');
  await expect(page.getByRole('log')).toContainText('namespace/kept created');
  await expect(offer).toHaveCount(0);
  // The other tab was not asked: it stays as it is, with the files that it knows.
  expect(await editions(other)).toEqual(['', '']);
  await run(other, 'kubectl describe pv pv001');
  await expect(other.getByRole('log')).toContainText('Reclaim Policy:');

  await mirror.publish(3);
  await other.getByRole('button', { name: '中文' }).click();
  await expect.poll(() => editions(other)).toEqual(['', '']);
  await other.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  await expect(offerThere).toContainText('petset 有新版本可用。');
  await offerThere.getByRole('button', { name: '关闭' }).click();
  await expect(offerThere).toHaveCount(0);
  await used(page);
  await offer.getByRole('button', { name: 'Reload' }).click();
  await becomes(page, '3');
  expect(await editions(other)).toEqual(['', '']);
  await other.reload();
  expect(await editions(other)).toEqual(['3', '3']);
});

mirrored('a newer version that was asked for is said to be on its way, and the next one is offered', async ({ page }) => {
  await open(page);
  // The worker takes its time, as one does that still answers.
  const offer = () => page.evaluate(() => void dispatchEvent(new CustomEvent('newversion', { detail: () => {} })));
  await offer();
  const notice = page.getByTestId('new-version');
  await notice.getByRole('button', { name: 'Reload' }).press('Enter');
  await expect(notice).toContainText('Loading the new version…');
  await expect(notice.getByRole('button', { name: 'Reload' })).toHaveCount(0);
  await expect(page.getByRole('textbox', { name: 'Command line' })).toBeFocused();
  await expectAccessible(page);
  await notice.getByRole('button', { name: 'Close' }).press('Enter');
  await expect(notice).toHaveCount(0);
  await offer();
  await expect(notice.getByRole('button', { name: 'Reload' })).toBeVisible();
});

mirrored('a site in the midst of its update is not taken', async ({ page, mirror }) => {
  await open(page);
  await used(page);
  await page.reload();
  await used(page);
  const look = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      const { installing } = registration;
      await new Promise<void>((resolve) => (installing ? installing.addEventListener('statechange', () => resolve()) : resolve()));
      return registration.waiting !== null;
    });
  await mirror.publish(2, false);
  expect(await look()).toBe(false);
  await expect(page.getByTestId('new-version')).toHaveCount(0);
  await mirror.publish(2);
  expect(await look()).toBe(true);
  await expect(page.getByTestId('new-version')).toBeVisible();
});

mirrored('what was kept goes where a page is worked on', async ({ page, mirror }) => {
  await open(page);
  await used(page);
  await page.reload();
  await mirror.publish(2);
  mirror.files.set('sw.js', readFileSync(new URL('../../web/static/sw.js', import.meta.url), 'utf8'));
  await page.reload();
  await becomes(page, '2');
  const left = async () => [(await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length];
  await expect.poll(() => page.evaluate(left)).toEqual([0, 0]);
});
