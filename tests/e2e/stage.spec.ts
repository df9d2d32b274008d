// The stage: menus that type commands, faults, nodes, names, several sets, many replicas and how quick they are.
import type { Page } from '@playwright/test';
import { expect, expectAccessible, open, settle, test } from './fixtures';

const log = (page: Page) => page.getByRole('log');
const pod = (page: Page, name: string) => page.locator(`[data-pod="${name}"]`);

async function type(page: Page, line: string): Promise<void> {
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill(line);
  await prompt.press('Enter');
}

async function quiet(page: Page): Promise<void> {
  await page.getByTestId('quiet').click();
  await expect(page.getByTestId('play')).toHaveAccessibleName('Play', { timeout: 60_000 });
}

async function applied(page: Page): Promise<void> {
  await open(page);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await quiet(page);
}

const web = (replicas: number) => `kubectl apply -f - <<EOF
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  podManagementPolicy: Parallel
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx:1.25}]}
EOF`;

test('a Deployment has a card of its own, and its controls type commands', async ({ page }) => {
  await open(page);
  await type(page, 'kubectl create deploy cattle --image=nginx:1.25 --replicas=2');
  const cattle = page.getByRole('region', { name: 'cattle' });
  await expect(cattle).toContainText('2/2 ready');
  await expectAccessible(page);
  await cattle.getByTestId('deployment-replicas-more').click();
  await expect(page.getByRole('log')).toContainText('kubectl scale deploy cattle --replicas=3');
  await expect(cattle.locator('[data-pod]')).toHaveCount(3);
  await cattle.getByRole('button', { name: 'More for cattle' }).click();
  await cattle.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(cattle).toHaveCount(0);
});

test('menus type kubectl, faults show as faults, the keyboard reaches all', async ({ page }) => {
  await applied(page);
  await page.getByTestId('menu-myapp-1').focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('button', { name: 'Delete pod' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Let readiness fail' }).click();
  await expect(log(page)).toContainText('# fault: readiness of default/myapp-1 fails');
  await page.getByRole('button', { name: '10×' }).click();
  await page.getByTestId('play').click();
  await expect(page.getByTestId('why')).toHaveAttribute('data-kind', 'stuck');
  await page.getByTestId('heal').click();
  await expect(pod(page, 'myapp-1')).toContainText('1/1');
  await page.getByTestId('set-menu').click();
  await page.getByRole('button', { name: 'Restart all pods' }).click();
  await expect(log(page)).toContainText('kubectl rollout restart sts/myapp');
  await page.getByTestId('set-menu').click();
  await page.getByRole('button', { name: 'Make again as Parallel…' }).click();
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await expect(prompt).toBeFocused();
  await expect(prompt).toHaveValue(/--cascade=orphan && kubectl apply -f - <<'EOF'[^]*podManagementPolicy: Parallel/);
});

test('the nodes tab stops a node and says what is on it', async ({ page }) => {
  await applied(page);
  await page.getByRole('tab', { name: /Nodes/ }).click();
  await expect(page.locator('[data-node]')).toHaveCount(3);
  await page.getByTestId('menu-node-1').click();
  await page.getByRole('button', { name: 'Pull the plug' }).click();
  await expect(page.locator('[data-node="node-1"]')).toHaveAttribute('data-down', 'true');
  await expect(log(page)).toContainText('# fault: node-1 is down');
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/nodes.png' });
});

test('a name is looked up from a pod, and its parts are told apart', async ({ page }) => {
  await applied(page);
  await page.getByRole('tab', { name: 'DNS zone' }).click();
  await page.getByTestId('lookup-name').fill('myapp-1.myapp-svc');
  await expect(page.getByTestId('lookup-tried')).toContainText('myapp-1.myapp-svc.default.svc.cluster.local → 10.244.');
  await expect(page.locator('.lookup-parts dt')).toHaveText(['pod', 'Service', 'namespace', "cluster's domain"]);
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/dns.png' });
  await page.getByRole('button', { name: 'Ask in the terminal' }).click();
  await expect(log(page)).toContainText('nslookup myapp-1.myapp-svc');
});

test('the partition moves by keys, outlines what would be replaced, and is one command', async ({ page }) => {
  await applied(page);
  await type(page, 'kubectl scale sts myapp --replicas=4');
  await quiet(page);
  await type(page, `kubectl patch sts myapp -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":4}}}}'`);
  await type(page, 'kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2');
  await quiet(page);
  const handle = page.getByTestId('partition-handle');
  await handle.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('[data-replaced]')).toHaveCount(2);
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-replaced]')).toHaveCount(0);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(log(page)).toContainText('"partition":3');
  await quiet(page);
  await expect(pod(page, 'myapp-3')).toContainText('myapp:v2');
});

test('two presses of + while a command runs ask for two more', async ({ page }) => {
  await applied(page);
  await type(page, 'sleep 5');
  await page.getByTestId('replicas-more').click();
  await expect(page.getByTestId('replicas')).toHaveText('3');
  await page.getByTestId('replicas-more').click();
  await expect(page.getByTestId('replicas')).toHaveText('4');
  await quiet(page);
  await expect(log(page)).toContainText('kubectl scale sts myapp --replicas=4');
  await expect(pod(page, 'myapp-3')).toBeVisible();
});

test('a thousand pods: a strip of all, columns for a part, and frames in time', async ({ page }) => {
  test.setTimeout(180_000);
  await open(page);
  await page.getByLabel('Start from').selectOption({ label: 'Empty cluster, 100 nodes' });
  await type(page, web(1000));
  await page.getByRole('button', { name: '60×' }).click();
  await expect(page.getByTestId('ready')).toHaveText('1000/1000 ready', { timeout: 120_000 });
  await expect(page.locator('[data-pod]')).toHaveCount(8);
  const heat = page.getByTestId('heat');
  await heat.focus();
  await page.keyboard.press('End');
  await expect(pod(page, 'web-999')).toBeVisible();
  await expect(heat).toHaveAttribute('aria-valuetext', 'ordinals 992 to 999 of 1000');
  await expectAccessible(page);
  await page.getByTestId('follow').click();
  await page.getByRole('button', { name: '1×', exact: true }).click();
  await type(page, 'kubectl set image sts/web c=nginx:1.27');
  const frames = await page.evaluate(async () => {
    const times: number[] = [];
    let last = await new Promise<number>(requestAnimationFrame);
    for (let n = 0; n < 300; n += 1) {
      const now = await new Promise<number>(requestAnimationFrame);
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b);
  });
  await page.screenshot({ path: 'output/states/thousand.png' });
  const at = (share: number) => frames[Math.floor(frames.length * share)];
  console.log(`1,000 pods updating: frames p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms`);
  await settle(page);
});
