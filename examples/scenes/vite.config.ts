import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vite';
import pictures from '../browser/vite.config.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The same policy and headers as the page for pictures; only what is served differs. */
export default mergeConfig(
  pictures,
  defineConfig({
    root: path('.'),
    resolve: {
      // In a project of your own these fall away: the package is found by its name.
      alias: ['format', 'graph', 'scenes'].map((entry) => ({
        find: new RegExp(`^spikelet/${entry}$`),
        replacement: path(`../../dist/${entry}/index.js`),
      })),
    },
  }),
);
