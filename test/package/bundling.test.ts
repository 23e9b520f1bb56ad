import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { type Manifest, root } from './packed.js';

const { exports, dependencies }: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const entries = Object.entries(exports).flatMap(([name, entry]) =>
  typeof entry === 'string' || !entry.default ? [] : [[name, join(root, entry.default)] as const],
);

describe('a bundler has nothing to warn of in', () => {
  test.each(entries)('%s', async (_, file) => {
    const { warnings } = await build({
      stdin: {
        contents: `import * as entry from ${JSON.stringify(file)}; console.log(entry);`,
        resolveDir: root,
      },
      bundle: true,
      write: false,
      outdir: 'out',
      format: 'esm',
      platform: 'neutral',
      external: ['node:*', ...Object.keys(dependencies)],
      logLevel: 'silent',
    });
    expect(warnings.map(({ text, location }) => `${location?.file}: ${text}`)).toEqual([]);
  });
});
