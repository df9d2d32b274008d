// How it looks: at 200 % zoom, on a phone, in the dark, without motion and without colours.
import type { Page } from '@playwright/test';
import { expect, expectAccessible, open, settle, test } from './fixtures';

async function example(page: Page): Promise<void> {
  await open(page);
  await page.getByLabel('Start from').selectOption({ label: 'A deleted pod comes back at the old revision' });
  await expect(page.locator('[data-pod="myapp-4"]')).toHaveAttribute('data-status', 'Running');
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

test.describe('200 % zoom of a wide window', () => {
  test.use({ viewport: { width: 720, height: 450 } });
  test('everything is there and nothing is wider than the window', async ({ page }) => {
    await example(page);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await expectAccessible(page);
    await page.screenshot({ path: 'output/states/zoom.png' });
  });
});

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });
  test('one card for each identity, the sentence always in view, targets of 44 pixels', async ({ page }) => {
    await example(page);
    const panes = page.getByRole('navigation', { name: 'Panes' });
    await expect(page.locator('.why-sentence').first()).toBeInViewport();
    await expect(page.locator('[data-pod="myapp-0"]')).toBeInViewport();
    await expectAccessible(page);
    await page.screenshot({ path: 'output/states/phone.png' });
    const small = await page.evaluate(() => {
      const shown = [...document.querySelectorAll<HTMLElement>('button, select')].filter((e) => e.checkVisibility());
      const area = (e: HTMLElement) => e.getBoundingClientRect();
      return shown.filter((e) => area(e).height < 43.5 && !e.matches('.card-main, .why-link')).map((e) => e.outerHTML.slice(0, 80));
    });
    expect(small).toEqual([]);
    for (const pane of ['Why', 'Terminal', 'YAML']) {
      await panes.getByRole('button', { name: pane }).click();
      await expect(page.locator('.why-sentence').first()).toBeInViewport();
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    }
    await panes.getByRole('button', { name: 'Why' }).click();
    await page.screenshot({ path: 'output/states/phone-why.png' });
  });

  test('an empty stage has the button that fills it', async ({ page }) => {
    await open(page);
    await page.getByRole('button', { name: 'Apply' }).tap();
    await expect(page.locator('[data-pod="myapp-0"]')).toBeInViewport();
    await expect(page.locator('.stage-empty')).toHaveCount(0);
  });

  test('where the keyboard fills the stage, it is there to go on from', async ({ page }) => {
    await open(page);
    await page.getByRole('button', { name: 'Apply' }).press('Enter');
    await expect(page.locator('[data-pod="myapp-0"]')).toBeInViewport();
    await expect(page.locator('#stage')).toBeFocused();
  });
});

test.describe('without motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });
  test('nothing is animated', async ({ page }) => {
    await example(page);
    await page.locator('#prompt').fill('kubectl delete pod myapp-0');
    await page.locator('#prompt').press('Enter');
    await settle(page);
    const running = await page.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running').length);
    expect(running).toBe(0);
  });
});

test('without colours, kinds, shapes and revisions are still told apart by words, numbers and forms', async ({ page }) => {
  await example(page);
  for (const ordinal of [0, 4]) {
    await expect(page.locator(`[data-pod="myapp-${ordinal}"] .pod-chip`)).toContainText(ordinal === 4 ? 'r2' : 'r1');
  }
  await expect(page.locator('.why-kind').first()).toHaveText('quiet');
  const patterns = await page.evaluate(() =>
    ['myapp-0', 'myapp-4'].map((name) => getComputedStyle(document.querySelector(`[data-pod="${name}"] .band`)!).backgroundImage),
  );
  expect(new Set(patterns).size).toBe(2);
  await page.screenshot({ path: 'output/states/wide.png' });
});

test.describe('in the dark', () => {
  test.use({ colorScheme: 'dark' });
  test('the theme can be switched, and both are legible', async ({ page }) => {
    await example(page);
    await page.getByRole('button', { name: /^Theme/ }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await expectAccessible(page);
    await page.getByRole('button', { name: /^Theme/ }).click();
    await expectAccessible(page);
    await page.screenshot({ path: 'output/states/dark.png' });
  });
});

test('the head is no higher than two rows, in any language', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '中文' }).click();
  for (const width of [1440, 1024, 900, 768]) {
    await page.setViewportSize({ width, height: 900 });
    expect((await page.getByRole('banner').boundingBox())!.height, `at ${width} px`).toBeLessThan(100);
  }
});
