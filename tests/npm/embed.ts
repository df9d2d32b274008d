// What the types of `<petset-playground>` must know: its methods and events, and what is refused.
import type { PetsetPlaygroundAttributes, RunResult } from 'petset/embed';

const playground = document.createElement('petset-playground');
playground.addEventListener('command', ({ detail }) => {
  const failed: boolean = detail.exitCode !== 0;
  console.log(detail.line, failed, detail.stdout);
});
playground.addEventListener('goal', ({ detail }) => console.log(detail.lesson, detail.step / detail.steps));
playground.addEventListener('change', ({ detail }) => console.log(detail.resourceVersion, detail.elapsedSeconds));
playground.addEventListener('keydown', () => {});

const result: RunResult = await playground.run('kubectl get pods');
const names: string[] = (await playground.snapshot()).objects.Pod.map((pod) => pod.metadata.name);
const attributes: PetsetPlaygroundAttributes = { show: 'stage', height: 560, load: 'click', autoplay: true };
console.log(result.stderr, names, attributes);

// @ts-expect-error Seconds are a number.
await playground.advance('30');
// @ts-expect-error There is no such world.
attributes.world = 'mars';
export {};
