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
