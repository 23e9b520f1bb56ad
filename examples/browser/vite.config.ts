import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** All that the package needs is 'wasm-unsafe-eval', which lets a page compile WebAssembly. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
].join('; ');

/** Puts the policy into the built page. While developing, Vite needs inline styles of its own. */
const withPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
      injectTo: 'head-prepend',
    },
  ],
};

/** With these two a page is cross-origin isolated, so that threads can share memory. Without them it runs on one. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  root: path('.'),
  base: './',
  resolve: {
    // In a project of your own both lines fall away: the package is found by its name, models lie where you put them.
    alias: [
      { find: /^spikelet$/, replacement: path('../../dist/index.js') },
      { find: /^spikelet\/data$/, replacement: path('../../dist/data/index.js') },
      { find: '@models', replacement: process.env.MODELS ?? path('../models/resnet18-cifar10') },
    ],
  },
  plugins: [withPolicy],
  server: { headers: isolation, fs: { allow: [path('../..')] } },
  preview: { headers: isolation },
  build: { outDir: 'dist', target: 'es2022', assetsInlineLimit: 0, emptyOutDir: true },
  worker: { format: 'es' },
});
