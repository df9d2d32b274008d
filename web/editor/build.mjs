// Bundles the editor into the file that is given.
import { build } from 'esbuild';

const [outfile] = process.argv.slice(2);
await build({ entryPoints: ['editor.js'], outfile, bundle: true, minify: true, format: 'esm', target: 'es2022' });
