// How Playwright runs the tests of the built page. `cargo xtask test --only page` sets both variables:
// PETSET_URL is where the page is served, CHROME the browser to start.
import { defineConfig } from '@playwright/test';

const url = process.env.PETSET_URL;
if (!url?.endsWith('/')) {
  throw new Error(
    'PETSET_URL must be the address of the page, with a slash at its end. Run `cargo xtask test --only page`, ' +
      'or `PETSET_URL=… CHROME=… npm test` with the address that `cargo xtask serve` prints.',
  );
}
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  outputDir: 'output',
  forbidOnly: true,
  fullyParallel: true,
  // Two, so that loading times are not measured under a crowd of tabs.
  workers: 2,
  // A busy machine is no failure.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    // What a test sees is what the server has; offline.spec.ts wants the page's worker.
    serviceWorkers: 'block',
    launchOptions: {
      executablePath: process.env.CHROME,
      // Chromium's sandbox refuses to start as root; everybody else keeps it.
      chromiumSandbox: !isRoot,
      // No graphics card is needed, and nothing is fetched but the page.
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-dev-shm-usage',
      ],
    },
  },
});
