import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { disjointSplit, formatSplit, parseSplit, randomSplit } from '../../../src/data/index.js';
import { syntheticScene } from '../../../tools/bench/scenes/synthetic.js';
import { temporaryFolder } from '../archives.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const imports = 'import numpy, scipy.io, PIL';
const python = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', imports]).status === 0);

describe.skipIf(python === undefined)(
  'the training tools (skipped where Python with NumPy, SciPy and Pillow is absent)',
  () => {
    it.each([randomSplit, disjointSplit])('read and write the splits of %o', (make) => {
      const { truth } = syntheticScene({ height: 40, width: 50, bands: 1, classes: 3 });
      const split = make(truth, { train: 0.3, patch: 5, seed: 7 });
      const folder = temporaryFolder();
      const [from, to] = [join(folder, 'from.json'), join(folder, 'to.json')];
      writeFileSync(from, formatSplit(split));
      const command = [path('resave_split.py'), path('../../../tools/train'), from, to];
      const { status, stderr } = spawnSync(python ?? '', command, { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(parseSplit(readFileSync(to, 'utf8'), to)).toEqual(split);
    });
  },
);
