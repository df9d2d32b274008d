// Links, files and the browser's memory: a world comes up again as it was, and a broken link says so.
import { gzipSync } from 'node:zlib';
import { expect, expectAccessible, open, test } from './fixtures';

test('a link holds the whole world', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('2/2 ready')).toBeVisible({ timeout: 20_000 });
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByRole('textbox', { name: 'Link' })).toHaveValue(/#g=/);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link.length).toBeLessThan(4000);

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByText('2/2 ready')).toBeVisible({ timeout: 20_000 });
  await expect(other.getByRole('log')).toContainText('statefulset.apps/myapp created');
});

test('the next visit finds the world of the last one', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('2/2 ready')).toBeVisible({ timeout: 20_000 });
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
  await expect(page.getByTestId('why')).toContainText('没有什么在等待', { timeout: 20_000 });
  await expect(page.getByRole('log')).toHaveAttribute('lang', 'en');
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole('button', { name: '应用' })).toBeVisible();
});
