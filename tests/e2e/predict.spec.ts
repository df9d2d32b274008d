// Import and predict: a dump becomes a world, a change an answer; the page stays as it is until it is told otherwise.
import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, open, settle, test } from './fixtures';

const IMAGE = 'kubectl set image sts/web nginx=nginx';

/** A set of five in namespace prod at rest, as `kubectl get sts,svc,pod -o json` shows it to somebody who may see no more. */
function dump(): string {
  const name = 'web';
  const labels = { app: name };
  const revision = 'web-6d4cf56db6';
  const at = '2026-03-02T08:00:00Z';
  const spec = { containers: [{ name: 'nginx', image: 'nginx:1.26' }] };
  const meta = (name: string, more: object) => ({ name, namespace: 'prod', creationTimestamp: at, ...more });
  const yes = (type: string) => ({ type, status: 'True', lastTransitionTime: at });
  const pod = (ordinal: number) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(`web-${ordinal}`, {
      uid: `00000000-0000-4000-8000-00000000000${ordinal}`,
      labels: { ...labels, 'controller-revision-hash': revision, 'statefulset.kubernetes.io/pod-name': `web-${ordinal}`, 'apps.kubernetes.io/pod-index': `${ordinal}` },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: '00000000-0000-4000-8000-00000000000a', controller: true, blockOwnerDeletion: true }],
    }),
    spec: { ...spec, hostname: `web-${ordinal}`, subdomain: name, nodeName: `gke-pool-1-${ordinal % 3}` },
    status: {
      phase: 'Running',
      startTime: at,
      hostIP: `10.128.0.${ordinal % 3}`,
      podIP: `10.4.${ordinal % 3}.${10 + ordinal}`,
      podIPs: [{ ip: `10.4.${ordinal % 3}.${10 + ordinal}` }],
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(yes),
      containerStatuses: [{ name: 'nginx', image: 'nginx:1.26', imageID: 'sha256:1', containerID: 'containerd://1', ready: true, started: true, restartCount: 0, state: { running: { startedAt: at } } }],
    },
  });
  const counts = { replicas: 5, readyReplicas: 5, availableReplicas: 5, currentReplicas: 5, updatedReplicas: 5 };
  const set = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: meta(name, { uid: '00000000-0000-4000-8000-00000000000a', generation: 1 }),
    spec: {
      replicas: 5,
      serviceName: name,
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } },
      template: { metadata: { labels }, spec },
    },
    status: { observedGeneration: 1, ...counts, currentRevision: revision, updateRevision: revision },
  };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: meta(name, {}), spec: { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', selector: labels, ports: [{ port: 80 }] } };
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: meta(name, {}), spec: { minAvailable: 4 } };
  const items = [set, service, budget, ...[0, 1, 2, 3, 4].map(pod)];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2);
}

/** Opens the panel and gives it the dump. */
async function imported(page: Page, server = 'v1.34.3-gke.100'): Promise<Locator> {
  await open(page);
  await page.getByRole('button', { name: 'Import / Predict…' }).click();
  await page.getByLabel('Objects, as YAML or JSON').fill(dump());
  await page.getByLabel(/^Server version/).fill(server);
  await page.getByRole('button', { name: 'Read', exact: true }).click();
  await expect(page.getByTestId('read')).toContainText('7 objects are read');
  await expect(page.getByTestId('read')).not.toContainText('would refuse');
  await expect(page.getByTestId('read')).toContainText('PodDisruptionBudget web (policy/v1) is left out');
  return page.getByRole('dialog', { name: 'Import a cluster, predict a change' });
}

async function predict(dialog: Locator, change: string): Promise<void> {
  await dialog.getByLabel('Manifest or commands').fill(change);
  await dialog.getByRole('button', { name: 'Predict', exact: true }).click();
}

/** How much wider what is in the dialog is than the dialog. */
async function overflow(dialog: Locator): Promise<number> {
  return dialog.evaluate((e) => Math.max(...[e, ...e.querySelectorAll('.predict-ask, .predict-answer, .predict-body')].map((e) => e.scrollWidth - e.clientWidth)));
}

test('a prediction is made while the clock stands', async ({ page }) => {
  const dialog = await imported(page);
  await dialog.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Import / Predict…' }).click();
  await predict(dialog, `${IMAGE}:v2`);
  await expect(dialog.getByTestId('outcome')).toHaveText('✓ goes through');
});

for (const [name, width, height] of [['wide', 1440, 900], ['tablet', 1024, 768], ['phone', 360, 740]] as const) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${name}, ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme });
      test('the answer comes first, and everything is accessible', async ({ page }) => {
        const dialog = await imported(page);
        await predict(dialog, `${IMAGE}:v2`);
        await expect(dialog.getByTestId('course')).toHaveText('web replaces 4, then 3; 0–2 stay; stops if 4 is not Ready');
        await expect(dialog.getByTestId('outcome')).toHaveText('✓ goes through');
        await expect(dialog.getByRole('heading', { name: 'What happens', exact: true })).toBeFocused();
        await expect(dialog.getByTestId('course')).toBeInViewport();
        await expectAccessible(page);
        await page.screenshot({ path: `output/states/predict-${name}-${colorScheme}.png` });
        expect(await overflow(dialog)).toBeLessThanOrEqual(0);

        await predict(dialog, `${IMAGE}:bad`);
        await expect(dialog.getByTestId('outcome')).toHaveText('■ gets stuck');
        await expect(dialog.getByTestId('stuck')).toContainText('ImagePullBackOff');
        await expectAccessible(page);
        await page.screenshot({ path: `output/states/predict-stuck-${name}-${colorScheme}.png` });
        if (name !== 'phone') return;
        const small = await dialog.evaluate((e) => {
          const shown = [...e.querySelectorAll<HTMLElement>('button, summary, input')].filter((e) => e.checkVisibility());
          return shown.filter((e) => e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML.slice(0, 80));
        });
        expect(small).toEqual([]);
        await dialog.evaluate((e) => e.querySelector('.predict-body')!.scrollTo(0, 0));
        await settle(page);
        await page.screenshot({ path: `output/states/predict-top-${colorScheme}.png` });
      });
    });
  }
}

for (const [name, width, height] of [['wide', 1440, 900], ['phone', 360, 740]] as const) {
  test.describe(`in Chinese, ${name}`, () => {
    test.use({ viewport: { width, height }, locale: 'zh-CN' });
    test('everything but kubectl is in Chinese', async ({ page }) => {
      await open(page);
      await page.getByRole('button', { name: '导入 / 预测…' }).click();
      const dialog = page.getByRole('dialog', { name: '导入集群，预测变更' });
      await dialog.getByLabel('清单或命令').fill('kubectl scale sts nope --replicas=3');
      await dialog.getByRole('button', { name: '预测', exact: true }).click();
      await expect(dialog.getByTestId('outcome')).toHaveText('✕ 被拒绝');
      await expect(dialog.locator('.predict-said')).toContainText('Error from server (NotFound)');
      await expectAccessible(page);
      await page.screenshot({ path: `output/states/predict-zh-${name}.png` });
      expect(await overflow(dialog)).toBeLessThanOrEqual(0);
    });
  });
}

test('the change is played in the imported world, and there is a way back', async ({ page }) => {
  const dialog = await imported(page, '');
  await predict(dialog, `${IMAGE}:v2`);
  await dialog.getByRole('button', { name: 'Play this change' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('log')).toContainText('statefulset.apps/web image updated');
  await expect(page.getByLabel('Start from')).toHaveValue('imported');
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/predict-played.png' });
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByRole('dialog', { name: 'Share' })).toContainText('objects that you imported');
  await page.keyboard.press('Escape');
  await page.getByTestId('imported').getByRole('button', { name: 'Back to my world' }).click();
  await expect(page.getByLabel('Start from')).toHaveValue('manifest');
  await expect(page.getByRole('log')).not.toContainText('image updated');
  await expect(page.getByTestId('imported')).toBeHidden();
});

test('the answer is copied as markdown', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const dialog = await imported(page);
  await predict(dialog, 'kubectl scale sts web --replicas=1');
  await dialog.getByRole('button', { name: 'Copy as markdown' }).click();
  await expect(dialog.getByText('Copied.')).toBeVisible();
  const markdown = await page.evaluate(() => navigator.clipboard.readText());
  expect(markdown).toContain('**goes through**');
  expect(markdown).toContain('- `web` removes 4, then 3, then 2, then 1; 0 stays');
  expect(markdown).toContain('| Time | Object | What happens | Only once |');
});

test('a broken dump says where, nothing is tried without it, and the keyboard alone is enough', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Import / Predict…' }).press('Enter');
  const text = page.getByLabel('Objects, as YAML or JSON');
  await text.fill('apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: many}\n');
  await page.getByLabel('Manifest or commands').fill('kubectl delete pod --all');
  await expect(page.getByTestId('read')).toContainText(/Line 4: .*Nothing was changed\./);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Nothing was predicted: the dump could not be read.')).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/predict-broken.png' });
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('button', { name: 'Import / Predict…' }).click();
  await expect(text).toHaveValue(/kind: Pod/);
});

test('a file is dropped, and one that is too large is refused', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Import / Predict…' }).click();
  const drop = (bytes: number) =>
    page.locator('#predict-dump').evaluate((field, bytes) => {
      const dataTransfer = new DataTransfer();
      const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
      dataTransfer.items.add(new File([text.padEnd(bytes, ' ')], 'dump.yaml'));
      field.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, bytes);
  await drop(0);
  await expect(page.getByTestId('read')).toContainText('1 object is read');
  await drop((4 << 20) + 1);
  await expect(page.getByTestId('read')).toContainText('at most 4 MiB are read');
});
