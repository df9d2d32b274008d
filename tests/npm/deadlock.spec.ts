// An example under vitest: my readiness gate deadlocks under OrderedReady, and not under Parallel.
import { readFileSync } from 'node:fs';
import { Cluster } from 'petset';
import { expect, test } from 'vitest';

const manifest = readFileSync(new URL('web.yaml', import.meta.url), 'utf8');

/** A cluster in which no pod becomes ready by itself: each waits for its peers. */
function waitingForPeers(text: string): Cluster {
  const cluster = new Cluster({ world: 'empty' });
  cluster.fault({ type: 'break', defect: { type: 'failReadiness', pods: 'web-.*' } });
  expect(cluster.apply(text).exitCode).toBe(0);
  cluster.advance(600);
  return cluster;
}

test('my readiness gate deadlocks under OrderedReady', () => {
  const cluster = waitingForPeers(manifest);
  expect(cluster.list('Pod').map((pod) => pod.metadata.name)).toEqual(['web-0']);
  const why = cluster.decisions().find(({ about }) => about.kind === 'StatefulSet');
  expect(why).toMatchObject({ verdict: 'waiting', details: { pod: { name: 'web-0' }, lacks: 'ready' } });
});

test('Parallel makes the peers, and the gate can open', () => {
  const cluster = waitingForPeers(manifest.replace('replicas: 5', 'replicas: 5\n  podManagementPolicy: Parallel'));
  expect(cluster.list('Pod')).toHaveLength(5);
  cluster.fault({ type: 'healAll' });
  expect(cluster.settle()).toBe(true);
  expect(cluster.run('kubectl get sts web --no-headers').stdout).toMatch(/^web +5\/5 /);
});
