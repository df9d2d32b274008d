// The docs: every page, as mdBook made it, is accessible and leads nowhere that is not there; their clusters run.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures';

const SUMMARY = readFileSync(new URL('../../docs/src/SUMMARY.md', import.meta.url), 'utf8');
const PAGES = [...SUMMARY.matchAll(/\((.+)\.md\)/g)].map(([, name]) => `docs/${name}.html`);

/** Waits until the embed of a page, if it has one, shows its cluster, and both pods that it makes by itself. */
async function run(page: Page): Promise<void> {
  for (const embed of await page.locator('petset-playground').all()) {
    await embed.scrollIntoViewIfNeeded();
    await expect(embed.locator('iframe:not([inert])')).toBeVisible();
    const inside = embed.frameLocator('iframe');
    if ((await embed.getAttribute('autoplay')) !== null) {
      await expect(inside.getByText(/^2\/2 /).first()).toBeVisible();
    }
    // A card that is still appearing is paler than it is meant to be.
    await expect.poll(() => inside.locator('body').evaluate(appearing)).toBe(0);
  }
}

test('the page’s help leads to the docs, where a cluster runs', async ({ page, context }) => {
  await page.goto('./');
  await page.getByRole('button', { name: 'Help' }).click();
  const opened = context.waitForEvent('page');
  await page.getByRole('link', { name: 'Docs' }).click();
  const docs = await opened;
  await expect(docs.getByRole('heading', { name: 'Start' })).toBeVisible();
  await expect(docs.frameLocator('petset-playground iframe').getByText('2/2 ready')).toBeVisible();
});

/** How many animations of a document have yet to end. */
function appearing(): number {
  const ends = (animation: Animation) => Number.isFinite(Number(animation.effect?.getComputedTiming().endTime));
  return document.getAnimations().filter((animation) => animation.playState === 'running' && ends(animation)).length;
}

/** The ids of an HTML text, and what its links say. */
function anchors(html: string): { ids: string[]; hrefs: string[] } {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  return {
    ids: [...parsed.querySelectorAll('[id]')].map(({ id }) => id),
    hrefs: [...parsed.querySelectorAll('a[href]')].map((a) => a.getAttribute('href')!),
  };
}

test('what the docs refer to is there', async ({ page }) => {
  const site = process.env.PETSET_URL!;
  const ids = new Map<string, Set<string>>();
  const links = new Set<string>();
  for (const name of PAGES) {
    const url = new URL(name, site).href;
    const found = await page.evaluate(anchors, await (await page.request.get(url)).text());
    ids.set(url, new Set(found.ids));
    for (const href of found.hrefs) links.add(new URL(href, url).href);
  }
  expect(links.size).toBeGreaterThan(PAGES.length);
  for (const link of links) {
    if (!link.startsWith(site)) continue;
    const [file, id] = link.split('#');
    expect((await page.request.get(file)).status(), link).toBe(200);
    if (id) expect(ids.get(file)?.has(id), link).toBe(true);
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing wrong with the docs, ${colorScheme}`, async ({ page }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme });
    for (const name of PAGES) {
      await page.goto(name);
      await run(page);
      await expectAccessible(page);
    }
  });
}

test('axe finds nothing wrong with the docs’ clusters in Chinese', async ({ page }) => {
  await page.route('**/docs/*.html', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace('<html lang="en"', '<html lang="zh-CN"');
    await route.fulfill({ response, body });
  });
  for (const name of ['docs/start.html', 'docs/lessons.html']) {
    await page.goto(name);
    await run(page);
    await expect(page.frameLocator('petset-playground iframe').locator('body')).toContainText('为什么');
    await expectAccessible(page);
  }
});
