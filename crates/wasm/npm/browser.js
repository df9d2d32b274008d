// For browsers and bundlers: the engine is fetched and started once, before anything is exported.
import init, { Schema } from './engine/petset.js';

await init();

export async function loadSchema() {
  const response = await fetch(new URL('schema.json', import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  return new Schema(await response.text());
}

export { Cluster, Schema } from './engine/petset.js';
