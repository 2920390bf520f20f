// `npm run console`: bundles the console into dist/console, and says how large it is.

import { fileURLToPath } from 'node:url';
import { bundleConsole } from './console-bundle.ts';

const files = await bundleConsole(fileURLToPath(new URL('../dist/console', import.meta.url)));
const total = files.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
console.log(`dist/console: ${files.length} files, ${(total / 1000).toFixed(1)} kB gzipped`);
