// Time: the past is shown and not changed, typing there forks, the last act is undone, moments are compared; keys.
import type { Page } from '@playwright/test';
import { expect, expectAccessible, open, settle, test } from './fixtures';

const track = (page: Page) => page.getByTestId('track');
const pods = (page: Page) => page.locator('[data-pod]');

async function type(page: Page, line: string): Promise<void> {
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill(line);
  await prompt.press('Enter');
}

/** Two pods run, then three; the clock stands. */
async function lived(page: Page): Promise<void> {
  await open(page);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.getByTestId('quiet').click();
  await expect(page.getByTestId('play')).toHaveAccessibleName('Play');
  await expect(pods(page)).toHaveCount(2);
  await type(page, 'kubectl scale sts myapp --replicas=3');
  await page.getByTestId('quiet').click();
  await expect(pods(page)).toHaveCount(3);
  await expect(page.getByTestId('play')).toHaveAccessibleName('Play');
}

test('the timeline goes to the past, says so, and back to live', async ({ page }) => {
  await lived(page);
  await track(page).focus();
  await page.keyboard.press('Home');
  await expect(pods(page)).toHaveCount(0);
  await expect(track(page)).toHaveAttribute('aria-valuetext', '00:00:00, in the past');
  await expect(page.getByTestId('past')).toContainText('You look at 00:00:00');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('told')).toContainText('is created');
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/past.png' });
  await page.getByTestId('live').click();
  await expect(page.getByTestId('past')).toHaveCount(0);
  await expect(pods(page)).toHaveCount(3);
});

test('a click on the timeline seeks, the pointer tells what happened', async ({ page }) => {
  await lived(page);
  await page.locator('.track-svg .tick[data-mark="act"]').first().hover();
  await expect(page.getByTestId('told')).toContainText('kubectl apply -f stateful-demo.yaml');
  await page.locator('.track-svg .tick[data-mark="ready"]').first().click();
  await expect(page.getByTestId('past')).toBeVisible();
  await expect(pods(page).first()).toBeVisible();
  expect(await pods(page).count()).toBeLessThan(3);
});

test('typing in the past forks, and the other course can be taken up', async ({ page }) => {
  await lived(page);
  await track(page).focus();
  await page.keyboard.press('Home');
  await type(page, 'kubectl get pv');
  await expect(page.getByTestId('past')).toHaveCount(0);
  await expect(pods(page)).toHaveCount(0);
  await page.getByTestId('forks').click();
  await expectAccessible(page);
  await page.getByRole('button', { name: /left at 00:00:00/ }).click();
  await expect(pods(page)).toHaveCount(3);
});

test('step back undoes the last act', async ({ page }) => {
  await lived(page);
  await page.getByTestId('step-back').click();
  await expect(pods(page)).toHaveCount(2);
  await page.getByTestId('step-back').click();
  await expect(pods(page)).toHaveCount(0);
});

test('the objects show what the last act has changed', async ({ page }) => {
  await lived(page);
  await page.getByRole('tab', { name: 'Objects' }).click();
  await expect(page.getByRole('button', { name: 'pod/myapp-2 new' })).toBeVisible();
  await page.getByRole('button', { name: 'statefulset/myapp changed' }).click();
  await expect(page.locator('.objects-yaml ins').filter({ hasText: 'replicas: 3' }).first()).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/objects.png' });
  await page.getByRole('tab', { name: /Trail/ }).click();
  await expect(page.getByRole('row').filter({ hasText: 'MODIFIED' }).first()).toBeVisible();
  await expectAccessible(page);
});

test('single keys act on the stage only, and can be switched off', async ({ page }) => {
  await open(page);
  const stage = page.getByRole('group', { name: 'Stage' });
  await stage.focus();
  await page.keyboard.press('Space');
  await expect(page.getByTestId('play')).toHaveAccessibleName('Play');
  await page.keyboard.press('/');
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await expect(prompt).toBeFocused();
  await page.keyboard.type('a ?/');
  await expect(prompt).toHaveValue('a ?/');
  await stage.focus();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Help' });
  await expect(help).toBeVisible();
  await expectAccessible(page);
  await help.getByRole('checkbox').uncheck();
  await help.getByRole('button', { name: 'Close' }).click();
  await stage.focus();
  await page.keyboard.press('Space');
  await settle(page);
  await expect(page.getByTestId('play')).toHaveAccessibleName('Play');
});
