// For browsers and bundlers: the engine is fetched and started once, before anything is exported.
import init from './engine/petset.js';

await init();

export { Cluster } from './engine/petset.js';
