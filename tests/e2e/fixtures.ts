// What every test of the page starts from: `test` with a page that is watched, and helpers.
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type BrowserContext, type Locator, type Page } from '@playwright/test';

export { expect };

/**
 * Playwright's `test`, whose `page` fails the test if anything went wrong behind its face, or that of a page which it
 * opened (`watch`), or if a request left the folder in which the page is served.
 */
export const test = base.extend({
  page: async ({ page, context, baseURL }, use) => {
    const problems = watch(context);
    context.on('request', (request) => {
      const isOfPage = request.url().startsWith(baseURL!) || /^(data|blob):/.test(request.url());
      if (!isOfPage) problems.push(`${request.url()}: outside of the page's folder`);
    });
    await use(page);
    expect(problems, 'what went wrong behind the page').toEqual([]);
  },
});

/** What goes wrong in the pages of a context, as it comes: an error on the console, an uncaught exception, a failed request. */
export function watch(context: BrowserContext): string[] {
  const problems: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => problems.push(`exception: ${error.error().stack ?? error.error()}`));
  context.on('requestfailed', (request) => {
    const error = request.failure()?.errorText;
    // What a page still asked for when it was left is no failure.
    if (error !== 'net::ERR_ABORTED') problems.push(`${request.url()}: ${error}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.url()}: status ${response.status()}`);
  });
  return problems;
}

/** Opens the page and waits until the app stands in it. */
export async function open(page: Page): Promise<void> {
  await page.goto('./');
  await expect(page.getByRole('main')).toBeVisible();
  await settle(page);
}

/** The editor, with the demo in it. */
export function textbox(page: Page): Locator {
  return page.getByRole('textbox', { name: 'stateful-demo.yaml' });
}

/** Begins to use the editor, and waits until CodeMirror stands. */
export async function editor(page: Page): Promise<Locator> {
  await textbox(page).focus();
  await expect(page.locator('.cm-editor')).toBeVisible();
  return textbox(page);
}

/**
 * Replaces all the text of an editor, with the keyboard: CodeMirror hears late of a selection that a script makes, as `fill`
 * does, and the old text would stay.
 */
export async function rewrite(editor: Locator, text: string): Promise<void> {
  await editor.press('Control+a');
  await editor.page().keyboard.insertText(text);
}

/**
 * Waits until what was just done is on the screen: fonts are there, animations that end have ended, and two more frames
 * were drawn. The simulated cluster's own time is not waited for: expect what it will show.
 */
export async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await document.fonts.ready;
    await frame();
    const ending = document.getAnimations().filter((animation) => {
      const endTime = animation.effect?.getComputedTiming().endTime;
      return animation.playState === 'running' && typeof endTime === 'number' && Number.isFinite(endTime);
    });
    // An animation that is cancelled has ended too.
    await Promise.allSettled(ending.map((animation) => animation.finished));
    await frame();
    await frame();
  });
}

/** Fails with what axe finds wrong with the page's accessibility as it stands, but for what is in the elements `except`. */
export async function expectAccessible(page: Page, except: string[] = []): Promise<void> {
  const reducedMotion = await page.evaluate(() => (matchMedia('(prefers-reduced-motion: reduce)').matches ? 'reduce' : null));
  // The clock runs on while axe looks: a card that is just fading in would be a contrast too low.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await settle(page);
  // No preload: axe would fetch style sheets and insert them, against the page's policy; no rule that is on needs it.
  const axe = new AxeBuilder({ page }).options({ preload: false });
  const { violations } = await except.reduce((axe, selector) => axe.exclude(selector), axe).analyze();
  await page.emulateMedia({ reducedMotion });
  // Cards fade in once more.
  await settle(page);
  const found = violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ target }) => target.join(' ')) }));
  expect(found, 'violations that axe found').toEqual([]);
}

type Instance = { exports: WebAssembly.Exports };

declare global {
  interface Window {
    /** The page's instance of its code (of the first part), if it is kept. */
    kept?: Instance;
  }
}

/** From the next loading on, the page's instance of its code can be found as `window.kept`. */
export async function keepInstance(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const instantiate = WebAssembly.instantiate as (...given: unknown[]) => Promise<Instance>;
    const keep = async (...given: unknown[]) => (window.kept = await instantiate(...given));
    Object.assign(WebAssembly, { instantiate: keep });
  });
}
