// The editor: CodeMirror takes the text area's place without losing anything, and the text area goes on where it cannot.
import { readFileSync } from 'node:fs';
import { test as unwatched } from '@playwright/test';
import { editor, expect, expectAccessible, open, rewrite, test, textbox } from './fixtures';

const manifest = readFileSync(
  new URL('../../crates/session/src/worlds/stateful-demo.yaml', import.meta.url),
  'utf8',
);

const SCRIPT = '**/lazy/editor.js';

test('the editor is not asked for before somebody acts', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(...request.url().match(/lazy\/editor\.js$/) ?? []));
  await open(page);
  await page.waitForTimeout(500);
  expect(asked).toEqual([]);
  await page.getByRole('textbox', { name: 'Command line' }).click();
  await expect(page.locator('.cm-editor')).toBeVisible();
  expect(asked).toEqual(['lazy/editor.js']);
});

test('what was typed, its history, the selection and the focus are taken along', async ({ page }) => {
  let arrive = () => {};
  const wanted = new Promise<void>((resolve) => (arrive = resolve));
  await page.route(SCRIPT, async (route) => {
    await wanted;
    await route.continue();
  });
  await open(page);
  const area = page.locator('textarea#editor');
  await area.focus();
  await area.press('Control+Home');
  await page.keyboard.insertText('# one\n');
  // Longer than CodeMirror takes what is typed for one act.
  await page.waitForTimeout(600);
  await page.keyboard.insertText('# two\n');
  await page.keyboard.press('Shift+ArrowUp');
  arrive();
  await expect(page.locator('.cm-editor')).toBeVisible();
  await expect(area).toHaveCount(0);
  const box = textbox(page);
  await expect(box).toBeFocused();
  await expect(box).toContainText('# one# two' + manifest.split('\n')[0]);
  await page.keyboard.insertText('# 2');
  await expect(box).toContainText('# one# 2apiVersion');
  for (const left of ['# one# twoapiVersion', '# oneapiVersion']) {
    await page.keyboard.press('Control+z');
    await expect(box).toContainText(left);
  }
  await page.keyboard.press('Control+z');
  await expect(box).not.toContainText('# one');
  await page.keyboard.press('Control+y');
  await expect(box).toContainText('# oneapiVersion');
});

test('there is never more than one editor, however slowly the page draws', async ({ page }) => {
  // Yew puts off what it has to do when 16 ms have passed: here that is always, and until told.
  await page.addInitScript(() => {
    const [now, later] = [Date.now, setTimeout];
    const held: (() => void)[] = [];
    Object.assign(window, {
      hold: () => {
        let calls = 0;
        Date.now = () => now() + 20 * (calls += 1);
        window.setTimeout = ((act: () => void, ms = 0, ...rest: unknown[]) =>
          ms > 0 ? later(act, ms, ...rest) : held.push(act)) as typeof setTimeout;
      },
      release: () => {
        [Date.now, window.setTimeout] = [now, later];
        held.forEach((act) => act());
      },
    });
  });
  await open(page);
  await page.evaluate('hold()');
  await textbox(page).focus();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page.locator('.cm-editor')).toBeVisible();
  await expect(page.locator('textarea#editor')).toBeHidden();
  await expect(page.locator('textarea#editor')).toHaveCount(1);
  await page.evaluate('release()');
  await expect(page.locator('textarea#editor')).toHaveCount(0);
  await expect(page.locator('[data-pod=myapp-0]')).toHaveAttribute('data-status', 'Running');
});

test('YAML is coloured, numbered, folded and searched, and applied with the keyboard', async ({ page }) => {
  await open(page);
  const box = await editor(page);
  await box.press('Control+Home');
  const colour = (text: string) => box.getByText(text, { exact: true }).first().evaluate((e) => getComputedStyle(e).color);
  expect(await colour('apiVersion')).not.toBe(await colour('Service'));
  await expect(page.locator('.cm-lineNumbers')).toContainText('20');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Control+Shift+BracketLeft');
  await expect(box).not.toContainText('app: myapp-svc');
  await page.keyboard.press('Control+Shift+BracketRight');
  await expect(box).toContainText('app: myapp-svc');
  await page.keyboard.press('Control+f');
  await page.getByRole('textbox', { name: 'Find' }).pressSequentially('ikubernetes');
  await page.keyboard.press('Enter');
  await expect(page.locator('.cm-searchMatch-selected')).toHaveText('ikubernetes');
  await page.keyboard.press('Escape');
  await expect(box).toBeFocused();
  await page.keyboard.type('docker.io/ikubernetes');
  await expect(box).toContainText('image: docker.io/ikubernetes/myapp:v1');
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('[data-pod=myapp-0]')).toContainText('myapp:v1');
});

test('Tab leaves the editor; once something is typed it indents, and Escape lets it leave', async ({ page }) => {
  await open(page);
  const box = await editor(page);
  await page.keyboard.press('Tab');
  await expect(box).not.toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(box).toBeFocused();
  await box.press('Control+End');
  await page.keyboard.type('# end');
  await page.keyboard.press('Tab');
  await expect(box).toBeFocused();
  await expect(box).toContainText('  # end');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await expect(box).not.toBeFocused();
});

test('each file has its text and its history', async ({ page }) => {
  await open(page);
  const box = await editor(page);
  await rewrite(box, '# first\n');
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  await prompt.fill("cat > other.yaml <<'EOF'\n# other\nEOF");
  await prompt.press('Enter');
  await page.getByRole('tab', { name: 'other.yaml' }).click();
  const other = page.getByRole('textbox', { name: 'other.yaml' });
  await expect(other).toContainText('# other');
  await other.press('Control+z');
  await expect(other).toContainText('# other');
  await page.getByRole('tab', { name: 'stateful-demo.yaml' }).click();
  await expect(box).toHaveText('# first');
  await box.press('Control+z');
  await expect(box).toContainText('kind: StatefulSet');
});

// Not watched: that a request fails is what is tested.
unwatched('where the editor cannot be loaded the text area goes on', async ({ page }) => {
  await page.route(SCRIPT, (route) => route.abort());
  await open(page);
  const failed = page.waitForEvent('requestfailed');
  await textbox(page).focus();
  await failed;
  await textbox(page).fill(manifest.replace('replicas: 2', 'replicas: 1'));
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page.locator('[data-pod=myapp-0]')).toHaveAttribute('data-status', 'Running');
  await expect(page.locator('textarea#editor')).toBeVisible();
});

test('what is wrong is marked where it stands, and listed', async ({ page }) => {
  await open(page);
  const box = await editor(page);
  await rewrite(box, manifest.replace('replicas: 2', 'replica: 2'));
  const list = page.getByTestId('findings');
  await expect(list.getByRole('button')).toHaveText([/^line 20unknown field "spec\.replica"Look for a typing error/]);
  await expect(page.locator('.cm-lintRange-error')).toHaveText('replica');
  await expect(page.locator('.cm-gutter-lint .cm-lint-marker-error')).toHaveCount(1);
  await page.locator('.cm-gutter-lint .cm-lint-marker-error').hover();
  await expect(page.locator('.cm-tooltip')).toContainText('unknown field "spec.replica"');
  await expectAccessible(page);
  await box.press('Control+Home');
  await list.getByRole('button').click();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.type('s');
  await expect(list).toHaveCount(0);
  await expect(box).toContainText('replicas: 2');
});

test('Apply says beforehand what it would do, and nothing of that is in the log', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '10×' }).click();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page.locator('[data-pod=myapp-1]')).toHaveAttribute('data-status', 'Running');
  const box = await editor(page);
  const log = await page.getByRole('log').innerText();
  await rewrite(box, manifest.replace('replicas: 2', 'replicas: 3'));
  const effect = page.locator('.editor-effect');
  await expect(effect).toHaveText('myapp: replicas 2 → 3; no pod is replaced');
  await expect(page.getByTestId('findings')).toContainText('live: 2');
  await expect(page.locator('.cm-lintRange-info')).toHaveText('3');
  await rewrite(box, manifest.replace('myapp:v1', 'myapp:v2'));
  await expect(effect).toHaveText('myapp: image of myapp-pod myapp:v1 → myapp:v2; replaces 1, then 0');
  await page.getByText('What changes').click();
  await expect(page.getByTestId('diff')).toContainText('+      - image: ikubernetes/myapp:v2');
  await expectAccessible(page);
  expect(await page.getByRole('log').innerText()).toBe(log);
  await expect(page.locator('[data-pod=myapp-1]')).toContainText('myapp:v1');
});

test('a field takes the live value, and undo gives back what was typed', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  const box = await editor(page);
  const findings = page.getByTestId('findings');
  await rewrite(box, manifest.replace('replicas: 2', 'replicas: 3').replace('myapp:v1', 'myapp:v2'));
  await page.getByText('differs from the live objects in 2 places').click();
  await expectAccessible(page);
  await page.screenshot({ path: 'output/states/take-live.png' });
  await findings.getByRole('button', { name: 'line 20: take the live value' }).press('Enter');
  await expect(box).toContainText('replicas: 2');
  await expect(box).toBeFocused();
  await expect(page.locator('.editor-effect')).toHaveText(/^myapp: image of myapp-pod/);
  await page.keyboard.press('Control+z');
  await expect(box).toContainText('replicas: 3');
  await page.locator('.cm-lintRange-info', { hasText: 'myapp:v2' }).hover();
  await page.locator('.cm-tooltip').getByRole('button', { name: 'take the live value' }).click();
  await expect(box).toContainText('myapp:v1');
  await expect(findings.getByText('live: 2')).toHaveCount(1);
});

test('what a field is for and which values it may have is said where it is typed', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(...request.url().match(/lazy\/schema\.json$/) ?? []));
  await open(page);
  const box = await editor(page);
  await box.press('Control+End');
  expect(asked).toEqual([]);
  await rewrite(box, 'apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  podManagementPolicy: \n');
  const fetched = page.waitForResponse('**/lazy/schema.json');
  await page.locator('.cm-line', { hasText: 'podManagementPolicy' }).getByText('podManagementPolicy').hover();
  await expect(page.locator('.cm-described')).toHaveText('StatefulSet.spec.podManagementPolicy <string>');
  await fetched;
  await page.mouse.move(0, 0);
  await expect(page.locator('.cm-described')).toHaveCount(0);
  await page.locator('.cm-line', { hasText: 'podManagementPolicy' }).getByText('podManagementPolicy').hover();
  await expect(page.locator('.cm-described')).toContainText('controls how pods are created during initial scale up');
  await expect(page.locator('.cm-described')).toContainText('ENUM: OrderedReady, Parallel');
  await page.screenshot({ path: 'output/states/hover.png' });
  await page.mouse.move(0, 0);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('End');
  await page.keyboard.press('Control+ ');
  const choices = page.getByRole('listbox', { name: 'Completions' });
  await expect(choices.getByRole('option')).toHaveText(['OrderedReady', 'Parallel']);
  await page.keyboard.type('Par');
  await expect(choices.getByRole('option')).toHaveText(['Parallel']);
  // Not what a person could do before they have seen what there is.
  await page.waitForTimeout(200);
  await page.keyboard.press('Enter');
  await expect(box).toContainText('podManagementPolicy: Parallel');
  await page.keyboard.press('Enter');
  await page.keyboard.type('servi');
  await expect(page.locator('.cm-completionInfo')).toContainText('governs this StatefulSet');
  await page.screenshot({ path: 'output/states/completion.png' });
  expect(asked).toEqual(['lazy/schema.json']);
});

test('a template becomes a file, is applied and comes up', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '60×' }).click();
  const menu = page.getByRole('button', { name: 'New file from a template' });
  await menu.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Redis Cluster: three shards, nine pods' }).click();
  await expect(page.getByRole('tab', { name: 'redis-cluster.yaml' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('textbox', { name: 'redis-cluster.yaml' })).toBeVisible();
  await expect(page.locator('.editor-effect')).toContainText('nine pods');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  for (const shard of ['a', 'b', 'c']) {
    await expect(page.locator(`[data-pod=redis-${shard}-2]`)).toHaveAttribute('data-status', 'Running');
  }
});

test('kubectl edit opens the object in the editor: mended after an error, saved, cancelled', async ({ page }) => {
  test.slow();
  await open(page);
  await page.getByRole('button', { name: '10×' }).click();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page.locator('[data-pod=myapp-1]')).toHaveAttribute('data-status', 'Running');
  const prompt = page.getByRole('textbox', { name: 'Command line' });
  const log = page.getByRole('log');
  const box = page.getByRole('textbox', { name: 'kubectl edit' });
  const run = async () => {
    await prompt.fill('kubectl edit sts myapp');
    await prompt.press('Enter');
    await expect(box).toBeFocused();
    await expect(box).toContainText('# Please edit the object below.');
  };

  await run();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(log).toContainText('Edit cancelled, no changes made.');
  await expect(box).toHaveCount(0);
  await expect(prompt).toBeFocused();

  await run();
  const change = async (from: string, to: string) => {
    await box.press('Control+f');
    await page.getByRole('textbox', { name: 'Find' }).fill(from);
    await page.getByRole('textbox', { name: 'Replace' }).fill(to);
    await page.getByRole('button', { name: 'replace all' }).click();
    await page.keyboard.press('Escape');
  };
  await change('  replicas: 2', '  replicas: -1');
  await box.press('Control+Enter');
  await expect(box).toContainText('# statefulsets.apps "myapp" was not valid:');
  await change('  replicas: -1', '  replicas: 3');
  await page.getByRole('tab', { name: 'stateful-demo.yaml' }).click();
  await expect(textbox(page)).toBeVisible();
  await page.getByRole('tab', { name: 'kubectl edit' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(log).toContainText('statefulset.apps/myapp edited');
  await expect(page.locator('[data-pod=myapp-2]')).toHaveAttribute('data-status', 'Running');
});

for (const [width, height] of [[1440, 900], [1024, 768], [360, 740]]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme });
      test('the editor is accessible, and nothing is wider than the window', async ({ page }, info) => {
        await open(page);
        const panes = page.getByRole('navigation', { name: 'Panes' });
        if (await panes.isVisible()) await panes.getByRole('button', { name: 'YAML' }).click();
        const box = await editor(page);
        await box.press('Control+f');
        await expectAccessible(page);
        await page.screenshot({ path: info.outputPath('editor.png') });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
      });
    });
  }
}
