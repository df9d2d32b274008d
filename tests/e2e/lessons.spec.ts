// Lessons in the page: open one, see what is missing, take a hint and the solution, go on; links and progress.
import { expect, expectAccessible, open, test } from './fixtures';

test('a lesson is taken step by step, by whatever way leads to its goal', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Lessons' }).click();
  const panel = page.getByTestId('lesson');
  await expect(panel.getByRole('listitem').first()).toBeVisible();
  await expectAccessible(page);

  await panel.getByRole('button', { name: /Three parts, and an ordered birth/ }).click();
  await expect(panel.getByText('Step 1 of 2')).toBeVisible();
  await expect(panel.getByText('pod/myapp-0 is not there.')).toBeVisible();
  await panel.getByRole('button', { name: 'Hint' }).click();
  await expect(panel.getByText('The brightest button does it.')).toBeVisible();

  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(panel.getByText('✓ Done.')).toBeVisible();
  await expectAccessible(page);

  await panel.getByRole('button', { name: 'Next step' }).click();
  await panel.getByRole('button', { name: 'Show a solution' }).click();
  await panel.getByRole('button', { name: 'kubectl delete pod myapp-0' }).click();
  await expect(page.getByRole('textbox', { name: 'Command line' })).toHaveValue('kubectl delete pod myapp-0');
  await page.keyboard.press('Enter');
  await expect(panel.getByText('✓ Done.')).toBeVisible();

  // Progress is kept, and the next lesson is one press away.
  await expect(panel.getByRole('button', { name: /^Next lesson: Storage that sticks/ })).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: 'Lessons' }).click();
  await expect(panel.getByRole('button', { name: /Three parts, and an ordered birth/ })).toContainText('✓ done');
});

test('a link leads to any step, and a broken lesson file says what is wrong', async ({ page }) => {
  await page.goto('./?lesson=canary&step=2');
  const panel = page.getByTestId('lesson');
  await expect(panel.getByText('Step 2 of 6')).toBeVisible();
  await expect(page.locator('[data-pod=myapp-4]')).toContainText('myapp:v3');
  await expect(panel.getByRole('link', { name: 'Link to this step' })).toHaveAttribute('href', '?lesson=canary&step=2');

  await panel.getByRole('button', { name: 'All lessons' }).click();
  await panel.getByLabel('Open a lesson file of your own').setInputFiles({
    name: 'mine.yaml',
    mimeType: 'text/yaml',
    buffer: Buffer.from('id: mine\ntitle: Mine\nabout: A\nsteps:\n- text: X\n  goal: {pods: web}\n  solution: [ls]\n'),
  });
  await expect(panel.getByRole('alert')).toContainText('line 6');
});

test('a lesson of one’s own is taken, and begun anew', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Lessons' }).click();
  const panel = page.getByTestId('lesson');
  await panel.getByLabel('Open a lesson file of your own').setInputFiles({
    name: 'mine.yaml',
    mimeType: 'text/yaml',
    buffer: Buffer.from('id: mine\ntitle: Mine\nabout: A\nsteps:\n- text: Delete it.\n  goal: {gone: pv/pv001}\n  solution: [kubectl delete pv pv001]\n'),
  });
  await expect(panel.getByText('persistentvolume/pv001 is still there.')).toBeVisible();
  await expect(panel.getByRole('link')).toHaveCount(0);
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill('kubectl delete pv pv001');
  await prompt.press('Enter');
  await expect(panel.getByText('✓ Done.')).toBeVisible();
  await panel.getByRole('button', { name: 'Begin this step anew' }).click();
  await expect(panel.getByText('persistentvolume/pv001 is still there.')).toBeVisible();
});

test('on a phone nothing lies over the stage below a lesson', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('./?lesson=canary&step=2');
  await expect(page.getByTestId('lesson').getByText('Step 2 of 6')).toBeVisible();
  const controls = await page.locator('.strip-controls').boundingBox();
  const why = await page.locator('.why').first().boundingBox();
  expect(controls!.y + controls!.height).toBeLessThanOrEqual(why!.y);
  const last = page.locator('[data-pod=myapp-4]');
  await last.scrollIntoViewIfNeeded();
  await expect(last).toBeInViewport({ ratio: 1 });
});

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });
  test('axe finds nothing wrong with a lesson, from the list to its goal', async ({ page }) => {
    await open(page);
    await page.getByRole('button', { name: '课程' }).click();
    const panel = page.getByTestId('lesson');
    await expect(panel.getByRole('listitem').first()).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: 'output/states/lessons-zh.png' });

    await panel.getByRole('button', { name: /三个组件，按顺序诞生/ }).click();
    await panel.getByRole('button', { name: '提示' }).click();
    await panel.getByRole('button', { name: '显示解法' }).click();
    await expectAccessible(page);
    await page.screenshot({ path: 'output/states/lesson-zh.png' });
    await panel.getByRole('button', { name: 'kubectl apply -f stateful-demo.yaml' }).click();
    await page.keyboard.press('Enter');
    await expect(panel.getByText('✓ 完成。')).toBeVisible();
    await expectAccessible(page);
  });
});
