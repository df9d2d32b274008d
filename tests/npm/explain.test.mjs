// `kubectl explain` in the package: it reads the schema, which is loaded when it is wanted.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Cluster, loadSchema, Schema } from 'petset';

const LINE = 'kubectl explain sts.spec.podManagementPolicy';

test('explain says that it misses the schema, and where it is', () => {
  const { exitCode, stderr, notes } = new Cluster().run(LINE);
  assert.deepEqual([exitCode, stderr], [1, 'error: the schema of the API is not loaded\n']);
  assert.match(notes.join(), /useSchema\(await loadSchema\(\)\)/);
});

test('one schema serves many clusters', async () => {
  const schema = await loadSchema();
  for (const version of ['1.36', '1.32']) {
    const cluster = new Cluster({ version });
    cluster.useSchema(schema);
    const { stdout, exitCode, notes } = cluster.run(LINE);
    assert.match(stdout, /^GROUP: +apps\nKIND: +StatefulSet\nVERSION: +v1\n\nFIELD: podManagementPolicy <string>\n/);
    assert.deepEqual([exitCode, notes], [0, []]);
  }
});

test('the schema is a file of the package, for those who serve it themselves', () => {
  const text = readFileSync(createRequire(import.meta.url).resolve('petset/schema.json'), 'utf8');
  const cluster = new Cluster();
  cluster.useSchema(new Schema(text));
  assert.equal(cluster.run(LINE).exitCode, 0);
  assert.throws(() => new Schema('{}'), /schema: missing field `components`/);
});
