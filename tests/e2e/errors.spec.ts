// What the page adds to errors: lines of ours beneath them, and characters that are not what was meant.
import { editor, expect, expectAccessible, open, rewrite, test } from './fixtures';

test('a full-width character is named and replaced in the terminal', async ({ page }) => {
  await open(page);
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill('kubectl get pods －n default');
  await prompt.press('Enter');
  const slip = page.getByTestId('slip');
  await expect(slip).toContainText('column 18: “－” (U+FF0D) is not “-”');
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/slip.png' });
  await slip.getByRole('button').press('Enter');
  await expect(prompt).toHaveValue('kubectl get pods -n default');
  await expect(prompt).toBeFocused();
  await expect(slip).toBeHidden();
  await prompt.press('Enter');
  await expect(page.getByRole('log')).toContainText('No resources found in default namespace.');
  await expect(slip).toBeHidden();
});

test('characters that are not what was meant are marked and replaced in the editor', async ({ page }) => {
  await open(page);
  const box = await editor(page);
  await rewrite(box, 'apiVersion: v1\nkind: ConfigMap\nmetadata：\n  name: web # 名字：网站\n');
  const findings = page.getByTestId('findings');
  await expect(findings).toContainText('column 9: “：” (U+FF1A) is not “:”');
  await expectAccessible(page);
  await findings.getByRole('button', { name: 'line 3: replace what was not meant' }).press('Enter');
  await expect(box).toContainText('metadata:');
  await expect(box).toContainText('名字：网站');
  await expect(page.locator('.editor-effect')).toHaveText('creates configmap/web');
  await page.keyboard.press('Control+z');
  await expect(box).toContainText('metadata：');
});

test('a common error has a line of ours beneath it, in the page’s language', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '中文' }).click();
  const prompt = page.getByRole('textbox', { name: '命令行' });
  await prompt.fill('kubectl get pod nope');
  await prompt.press('Enter');
  const ours = page.getByRole('log').locator('.terminal-note');
  await expect(ours).toHaveText('# 没有这个名字的对象。用 kubectl get 看看有哪些，是否在别的命名空间。');
  await expect(ours).toHaveAttribute('lang', 'zh-CN');
  const box = await editor(page);
  await rewrite(box, 'apiVersion: v1\nkind: StatefulSet\nmetadata: {name: web}\n');
  await expect(page.getByTestId('findings')).toContainText('StatefulSet 是 apps/v1');
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/errors-zh.png' });
});

test('Han take two cells in the terminal', async ({ page }) => {
  await open(page);
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill('echo "中文|"; echo "abcd|"');
  await prompt.press('Enter');
  const lines = page.getByRole('log').locator('.terminal-out');
  await expect(lines).toHaveCount(2);
  const ends = await lines.evaluateAll((lines) =>
    lines.map((line) => {
      const range = document.createRange();
      const last = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      let text: Node | null = null;
      while (last.nextNode()) if (last.currentNode.textContent!.endsWith('|')) text = last.currentNode;
      range.selectNodeContents(text!);
      return range.getBoundingClientRect().right;
    }),
  );
  expect(Math.abs(ends[0] - ends[1])).toBeLessThan(1);
});
