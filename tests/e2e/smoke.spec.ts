// The page as it comes up: it loads, says nothing wrong, and is accessible.
import { expect, expectAccessible, open, test } from './fixtures';

test('the page comes up under its content security policy', async ({ page }) => {
  await open(page);
  const policy = page.locator('meta[http-equiv="Content-Security-Policy"]');
  await expect(policy).toHaveAttribute('content', /(^|;)\s*default-src 'self'\s*(;|$)/);
  await expect(policy).toHaveAttribute('content', /(^|;)\s*script-src 'self' 'wasm-unsafe-eval'\s*(;|$)/);
});

test('axe finds nothing wrong', async ({ page }) => {
  await open(page);
  await expectAccessible(page);
});

test('what is done before the code comes is done when it is there, at the next visit too', async ({ page }) => {
  let come = () => {};
  let asked = () => {};
  await page.route('**/petset_bg.wasm', async (route) => {
    asked();
    await new Promise<void>((resolve) => (come = resolve));
    await route.continue();
  });
  const visit = async () => {
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    await page.goto('./', { waitUntil: 'commit' });
    await isAsked;
  };
  const run = async (line: string) => {
    const prompt = page.getByRole('textbox', { name: 'Command line' });
    await prompt.fill(line);
    await prompt.press('Enter');
    await expect(prompt).toHaveAttribute('readonly');
  };
  const log = page.getByRole('log');
  await visit();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await run('kubectl get pv pv001 -o name');
  come();
  await expect(log).toContainText('statefulset.apps/myapp created');
  await expect(log).toContainText('persistentvolume/pv001');
  await visit();
  await run('echo early');
  come();
  await expect(log.locator('.terminal-command')).toHaveText([
    '$ kubectl apply -f stateful-demo.yaml',
    '$ kubectl get pv pv001 -o name',
    '$ echo early',
  ]);
});
