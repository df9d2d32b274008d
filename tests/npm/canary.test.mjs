// An example under Node's own test runner: my canary touches only pod 4.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Cluster } from 'petset';

const manifest = readFileSync(new URL('web.yaml', import.meta.url), 'utf8');

const images = (cluster) => cluster.list('Pod').map((pod) => pod.spec.containers[0].image);

test('my canary touches only pod 4', () => {
  const cluster = new Cluster({ world: 'empty' });
  assert.equal(cluster.apply(manifest).exitCode, 0);
  assert.ok(cluster.settle());
  const before = cluster.list('Pod').map((pod) => pod.metadata.uid);

  cluster.run(`kubectl patch sts web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":4}}}}'`);
  cluster.run('kubectl set image sts/web web=ikubernetes/myapp:v2');
  assert.ok(cluster.settle());

  const [v1, v2] = ['ikubernetes/myapp:v1', 'ikubernetes/myapp:v2'];
  assert.deepEqual(images(cluster), [v1, v1, v1, v1, v2]);
  const after = cluster.list('Pod').map((pod) => pod.metadata.uid);
  assert.deepEqual(after.slice(0, 4), before.slice(0, 4));
  assert.notEqual(after[4], before[4]);
  assert.deepEqual(cluster.resolve('default', 'web-0', 'web-4.web'), [cluster.get('Pod', 'default', 'web-4').status.podIP]);
});

test('the same calls give the same cluster', () => {
  const play = () => {
    const cluster = new Cluster({ world: 'empty', seed: 7 });
    cluster.apply(manifest);
    cluster.fault({ type: 'break', defect: { type: 'nodeDown', node: 'node-2' } });
    cluster.advance(400);
    return cluster.snapshot();
  };
  assert.deepEqual(play(), play());
});
