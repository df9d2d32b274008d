// The examples of the package's README, word by word.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const readme = readFileSync(new URL('node_modules/petset/README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
const cwd = fileURLToPath(new URL('.', import.meta.url));
// A runner within a runner would speak with it in a format of their own.
const { NODE_TEST_CONTEXT, ...env } = process.env;

test('there are examples', () => assert.equal(examples.length, 3));

for (const code of examples) {
  const name = /test\('(.*)'/.exec(code)?.[1] ?? code.trim().split('\n').at(-1);
  test(`README: ${name}`, () => {
    const words = ['--input-type=module', '--eval', code];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd, env, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  });
}
