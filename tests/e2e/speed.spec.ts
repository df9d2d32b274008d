// How soon the page is of use. Runs before the others, alone, so that it measures the page and not the crowd.
import { test } from './fixtures';

test('the cluster answers soon after the page is asked for', async ({ page }) => {
  // Types as soon as there is a prompt, inside the page, so that the test's own round trips are not counted.
  await page.addInitScript(() => {
    const until = <T>(find: () => T | null | undefined | false) =>
      new Promise<T>((resolve) => {
        const look = () => {
          const found = find();
          if (found) resolve(found);
          else requestAnimationFrame(look);
        };
        look();
      });
    const answered = async () => {
      await until(() => document.querySelector('[data-ready]'));
      const ready = performance.now();
      const prompt = document.querySelector<HTMLTextAreaElement>('#prompt')!;
      prompt.value = 'kubectl get nodes';
      prompt.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await until(() => prompt.value === 'kubectl get nodes');
      prompt.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
      await until(() => document.querySelector('[role=log]')?.textContent?.includes('node-1'));
      return { ready, answer: performance.now() };
    };
    Object.assign(window, { answered: answered() });
  });
  await page.goto('./');
  const { ready, answer } = await page.evaluate(
    () => (window as unknown as { answered: Promise<{ ready: number; answer: number }> }).answered,
  );
  // Printed, not asserted: how fast the machine is says nothing about the page.
  console.log(`from page load: ready after ${ready.toFixed(0)} ms, the first answer after ${answer.toFixed(0)} ms`);
});
