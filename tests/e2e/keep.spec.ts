// Links, files and the browser's memory: a world comes up again as it was, and a broken link says so.
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, expectAccessible, open, test } from './fixtures';

test('a link holds the whole world', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('2/2 ready')).toBeVisible();
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByRole('textbox', { name: 'Link' })).toHaveValue(/#g=/);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link.length).toBeLessThan(4000);

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByText('2/2 ready')).toBeVisible();
  await expect(other.getByRole('log')).toContainText('statefulset.apps/myapp created');
});

test('the next visit finds the world of the last one', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('2/2 ready')).toBeVisible();
  await page.reload();
  await expect(page.getByTestId('kept')).toContainText('your last visit');
  await expect(page.getByRole('log')).toContainText('statefulset.apps/myapp created');
  await expectAccessible(page);
});

const bomb = gzipSync(Buffer.alloc(64 << 20)).toString('base64url');
for (const [what, packed] of [['no base64', '@@@'], ['not packed', 'AAAA'], ['64 MiB of zeros', bomb]]) {
  test(`a link that is ${what} says what is wrong, and the page goes on`, async ({ page }) => {
    await page.goto(`./#g=${packed}`);
    await expect(page.getByRole('alert')).toContainText('This world cannot be opened');
    await page.getByTestId('kept').getByRole('button', { name: 'Close' }).click();
    await expect(page.getByRole('button', { name: 'Apply' })).toBeEnabled();
  });
}

test('the page speaks Chinese when asked, and kubectl stays English', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await page.getByRole('button', { name: '应用' }).click();
  await expect(page.getByTestId('why')).toContainText('没有什么在等待');
  await expect(page.getByRole('log')).toHaveAttribute('lang', 'en');
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole('button', { name: '应用' })).toBeVisible();
});

test('of two tabs one is kept, and the second asks', async ({ page, context }) => {
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('2/2 ready')).toBeVisible();
  const second = await context.newPage();
  await second.goto(page.url());
  const asks = second.getByTestId('not-kept');
  await expect(asks).toContainText('petset is open in another tab');
  await expectAccessible(second);
  await second.screenshot({ path: 'output/states/two-tabs.png' });
  const stored = () => page.evaluate(() => localStorage.getItem('petset-world')!);
  const typed = async (tab: typeof page, line: string) => {
    await tab.getByRole('textbox', { name: 'Command line' }).fill(line);
    await tab.getByRole('textbox', { name: 'Command line' }).press('Enter');
    await expect(tab.getByRole('log')).toContainText(line);
  };
  await typed(second, 'kubectl get pv');
  await typed(page, 'kubectl get pvc');
  expect(await stored()).toContain('get pvc');
  expect(await stored()).not.toContain('get pv"');

  await asks.getByRole('button', { name: 'Keep this one instead' }).click();
  await expect(asks).toBeHidden();
  await expect(page.getByTestId('not-kept')).toContainText('petset is open in another tab');
  await expect.poll(stored).toContain('get pv"');
  await typed(page, 'kubectl get sts');
  expect(await stored()).not.toContain('get sts');
  // Once the other tab is closed, this one is kept again.
  await second.close();
  await expect(page.getByTestId('not-kept')).toBeHidden();
  await expect.poll(stored).toContain('get sts');
});

test('where nothing can be kept that is said, and a file is offered', async ({ page }) => {
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  const said = page.getByTestId('not-kept');
  await expect(said).toContainText('Not saved');
  await said.getByRole('button', { name: 'Save as file' }).click();
  await expect(page.getByRole('dialog', { name: 'Share' })).toContainText('Not saved');
  await page.keyboard.press('Escape');
  await said.getByRole('button', { name: 'Close' }).click();
  await expect(said).toBeHidden();
});

test('an address types for its reader', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('2/2 ready')).toBeVisible();
  const address = './?run=kubectl get pv pv001 -o name;echo seen%0Akubectl get sts';
  await page.goto(address);
  const log = page.getByRole('log');
  await expect(log).toContainText('persistentvolume/pv001');
  await expect(log).toContainText('No resources found in default namespace.');
  await expect(log.locator('.terminal-command')).toHaveText(['$ kubectl get pv pv001 -o name;echo seen', '$ kubectl get sts']);
  // Nobody has done anything: the browser keeps what it had.
  expect(await page.evaluate(() => localStorage.getItem('petset-world'))).toContain('kubectl apply');
  await page.getByRole('textbox', { name: 'Command line' }).fill('kubectl get pods');
  await page.getByRole('textbox', { name: 'Command line' }).press('Enter');
  await expect(log.locator('.terminal-command')).toHaveCount(3);
  await expect(page).not.toHaveURL(/run=/);
  await page.reload();
  await expect(log.locator('.terminal-command')).toHaveCount(3);
});

test('what is sensitive is left out of links unless it is ticked', async ({ page }) => {
  await open(page);
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill('kubectl create secret generic db --from-literal=password=hunter2');
  await prompt.press('Enter');
  await expect(page.getByRole('log')).toContainText('secret/db created');
  await page.getByRole('button', { name: 'Share' }).click();
  const link = page.getByRole('textbox', { name: 'Link' });
  const world = async () => {
    const packed = Buffer.from((await link.inputValue()).split('#g=')[1] ?? '', 'base64url');
    return packed.length > 0 ? gunzipSync(packed).toString() : '';
  };
  await expect.poll(world).toContain('password=left-out-1');
  expect(await world()).not.toContain('hunter2');
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/share-sensitive.png' });
  await page.getByRole('checkbox', { name: 'data of Secrets (1)' }).check();
  await expect.poll(world).toContain('password=hunter2');
});
