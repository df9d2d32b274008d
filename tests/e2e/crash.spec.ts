// A mistake of ours in the page itself. Its console is not clean then, so nothing watches this one.
import { expect, test } from '@playwright/test';
import { rewrite } from './fixtures';

test('a failure of the page shows itself, loses nothing, and a link brings it back', async ({ page, context }) => {
  await page.goto('./');
  await expect(page.locator('[data-ready]')).toBeVisible();
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  const editor = page.getByRole('textbox', { name: 'stateful-demo.yaml' });
  await editor.focus();
  await expect(page.locator('.cm-editor')).toBeVisible();
  await rewrite(editor, '# mine\n');
  await prompt.fill('kubectl get pv pv001 -o name');
  await prompt.press('Enter');
  await expect(page.getByRole('log')).toContainText('persistentvolume/pv001');
  // What is drawn from now on cannot be drawn.
  await page.evaluate(() => {
    Node.prototype.cloneNode = Document.prototype.createElement = () => {
      throw new Error('there are no more elements');
    };
  });
  await prompt.fill('kubectl get sts');
  await prompt.press('Enter');
  const crash = page.getByRole('alert').filter({ hasText: 'a mistake of ours' });
  await expect(crash).toBeVisible();
  await expect(crash.locator('pre')).toContainText('panicked at');
  await expect(crash.getByRole('link', { name: 'Start again' })).toBeVisible();
  await expect(editor).toHaveText('# mine');
  await page.screenshot({ path: 'output/states/crash.png' });
  const link = await crash.getByRole('link', { name: 'A link that brings it back' }).getAttribute('href');

  const other = await context.newPage();
  await other.goto(link!);
  const log = other.getByRole('log');
  await expect(log).toContainText('persistentvolume/pv001');
  await expect(log).toContainText('$ kubectl get sts');
});
