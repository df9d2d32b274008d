// For Node: the engine is read from disk and started when it is imported.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { initSync, Schema } from './engine/petset.js';

initSync({ module: readFileSync(new URL('engine/petset_bg.wasm', import.meta.url)) });

export async function loadSchema() {
  return new Schema(await readFile(new URL('schema.json', import.meta.url), 'utf8'));
}

export { Cluster, Schema } from './engine/petset.js';
