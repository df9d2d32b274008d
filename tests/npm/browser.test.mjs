// The package in a browser: from any file server, without a bundler.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { test } from 'node:test';

const PACKAGE = new URL('node_modules/petset/', import.meta.url);
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const PAGE = `<!doctype html><meta charset="utf-8"><script type="module">
  const say = (said) => fetch('/said', { method: 'POST', body: JSON.stringify(said) });
  try {
    const { Cluster, loadSchema } = await import('/browser.js');
    const cluster = new Cluster();
    const { exitCode } = cluster.run('kubectl apply -f stateful-demo.yaml');
    cluster.settle();
    cluster.useSchema(await loadSchema());
    const explained = cluster.run('kubectl explain sts.spec.serviceName').stdout;
    await say({ exitCode, pods: cluster.list('Pod').map((pod) => pod.metadata.name), explained });
  } catch (error) {
    await say({ error: String(error) });
  }
</script>`;

/** Serves the page and the package until the page has said something, which it resolves with. */
function served(address) {
  return new Promise((resolve, reject) => {
    const server = createServer(async (request, response) => {
      const path = new URL(request.url, 'http://localhost').pathname;
      if (path === '/said') {
        let body = '';
        for await (const part of request) body += part;
        response.end();
        server.close();
        return resolve(JSON.parse(body));
      }
      if (path === '/') return response.setHeader('Content-Type', 'text/html').end(PAGE);
      try {
        const file = readFileSync(new URL(`.${path}`, PACKAGE));
        response.setHeader('Content-Type', TYPES[extname(path)]).end(file);
      } catch {
        response.writeHead(404).end();
      }
    });
    server.on('error', reject).listen(0, '127.0.0.1', () => address(`http://127.0.0.1:${server.address().port}/`));
  });
}

test('a page imports the package and runs a cluster', { timeout: 60_000 }, async () => {
  const profile = await mkdtemp(join(tmpdir(), 'petset-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`];
  let browser;
  try {
    const said = await served((address) => {
      browser = spawn(process.env.CHROME ?? 'chromium', [...flags, address], { stdio: 'ignore' });
    });
    assert.deepEqual([said.error, said.exitCode, said.pods], [undefined, 0, ['myapp-0', 'myapp-1']]);
    assert.match(said.explained, /^FIELD: serviceName <string>$/m);
  } finally {
    const gone = new Promise((resolve) => browser.once('exit', resolve));
    browser.kill();
    await gone;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
