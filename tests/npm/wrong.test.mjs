// Wrong arguments, as somebody without TypeScript may write them: an error says what is wrong, and the cluster goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster, Schema } from 'petset';

const cluster = new Cluster();
const CALLS = {
  'world': () => new Cluster({ world: 'mars' }),
  'line': () => cluster.run(5),
  'manifest': () => cluster.apply(),
  'content': () => cluster.writeFile('web.yaml', {}),
  'kind': () => cluster.list(),
  'namespace': () => cluster.list('Pod', 7),
  'name': () => cluster.get('Pod', 'default'),
  'pod': () => cluster.resolve('default', null, 'web'),
  'type': () => cluster.dig('web', 1),
  'seconds': () => cluster.advance(),
  'document': () => new Schema(),
};

for (const [what, call] of Object.entries(CALLS)) {
  test(`a wrong ${what} is told`, () => {
    assert.throws(call, (error) => error instanceof Error && !(error instanceof WebAssembly.RuntimeError) && error.message.includes(what));
    assert.equal(cluster.run('kubectl get pv -o name').stdout.split('\n').length, 6);
  });
}
