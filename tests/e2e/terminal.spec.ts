// The terminal: what Tab completes, Ctrl-R finds, Ctrl-C ends, and what becomes of pasted text.
import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, open, test } from './fixtures';

const log = (page: Page): Locator => page.getByRole('log');

/** The input line, whatever it is for at the moment. */
const prompt = (page: Page): Locator => page.locator('#prompt');

async function paste(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await prompt(page).press('ControlOrMeta+V');
}

test('Tab completes kubectl, names and files, and does not hold the focus', async ({ page }) => {
  await open(page);
  await prompt(page).focus();
  await page.keyboard.press('Tab');
  await expect(prompt(page), 'an empty line lets go').not.toBeFocused();

  await prompt(page).focus();
  await page.keyboard.type('kub');
  await page.keyboard.press('Tab');
  await expect(prompt(page)).toHaveValue('kubectl ');
  await page.keyboard.type('apply -f st');
  await page.keyboard.press('Tab');
  await expect(prompt(page)).toHaveValue('kubectl apply -f stateful-demo.yaml ');
  await page.keyboard.press('Enter');
  await expect(log(page)).toContainText('statefulset.apps/myapp created');

  await page.keyboard.type('kubectl get pv pv');
  await page.keyboard.press('Tab');
  const words = page.getByRole('listbox', { name: 'What may stand here' });
  await expect(words.getByRole('option')).toHaveCount(5);
  await expect(prompt(page), 'as much as all have in common').toHaveValue('kubectl get pv pv00');
  await expectAccessible(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await expect(words.getByRole('option', { selected: true })).toHaveText('pv002');
  await page.keyboard.press('Enter');
  await expect(prompt(page)).toHaveValue('kubectl get pv pv002 ');
  await expect(words).toBeHidden();

  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await expect(prompt(page), 'after Esc Tab moves on').not.toBeFocused();
});

test('a word in the middle is completed where the caret is', async ({ page }) => {
  await open(page);
  await prompt(page).fill('kubectl get node -o name | wc -l');
  await prompt(page).evaluate((input: HTMLTextAreaElement) => input.setSelectionRange(16, 16));
  await page.keyboard.type('s n');
  await page.keyboard.press('Tab');
  await expect(prompt(page)).toHaveValue('kubectl get nodes node- -o name | wc -l');
  await page.keyboard.type('2');
  await page.keyboard.press('Enter');
  await expect(log(page).locator('pre').last()).toHaveText('1');
});

test('a watch shows changes until Ctrl-C ends it', async ({ page }) => {
  await open(page);
  await prompt(page).fill('kubectl apply -f stateful-demo.yaml; kubectl get pods -w');
  await prompt(page).press('Enter');
  await expect(log(page)).toContainText(/myapp-0 +1\/1 +Running/);
  await prompt(page).press('Control+c');
  await expect(log(page)).toContainText('^C');
  await expect(page.getByRole('button', { name: /^Stop/ })).toBeHidden();
});

test('Ctrl-R finds earlier lines', async ({ page }) => {
  await open(page);
  for (const line of ['kubectl get pv', 'kubectl get nodes', 'echo done']) {
    await prompt(page).fill(line);
    await prompt(page).press('Enter');
  }
  await prompt(page).fill('kept');
  await page.keyboard.press('Control+r');
  const search = page.getByRole('textbox', { name: 'Search in earlier lines' });
  await expect(search).toBeFocused();
  await page.keyboard.type('get');
  await expect(page.getByText('kubectl get nodes').last()).toBeVisible();
  await expect(page.locator('mark')).toHaveText('get');
  await page.keyboard.press('Control+r');
  await expect(page.locator('.terminal-found')).toHaveText('kubectl get pv');
  await expectAccessible(page);
  await page.keyboard.press('Control+g');
  await expect(prompt(page)).toHaveValue('kept');

  await page.keyboard.press('Control+r');
  await page.keyboard.type('echo');
  await page.keyboard.press('Enter');
  await expect(log(page).locator('.terminal-command').last()).toHaveText('$ echo done');
});

test('a warning has another colour than an error', async ({ page }) => {
  await open(page);
  await prompt(page).fill('kubectl create -f stateful-demo.yaml; kubectl apply -f stateful-demo.yaml; nosuch');
  await prompt(page).press('Enter');
  const colour = (text: string) => log(page).getByText(text).first().evaluate((line) => getComputedStyle(line).color);
  expect(await colour('Warning: resource services/myapp-svc')).not.toBe(await colour('nosuch: command not found'));
  await expectAccessible(page);
});

test('what is shown can be copied', async ({ page }) => {
  await open(page);
  await prompt(page).fill('echo to be copied');
  await prompt(page).press('Enter');
  await log(page).locator('pre').last().click({ clickCount: 3 });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('ControlOrMeta+C');
  expect((await page.evaluate(() => navigator.clipboard.readText())).trim()).toBe('to be copied');
});

test('pasted text is reviewed before any of it runs', async ({ page }) => {
  await open(page);
  await prompt(page).focus();
  await paste(page, 'kubectl get nodes');
  await expect(prompt(page), 'one line is typed').toHaveValue('kubectl get nodes');
  await prompt(page).fill('');

  const text = [
    '[root@k8s-master ~]# kubectl create namespace team-a',
    'namespace/team-a created',
    '[root@k8s-master ~]# kubectl get ns team-a -o name',
    '[root@k8s-master ~]# kubectl delete namespace team-a',
  ].join('\n');
  await paste(page, text);
  const review = page.getByRole('group', { name: /^Pasted/ });
  await expect(review.getByRole('checkbox')).toHaveCount(4);
  await expect(review.getByRole('checkbox', { name: 'namespace/team-a created' })).not.toBeChecked();
  await expect(page.getByRole('button', { name: 'Run the ticked lines' })).toBeFocused();
  await expectAccessible(page);
  await expect(log(page), 'nothing has run').toBeEmpty();
  await page.keyboard.press('Escape');
  await expect(review).toBeHidden();
  await expect(prompt(page)).toBeFocused();

  await paste(page, text);
  await review.getByRole('checkbox', { name: 'kubectl delete namespace team-a' }).uncheck();
  await page.getByRole('button', { name: 'Run the ticked lines' }).click();
  await expect(log(page).locator('.terminal-command')).toHaveText([
    '$ kubectl create namespace team-a',
    '$ kubectl get ns team-a -o name',
  ]);
  await expect(log(page)).toContainText('namespace/team-a');
});

test('kubectl explain fetches what it needs when it is asked', async ({ page }) => {
  let asked = 0;
  await page.route('**/lazy/schema.json', async (route) => {
    asked += 1;
    await route.continue();
  });
  await open(page);
  expect(asked, 'not before').toBe(0);
  await prompt(page).fill('kubectl explain sts.spec.podManagementPolicy');
  await prompt(page).press('Enter');
  await expect(log(page)).toContainText('ENUM:\n    OrderedReady\n    Parallel');
  await prompt(page).fill('kubectl explain pvc.spec.volumeMode');
  await prompt(page).press('Enter');
  await expect(log(page)).toContainText('FIELD: volumeMode <string>');
  expect(asked).toBe(1);
});

test('a screen reader hears an answer at once, and a stream now and then', async ({ page }) => {
  await open(page);
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  const spoken = page.getByTestId('spoken');
  await prompt.fill('kubectl get nodes -o name');
  await prompt.press('Enter');
  await expect(spoken).toHaveText('node/node-1\nnode/node-2\nnode/node-3');
  await prompt.fill('kubectl apply -f stateful-demo.yaml; kubectl get pods -w');
  await prompt.press('Enter');
  await expect(spoken).toContainText('statefulset.apps/myapp created');
  const changes = page.evaluate(async () => {
    const region = document.querySelector('[data-testid=spoken]')!;
    let changes = 0;
    const observer = new MutationObserver(() => (changes += 1));
    observer.observe(region, { characterData: true, childList: true, subtree: true });
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    return changes;
  });
  const lines = page.getByRole('log').locator('.terminal-out');
  expect(await changes).toBeLessThanOrEqual(2);
  expect(await lines.count()).toBeGreaterThan(5);
  await expect(spoken).toContainText('myapp-1');
  await page.keyboard.press('Control+c');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test('what its keyboard has not stands above it', async ({ page }) => {
    await open(page);
    await page.getByRole('button', { name: 'Terminal', exact: true }).tap();
    const prompt = page.getByRole('textbox', { name: 'Command line' });
    const beginnings = page.getByRole('group', { name: 'Commands to begin with' });
    const keys = page.getByRole('group', { name: 'Keys' });
    const key = (name: string) => keys.getByRole('button', { name, exact: true });
    await beginnings.getByRole('button', { name: 'kubectl get sts,pvc,pv' }).tap();
    await expect(prompt).toHaveValue('kubectl get sts,pvc,pv');
    await expect(prompt).toBeFocused();
    await prompt.press('Enter');
    await expect(page.getByRole('log')).toContainText('persistentvolume/pv001');
    await prompt.fill('echo {a,b');
    await key('}').tap();
    await expect(prompt).toHaveValue('echo {a,b}');
    await expect(prompt).toBeFocused();
    await key('The line before').tap();
    await expect(prompt).toHaveValue('kubectl get sts,pvc,pv');
    await prompt.fill('kubectl drain node-1 --dry-r');
    await key('Complete the word').tap();
    await expect(prompt).toHaveValue(/--dry-run/);
    await prompt.fill('kubectl get pods -w');
    await prompt.press('Enter');
    await expect(page.getByText('waiting')).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: 'output/states/touch-keys.png' });
    await key('Stop').tap();
    await expect(page.getByRole('log')).toContainText('exit 130');
    await expect(beginnings.getByRole('button')).toHaveCount(3);
    await prompt.fill('kubectl apply -f stateful-demo.yaml');
    await prompt.press('Enter');
    await expect(beginnings.getByRole('button', { name: 'kubectl scale sts myapp --replicas=' })).toBeVisible();
  });
});
