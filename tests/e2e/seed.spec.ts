// The seed tutorial in the page: paste, apply, watch, scale, partition, update, scale down; and what must never break it.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, open, settle, test } from './fixtures';

const manifest = readFileSync(
  new URL('../../crates/session/src/worlds/stateful-demo.yaml', import.meta.url),
  'utf8',
);

/** A line of what the page showed of pods: `myapp-0 Running`, or `myapp-0 gone`. */
type Sighting = string;

/** Notes every change of every pod's card from now on, in order. */
async function watchPods(page: Page): Promise<() => Promise<Sighting[]>> {
  await page.evaluate(() => {
    const seen = new Map<string, string>();
    const sightings: string[] = [];
    const look = () => {
      const now = new Map<string, string>();
      for (const card of document.querySelectorAll<HTMLElement>('[data-pod]')) {
        now.set(card.dataset.pod!, card.dataset.status!);
      }
      for (const [pod, status] of now) {
        if (seen.get(pod) !== status) sightings.push(`${pod} ${status}`);
      }
      for (const pod of seen.keys()) {
        if (!now.has(pod)) sightings.push(`${pod} gone`);
      }
      seen.clear();
      now.forEach((status, pod) => seen.set(pod, status));
    };
    look();
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    Object.assign(window, { sightings });
  });
  return () => page.evaluate(() => (window as unknown as { sightings: string[] }).sightings);
}

function pod(page: Page, ordinal: number) {
  return page.locator(`[data-pod="myapp-${ordinal}"]`);
}

/** Types a command line and waits until the prompt is free again. */
async function type(page: Page, line: string): Promise<void> {
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill(line);
  await prompt.press('Enter');
}

/** Time at ten times its pace, so that a test need not wait like a person. */
async function hurry(page: Page): Promise<void> {
  await page.getByRole('button', { name: '10×' }).click();
}

async function applied(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  for (const ordinal of [0, 1]) {
    await expect(pod(page, ordinal)).toHaveAttribute('data-status', 'Running');
  }
}

test('the seed: born in order, scaled, updated above the partition, scaled down from the top', async ({ page }) => {
  await open(page);
  await page.getByRole('textbox', { name: 'stateful-demo.yaml' }).fill(manifest);
  await hurry(page);
  const sightings = await watchPods(page);

  await applied(page);
  const births = await sightings();
  expect(births.indexOf('myapp-0 Running')).toBeGreaterThanOrEqual(0);
  const second = births.findIndex((line) => line.startsWith('myapp-1 '));
  expect(births.indexOf('myapp-0 Running')).toBeLessThan(second);
  for (const [claim, volume] of [['myappdata-myapp-0', 'pv002'], ['myappdata-myapp-1', 'pv001']]) {
    await expect(page.locator(`[data-claim="${claim}"]`)).toHaveAttribute('data-status', 'Bound');
    await expect(page.locator(`[data-volume="${volume}"]`)).toContainText('5Gi');
  }
  await expect(page.locator('[data-dns^="myapp-1.myapp-svc"]')).toContainText(/10\.244\.\d+\.\d+/);
  await expectAccessible(page);

  for (const replicas of [3, 4, 5]) {
    await page.getByTestId('replicas-more').click();
    await expect(page.getByTestId('replicas')).toHaveText(String(replicas));
  }
  await expect(pod(page, 4)).toHaveAttribute('data-status', 'Running');
  await expect(page.getByRole('log')).toContainText('kubectl scale sts myapp --replicas=5');

  for (let partition = 1; partition <= 3; partition += 1) {
    await page.getByTestId('partition-more').click();
    await expect(page.getByTestId('partition').first()).toHaveText(String(partition));
  }
  await page.getByTestId('set-image').click();
  await page.getByRole('textbox', { name: 'Image' }).fill('ikubernetes/myapp:v2');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  for (const [ordinal, revision] of [[4, 'r2'], [3, 'r2'], [2, 'r1'], [1, 'r1'], [0, 'r1']] as const) {
    await expect(pod(page, ordinal)).toContainText(`${revision} · myapp:${revision === 'r2' ? 'v2' : 'v1'}`);
    await expect(pod(page, ordinal)).toHaveAttribute('data-status', 'Running');
  }
  await expectAccessible(page);

  const before = (await sightings()).length;
  await type(page, 'kubectl scale sts myapp --replicas=2');
  await expect(page.locator('[data-pod]')).toHaveCount(2);
  const deaths = (await sightings()).slice(before).filter((line) => line.endsWith(' gone'));
  expect(deaths).toEqual(['myapp-4 gone', 'myapp-3 gone', 'myapp-2 gone']);
  for (let ordinal = 0; ordinal < 5; ordinal += 1) {
    await expect(page.locator(`[data-claim="myappdata-myapp-${ordinal}"]`)).toHaveAttribute('data-status', 'Bound');
  }
});

test('from the top: what is in use stays, and the command waits until its user goes', async ({ page }) => {
  await open(page);
  await page.getByLabel('Start from').selectOption({ label: 'Tutorial from the top' });
  await hurry(page);
  await type(page, 'kubectl delete pvc mypvc');
  const log = page.getByRole('log');
  await expect(log).toContainText('persistentvolumeclaim "mypvc" deleted from default namespace');
  const stop = page.getByRole('button', { name: 'Stop' });
  await expect(stop).toBeVisible();
  await stop.click();
  await type(page, 'kubectl describe pvc mypvc');
  await expect(log).toContainText(/Used By:\s+pod-vol-pvc/);
  await type(page, 'kubectl delete pod pod-vol-pvc');
  await expect(page.locator('[data-claim="mypvc"]')).toHaveCount(0);
  await expect(page.locator('[data-volume="pv004"]')).toContainText('Released');
});

const broken: [string, string, string][] = [
  ['a syntax error', 'apiVersion: v1\nkind: Service\nmetadata: {name: x\n', "did not find expected ',' or '}'"],
  ['an unknown field', manifest.replace('replicas: 2', 'replica: 2'), 'unknown field "spec.replica"'],
  ['a wrong type', manifest.replace('replicas: 2', 'replicas: two'), 'cannot unmarshal string into Go struct field'],
  ['an unknown kind', 'apiVersion: v1\nkind: Foo\nmetadata:\n  name: x\n', 'no matches for kind "Foo" in version "v1"'],
  ['nothing', '# nothing\n', 'error: no objects passed to apply'],
  ['2 MB', `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: big\ndata:\n  a: "${'x'.repeat(2_000_000)}"\n`, 'Request entity too large'],
  ['deep nesting', `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: deep\nx: ${'{a: '.repeat(12_000)}1${'}'.repeat(12_000)}\n`, 'exceeded max depth of 10000'],
  ['an alias bomb', `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: lol\nx0: &x0 lol\n${Array.from({ length: 9 }, (_, n) => `x${n + 1}: &x${n + 1} [${Array(10).fill(`*x${n}`).join(',')}]\n`).join('')}`, 'document contains excessive aliasing'],
];

for (const [what, text, message] of broken) {
  test(`bad input: ${what} is told what is wrong, and the page goes on`, async ({ page }) => {
    await open(page);
    await page.getByRole('textbox', { name: 'stateful-demo.yaml' }).fill(text);
    await page.getByRole('button', { name: 'Apply', exact: true }).click();
    await expect(page.getByRole('log')).toContainText(message);
    await expect(page.locator('[data-pod]')).toHaveCount(0);
    await type(page, 'kubectl get pv');
    await expect(page.getByRole('log')).toContainText('pv005');
  });
}

for (const [width, height] of [[1440, 900], [1024, 768], [768, 1024], [360, 740]]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme });
      test('accessible, and nothing wider than the window', async ({ page }) => {
        await open(page);
        await hurry(page);
        const panes = page.getByRole('navigation', { name: 'Panes' });
        const narrow = await panes.isVisible();
        if (narrow) await panes.getByRole('button', { name: 'Terminal' }).click();
        await type(page, 'kubectl apply -f stateful-demo.yaml');
        if (narrow) await panes.getByRole('button', { name: 'Stage' }).click();
        await expect(pod(page, 1)).toHaveAttribute('data-status', 'Running');
        await expectAccessible(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
      });
    });
  }
}

test('the picture for the README', async ({ page }, info) => {
  await open(page);
  await hurry(page);
  await applied(page);
  for (const line of [
    'kubectl scale sts myapp --replicas=5',
    `kubectl patch sts myapp -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":3}}}}'`,
    'kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2',
  ]) {
    await type(page, line);
    await expect(pod(page, 4)).toHaveAttribute('data-status', 'Running');
  }
  await expect(pod(page, 3)).toContainText('r2');
  await expect(pod(page, 3)).toHaveAttribute('data-status', 'Running');
  await settle(page);
  await page.screenshot({ path: info.outputPath('playground.png') });
});
