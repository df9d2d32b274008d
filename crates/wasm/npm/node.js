// For Node: the engine is read from disk and started when it is imported.
import { readFileSync } from 'node:fs';
import { initSync } from './engine/petset.js';

initSync({ module: readFileSync(new URL('engine/petset_bg.wasm', import.meta.url)) });

export { Cluster } from './engine/petset.js';
