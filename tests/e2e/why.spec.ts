// Why: what confuses people is reproduced from the menu, explained, and the way out typed; a click asks about an object.
import type { Page } from '@playwright/test';
import { expect, expectAccessible, open, settle, test } from './fixtures';

async function play(page: Page, title: string): Promise<void> {
  await open(page);
  await page.getByLabel('Start from').selectOption({ label: title });
  await expect(page.getByTestId('example')).toContainText(title);
}

const why = (page: Page) => page.getByTestId('why');

/** The way out is only typed: a person presses Enter. */
async function follow(page: Page): Promise<void> {
  await page.getByTestId('way-out').last().click();
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await expect(prompt).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '10×' }).click();
}

test('a bad image, and the fix does not help: stuck, with the rule, the risk and the way out', async ({ page }) => {
  await play(page, 'A bad image, and the fix does not help');
  await expect(why(page)).toHaveAttribute('data-kind', 'stuck');
  await expect(why(page)).toContainText('myapp-1 cannot run, ImagePullBackOff');
  await expect(why(page)).toContainText('OrderedReady walks the ordinals upwards');
  await expect(why(page)).toContainText('At risk: the pod is replaced');
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/stuck.png' });
  await why(page).getByRole('button', { name: 'myapp-1', exact: true }).click();
  await expect(page.locator('[data-pod="myapp-1"]')).toHaveAttribute('data-selected', 'true');
  await follow(page);
  await expect(page.getByRole('log')).toContainText('kubectl delete pod myapp-1');
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-pod="myapp-0"]')).toContainText('myapp:v2');
  await expect(page.locator('[data-pod="myapp-0"]')).toHaveAttribute('data-status', 'Running');
});

test('fields that cannot change are named, and the orphan way keeps the pods', async ({ page }) => {
  await play(page, 'Claim templates cannot change');
  await expect(why(page)).toHaveAttribute('data-kind', 'waiting');
  await expect(why(page)).toContainText('it touches volumeClaimTemplates');
  await follow(page);
  await expect(page.getByRole('log')).toContainText('statefulset.apps/myapp created');
  await expect(page.locator('[data-pod]')).toHaveCount(2);
});

test('a lost node is healed from Why', async ({ page }) => {
  await play(page, 'A node is lost, and the pod terminates forever');
  await expect(why(page)).toContainText('does not answer, so nobody can say that its containers have ended');
  await expect(why(page)).toContainText('two pods of one name write to one volume');
  await page.getByTestId('heal').first().click();
  await page.getByRole('button', { name: '10×' }).click();
  await expect(page.locator('[data-pod="myapp-1"]')).toHaveAttribute('data-status', 'Running');
  await expect(page.getByRole('log')).toContainText('# fault: healed:');
});

test('a name without an answer shows the broken link, and the typed Service mends it', async ({ page }) => {
  await play(page, 'serviceName names no Service');
  await page.locator('[data-dns^="web-1.web"]').getByRole('button').click();
  await expect(why(page)).toContainText("the set's serviceName is web, and there is no Service of that name");
  await follow(page);
  await expect(page.locator('[data-dns^="web-1.web"]')).toHaveAttribute('data-answers', 'true');
});

test('in the past, Why answers for that time', async ({ page }) => {
  await play(page, 'A deleted pod comes back at the old revision');
  await expect(why(page)).toContainText('0–2 stay at r1 because partition is 3');
  await page.getByTestId('track').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await settle(page);
  await expect(why(page)).toHaveAttribute('data-kind', 'progressing');
});

test('every example comes up explained', async ({ page }) => {
  await open(page);
  const titles = await page.locator('#world optgroup').last().locator('option').allTextContents();
  expect(titles).toHaveLength(16);
  for (const title of titles) {
    await page.getByLabel('Start from').selectOption({ label: title });
    await expect(page.getByTestId('example')).toContainText(title);
    await expect(why(page).locator('.why-sentence').first()).not.toBeEmpty();
  }
  await expectAccessible(page);
});
