// What the types must know, checked by `tsc`: the calls of an author of tests, and what is refused.
import { Cluster, type Decision, type Fault, loadSchema, type RunResult, type Schema } from 'petset';

const cluster = new Cluster({ version: '1.32', world: 'empty', nodes: 5, featureGates: { MaxUnavailableStatefulSet: true } });
const result: RunResult = cluster.run('kubectl get pods', { timeoutSeconds: 5 });
const fault: Fault = { type: 'crash', pod: 'web-0' };
cluster.fault(fault);
const names: string[] = cluster.list('Pod', 'default').map((pod) => pod.metadata.name);
const decision: Decision | undefined = cluster.decisions()[0];
if (decision?.verdict === 'waiting') names.push(decision.details.pod.name);
const answer: string[] = cluster.dig('web.default.svc.cluster.local', 'SRV').answer;
names.push(result.stdout, ...answer);
const schema: Schema = await loadSchema();
cluster.useSchema(schema);

// @ts-expect-error There is no such kind.
cluster.list('Gadget');
// @ts-expect-error There is no such version.
new Cluster({ version: '1.20' });
// @ts-expect-error A crash needs a pod.
cluster.fault({ type: 'crash' });
// @ts-expect-error A text is no schema before it is read.
cluster.useSchema('{}');
