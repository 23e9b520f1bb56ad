import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('.'),
  base: './',
  resolve: { alias: [{ find: /^spikelet\/devices$/, replacement: path('../../../dist/devices/index.js') }] },
  worker: { format: 'es' },
  build: { target: 'es2022' },
});
