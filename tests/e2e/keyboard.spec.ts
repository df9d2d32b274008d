// The seed tutorial with the keyboard alone: everything is reached, the focus is always seen and never lost.
import type { Locator, Page } from '@playwright/test';
import { expect, open, test } from './fixtures';

/** Most stops from one end of the page to the other. */
const STOPS = 150;

/** What has the focus, in words, if one can see that; else what is wrong. */
async function focus(page: Page): Promise<{ at: string; seen: boolean }> {
  return page.evaluate(() => {
    let at = document.activeElement!;
    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    const name = [at.tagName.toLowerCase(), at.id, at.getAttribute('aria-label') ?? at.textContent!.trim().slice(0, 40)].join(' ');
    const box = at.getBoundingClientRect();
    const inWindow = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const isOutlined = (style: CSSStyleDeclaration) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    // It is around the element itself, around what stands for it, or around what it fills.
    const around: Element[] = [];
    for (let element: Element | null = at; element && around.length < 5; ) {
      around.push(element);
      const root = element.getRootNode();
      element = element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
    }
    const outlined =
      around.some((element) => isOutlined(getComputedStyle(element))) ||
      isOutlined(getComputedStyle(at, '::after')) ||
      getComputedStyle(at.closest('.terminal-prompt') ?? document.body).boxShadow !== 'none';
    return { at: name, seen: at !== document.body && inWindow && outlined };
  });
}

async function press(page: Page, key: string): Promise<void> {
  await page.keyboard.press(key);
  const { at, seen } = await focus(page);
  expect(seen, `after ${key} the focus is seen at: ${at}`).toBe(true);
}

/** Goes along the stops of the Tab key until it is there; of an open dialog, beyond its end to its begin. */
async function go(page: Page, key: 'Tab' | 'Shift+Tab', to: Locator): Promise<void> {
  for (let stops = 0; stops < STOPS; stops += 1) {
    await page.keyboard.press(key);
    // Behind the last stop of a dialog come the browser's own.
    const isBrowsers = await page.evaluate(() => document.activeElement === document.body && document.querySelector('dialog[open]') !== null);
    if (isBrowsers) continue;
    const { at, seen } = await focus(page);
    expect(seen, `after ${key} the focus is seen at: ${at}`).toBe(true);
    if (await to.evaluate((element) => element.matches(':focus')).catch(() => false)) return;
  }
  await expect(to, `${key} leads there`).toBeFocused();
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const prompt = (page: Page) => page.getByRole('textbox', { name: 'Command line' });
const pod = (page: Page, ordinal: number) => page.locator(`[data-pod="myapp-${ordinal}"]`);

/** Types a line where the prompt has the focus, and waits until it is free again. */
async function type(page: Page, line: string, printed: string | RegExp): Promise<void> {
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.type(line);
  await press(page, 'Enter');
  await expect(page.getByRole('log')).toContainText(printed);
  await expect(button(page, 'Stop')).toHaveCount(0);
}

test.beforeEach(({ page }) => {
  const refuse = () => Promise.reject(new Error('this is done with the keyboard'));
  Object.assign(page.mouse, { click: refuse, move: refuse, down: refuse });
});

test('the seed with the keyboard alone', async ({ page }) => {
  test.setTimeout(600_000);
  await open(page);

  // Apply, and time at ten times its pace.
  await go(page, 'Tab', button(page, 'Apply'));
  await press(page, 'Enter');
  await go(page, 'Tab', button(page, '10×'));
  await press(page, 'Enter');
  for (const ordinal of [0, 1]) await expect(pod(page, ordinal)).toHaveAttribute('data-status', 'Running');

  // Names that stay.
  await go(page, 'Shift+Tab', prompt(page));
  await type(page, 'kubectl get pvc', /myappdata-myapp-1\s+Bound/);
  await type(page, 'kubectl exec -it myapp-0 -- nslookup myapp-1.myapp-svc.default.svc.cluster.local', /Address 1: 10\.244\./);

  // Up to five with the strip's button.
  const more = page.getByTestId('replicas-more');
  await go(page, 'Tab', more);
  for (const replicas of [3, 4, 5]) {
    await press(page, 'Enter');
    await expect(page.getByTestId('replicas')).toHaveText(String(replicas));
  }
  await expect(pod(page, 4)).toHaveAttribute('data-status', 'Running');
  await expect(more).toBeFocused();

  // The partition to 3, in two ways: one left too far and taken back, one let go.
  const handle = page.getByTestId('partition-handle');
  await go(page, 'Tab', handle);
  await press(page, 'End');
  await press(page, 'Escape');
  await expect(handle).toHaveAttribute('aria-valuenow', '0');
  for (let step = 0; step < 3; step += 1) await press(page, 'ArrowRight');
  await press(page, 'Enter');
  await expect(page.getByTestId('partition')).toHaveText('3');

  // A pod is asked about, and its menu opened and left.
  const card = pod(page, 3).getByRole('button', { name: 'myapp-3', exact: true });
  await go(page, 'Shift+Tab', card);
  await press(page, 'Enter');
  await expect(pod(page, 3)).toHaveAttribute('data-selected', 'true');
  await expect(page.getByTestId('why')).toContainText('myapp-3');
  await press(page, 'Enter');
  await expect(pod(page, 3)).not.toHaveAttribute('data-selected', 'true');
  const menu = page.getByTestId('menu-myapp-3');
  await go(page, 'Tab', menu);
  await press(page, 'Enter');
  await press(page, 'ArrowDown');
  await expect(button(page, 'Delete pod')).toBeFocused();
  await press(page, 'Escape');
  await expect(menu).toBeFocused();

  // Another image: only the pods from the partition up get it.
  const setImage = page.getByTestId('set-image');
  await go(page, 'Shift+Tab', setImage);
  await press(page, 'Enter');
  await expect(page.getByRole('textbox', { name: 'Image' })).toBeFocused();
  await press(page, 'Escape');
  await expect(setImage).toBeFocused();
  await press(page, 'Enter');
  await press(page, 'Control+a');
  await page.keyboard.type('ikubernetes/myapp:v2');
  await press(page, 'Enter');
  await expect(setImage).toBeFocused();
  for (const [ordinal, revision] of [[4, 'r2'], [3, 'r2'], [2, 'r1']] as const) {
    await expect(pod(page, ordinal)).toContainText(`${revision} · myapp:${revision === 'r2' ? 'v2' : 'v1'}`);
    await expect(pod(page, ordinal)).toHaveAttribute('data-status', 'Running');
  }

  // Back in time, and back to now.
  const track = page.getByTestId('track');
  await go(page, 'Tab', track);
  await press(page, 'Home');
  await expect(page.locator('[data-pod]')).toHaveCount(0);
  await press(page, 'ArrowRight');
  await go(page, 'Shift+Tab', page.getByTestId('live'));
  await press(page, 'Enter');
  await expect(page.getByTestId('past')).toHaveCount(0);
  await expect(track).toBeFocused();
  await expect(page.locator('[data-pod]')).toHaveCount(5);

  // Down to two, from the top.
  await go(page, 'Shift+Tab', prompt(page));
  await type(page, 'kubectl scale sts myapp --replicas=2', 'statefulset.apps/myapp scaled');
  await expect(page.locator('[data-pod]')).toHaveCount(2);
  await type(page, "for p in `seq 0 1`; do kubectl get po myapp-$p --template '{{range .spec.containers}}{{.image}}{{end}}'; echo; done", 'ikubernetes/myapp:v1');
});

for (const opener of ['Help', 'Share', 'Import / Predict…']) {
  test(`${opener}: the dialog keeps the focus inside, and gives it back`, async ({ page }) => {
    await open(page);
    const opening = button(page, opener);
    await go(page, 'Tab', opening);
    for (const close of ['Escape', 'button']) {
      await press(page, 'Enter');
      await expect(page.getByRole('dialog')).toBeVisible();
      const closing = page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true });
      if (close === 'Escape') {
        await press(page, 'Tab');
        await press(page, 'Escape');
      } else {
        await go(page, 'Tab', closing);
        await press(page, 'Enter');
      }
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await expect(opening).toBeFocused();
    }
  });
}

test('what is closed leaves the focus at the command line', async ({ page }) => {
  await page.goto('./#g=broken');
  const closing = page.getByTestId('kept').getByRole('button', { name: 'Close' });
  await expect(closing).toBeVisible();
  await go(page, 'Tab', closing);
  await page.keyboard.press('Enter');
  await expect(closing).toHaveCount(0);
  await expect(prompt(page)).toBeFocused();
});

test('what a menu does leaves the focus at its button', async ({ page }) => {
  await open(page);
  await go(page, 'Tab', button(page, 'New file from a template'));
  await press(page, 'Enter');
  await press(page, 'ArrowDown');
  await press(page, 'Enter');
  await expect(page.getByRole('tab', { name: 'web.yaml' })).toBeVisible();
  await expect(button(page, 'New file from a template')).toBeFocused();
});
