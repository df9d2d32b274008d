// Measures the bench's cases in wasm: `node bench.cjs MODULE [CASE]` prints one line of JSON for each.
const { plan, Measured } = require(process.argv[2]);

// The slowest part of one run, in milliseconds.
function once(measured) {
  let slowest = 0;
  for (let number = 0; number < measured.rounds(); number += 1) {
    const begin = performance.now();
    measured.round(number);
    slowest = Math.max(slowest, performance.now() - begin);
  }
  return slowest;
}

for (const line of plan(process.argv[3] ?? "")) {
  const [name, size] = line.split(" ");
  const replicas = Number(size);
  let ms = Infinity;
  for (let left = 1; left > 0; left -= 1) {
    const measured = new Measured(name, replicas);
    if (ms === Infinity) left = measured.repeats();
    ms = Math.min(ms, once(measured));
    measured.free();
  }
  console.log(JSON.stringify({ case: name, replicas, target: "wasm", ms, us_per_pod: (ms * 1000) / replicas }));
}
