// What people do every day. `cargo xtask dist` does it with a page that notes which of its code runs: that is the part
// that is loaded first (PETSET_RECORD names the file that it is added to). Done with the built page, it must work as ever.
// Which code a frame runs depends on when it comes, so a moment that no recording met may need the other part: it is told
// when. What people come to later (a mistake, a patch, a template) is there by then.
import { appendFileSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, keepInstance, open, rewrite, test } from './fixtures';

const record = process.env.PETSET_RECORD;

/** What was done last: a line that was typed, or Apply. */
let lastLine: string;

/** Types a command line, and waits until the prompt is free again. */
async function run(page: Page, line: string): Promise<void> {
  lastLine = line;
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill(line);
  await prompt.press('Enter');
  await expect(page.getByRole('log').getByText(line, { exact: false }).last()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
}

/** Waits until so many pods run. */
async function running(page: Page, pods: number): Promise<void> {
  // A page that notes what runs is slow.
  const timeout = 30_000;
  await expect(page.locator('[data-pod]')).toHaveCount(pods, { timeout });
  await expect(page.locator('[data-pod][data-status=Running]')).toHaveCount(pods, { timeout });
}

/** Opens the page, and hands on after which lines it will have needed its second part. */
async function begin(page: Page): Promise<string[]> {
  test.slow();
  if (record) await keepInstance(page);
  const needed: string[] = [];
  lastLine = 'Apply';
  // The second part never comes when it is fetched ahead; a call for it blocks, which only an XHR can.
  await page.route('**/lazy/second.wasm', async (route) => {
    if (route.request().resourceType() !== 'xhr') return;
    needed.push(lastLine);
    await route.continue();
  });
  await open(page);
  return needed;
}

/** Records what ran, or tells what was needed. */
async function end(page: Page, needed: string[]): Promise<void> {
  if (record) appendFileSync(record, (await whatRan(page)).map((number) => `${number}\n`).join(''));
  else console.log(`lines after which the second part was needed: ${needed.join(', ') || 'none'}`);
}

test('what people do every day needs no more than what is loaded first', async ({ page }) => {
  const needed = await begin(page);
  // Nobody acts at once: what the cluster does by itself is seen first.
  await page.waitForTimeout(3000);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await running(page, 2);
  await everyday(page);
  await end(page, needed);
});

// For what is recorded: a page that notes what runs draws too few frames to meet all that others see.
test('an apply goes event by event to running pods', async ({ page }) => {
  const needed = await begin(page);
  await page.getByTestId('play').click();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  const pods = page.locator('[data-pod][data-status=Running]');
  for (let step = 0; step < 300 && (await pods.count()) < 2; step += 1) await page.getByTestId('step').click();
  await expect(pods).toHaveCount(2);
  await end(page, needed);
});

async function everyday(page: Page): Promise<void> {
  // As a person types, key by key, and goes back to the line before.
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.click();
  await page.keyboard.type('kubectl get po');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('button', { name: '10×' }).click();
  for (const line of [
    'kubectl get pods',
    'kubectl get pods -o wide',
    'kubectl get pvc',
    'kubectl get pv',
    'kubectl get sts -owide',
    'kubectl get svc',
    'kubectl get all',
    'kubectl exec -it myapp-0 -- nslookup myapp-1.myapp-svc.default.svc.cluster.local',
    'kubectl delete pod myapp-0',
  ]) {
    await run(page, line);
  }
  await running(page, 2);

  // The strip.
  await page.getByTestId('replicas-more').click();
  await running(page, 3);
  await page.getByTestId('partition-more').click();
  await expect(page.getByTestId('partition').first()).toHaveText('1');
  await page.getByTestId('set-image').click();
  await page.getByRole('textbox', { name: 'Image' }).fill('ikubernetes/myapp:v2');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(page.locator('[data-pod=myapp-1]')).toContainText('myapp:v2');
  await running(page, 3);

  // A card and the timeline. The other tabs are come to later, like templates.
  await page.locator('[data-pod=myapp-1]').click();
  await page.getByTestId('play').click();
  await page.getByTestId('step').click();
  await page.getByTestId('play').click();

  // The seed.
  await run(page, 'kubectl scale sts myapp --replicas=4');
  await running(page, 4);
  await run(page, 'kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v3');
  await expect(page.locator('[data-pod=myapp-3]')).toContainText('myapp:v3');
  await running(page, 4);
  await run(page, 'kubectl scale sts myapp --replicas=2');
  await running(page, 2);

  // A change in the editor.
  const editor = page.getByRole('textbox', { name: 'stateful-demo.yaml' });
  const manifest = readFileSync(new URL('../../crates/session/src/worlds/stateful-demo.yaml', import.meta.url), 'utf8');
  await rewrite(editor, manifest.replace('replicas: 2', 'replicas: 3'));
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await running(page, 3);
  await run(page, 'kubectl delete -f stateful-demo.yaml');
  await expect(page.locator('[data-pod]')).toHaveCount(0);
  await run(page, 'kubectl create -f stateful-demo.yaml');
  await running(page, 3);
}

/** The numbers of the stretches of code that ran: what xtask's `marks.rs` notes in the memory. */
async function whatRan(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const { memory, ran, stretches } = window.kept!.exports as Record<'ran' | 'stretches', WebAssembly.Global> & {
      memory: WebAssembly.Memory;
    };
    const notes = new Uint8Array(memory.buffer, ran.value, stretches.value);
    return Array.from(notes).flatMap((ran, number) => (ran ? [number] : []));
  });
}
