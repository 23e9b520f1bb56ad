import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vite';
import pictures from '../browser/vite.config.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The same policy as the page for pictures, without the headers that isolate a page: a pipeline needs no shared memory. */
export default mergeConfig(
  { ...pictures, server: { fs: { allow: [path('../..')] } }, preview: {} },
  defineConfig({
    root: path('.'),
    resolve: {
      // In a project of your own this falls away: the package is found by its name.
      alias: [{ find: /^spikelet\/pipeline$/, replacement: path('../../dist/pipeline/index.js') }],
    },
  }),
);
