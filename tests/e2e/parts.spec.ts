// The two parts of the page's code: the second comes when somebody has begun to use the page, or when it is needed.
// These ask for the page that `cargo xtask dist` builds; what `cargo xtask serve` builds has one part.
import { test as unwatched, type Page } from '@playwright/test';
import { expect, keepInstance, open, test } from './fixtures';

/** A command whose code is in the second part, as nobody describes a volume every day; and something that it prints. */
const COMMAND = 'kubectl describe pv pv001';
const PRINTED = 'Reclaim Policy:';

/** Notes each request for the second part. */
function requests(page: Page): string[] {
  const types: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/lazy/second.wasm')) types.push(request.resourceType());
  });
  return types;
}

async function describe(page: Page): Promise<void> {
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill(COMMAND);
  await prompt.press('Enter');
}

test('the second part is not asked for before somebody acts, and is there then', async ({ page }) => {
  const asked = requests(page);
  await keepInstance(page);
  await open(page);
  await page.waitForTimeout(500);
  expect(asked).toEqual([]);
  await page.getByRole('textbox', { name: 'Command line' }).click();
  await page.waitForFunction(() => (window.kept!.exports.ready as WebAssembly.Global).value === 1);
  await describe(page);
  await expect(page.getByRole('log')).toContainText(PRINTED);
  expect(asked, 'one request, which blocked nothing').toEqual(['fetch']);
});

test('a command that needs the second part before it is there waits for it', async ({ page }) => {
  const asked = requests(page);
  // What is fetched without being needed never comes.
  await page.route('**/lazy/second.wasm', (route) => {
    if (route.request().resourceType() === 'xhr') return route.continue();
  });
  await open(page);
  await describe(page);
  await expect(page.getByRole('log')).toContainText(PRINTED);
  expect(asked).toContain('xhr');
  await describe(page);
  await expect(page.getByRole('log').getByText(PRINTED)).toHaveCount(2);
  expect(asked.filter((type) => type === 'xhr')).toHaveLength(1);
});

test('a page that opens something waits for both parts, and nothing is held up', async ({ page }) => {
  const asked = requests(page);
  await page.goto('./?run=kubectl get pods');
  await expect(page.getByRole('log')).toContainText('No resources found');
  expect(asked.splice(0), 'lines that the address types').toEqual(['fetch']);
  await page.goto('./?lesson=birth');
  await expect(page.getByText('Step 1 of 2')).toBeVisible();
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.locator('[data-pod=myapp-0]')).toBeVisible();
  expect(asked.splice(0), 'a lesson').toEqual(['fetch']);
  await page.goto('./');
  await expect(page.locator('[data-pod=myapp-0]')).toBeVisible();
  expect(asked, 'a world that the browser keeps').toEqual(['fetch']);
});

test('a link to a world waits for both parts as well', async ({ page, browser, baseURL }) => {
  await open(page);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('2/2 ready')).toBeVisible();
  await page.getByRole('button', { name: 'Share' }).click();
  const link = page.getByRole('textbox', { name: 'Link' });
  await expect(link).toHaveValue(/#g=/);

  // Somebody else's browser, which keeps no world.
  const context = await browser.newContext({ baseURL });
  const other = await context.newPage();
  const asked = requests(other);
  await other.goto(await link.inputValue());
  await expect(other.getByText('2/2 ready')).toBeVisible();
  expect(asked).toEqual(['fetch']);
  await context.close();
});

// Not watched: that requests fail is what is tested.
unwatched('without a network a command waits until its part can be loaded', async ({ page }) => {
  let isDown = true;
  await page.route('**/lazy/second.wasm', (route) => (isDown ? route.abort() : route.continue()));
  page.on('dialog', async (dialog) => {
    isDown = false;
    await dialog.accept();
  });
  await open(page);
  await describe(page);
  await expect(page.getByRole('log')).toContainText(PRINTED);
  expect(isDown).toBe(false);
});
