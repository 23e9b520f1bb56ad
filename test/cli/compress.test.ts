import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../../src/format/index.js';
import { capture, captureJson } from './capture.js';
import { colourClassifier, colourFiles } from './models.js';

const { folder, model, data } = colourFiles();
const at = (name: string): string => join(folder, name);
const usual = ['--calibrate', data, '--samples', '6', '--probes', '3'];

describe('compress', () => {
  it('prunes, allocates bits and quantizes, and says what it decided', async () => {
    const target = at('small.spikelet');
    const options = ['--prune', '0.4', '--bits', '6', '--edge-bits', '2', '--widths', '2,3,4,8'];
    const { code, out } = await capture(['compress', model, '-o', target, ...usual, ...options]);
    expect(code).toBe(0);
    expect(out).toMatch(/^pruning +40 % of the weights by magnitude, irregular pattern, global scope$/m);
    expect(out).toMatch(/^layer +parameters +density +bits +bytes +error at 2 +error at 3/m);
    const graph = unpack(readFileSync(target));
    const weights = ['conv', 'logits'].map((name) => graph.constants.get(`${name}.weight`));
    const bits = weights.reduce(
      (sum, weight) => sum + (weight?.data.length ?? 0) * (weight?.quantization?.bits ?? 0),
      0,
    );
    expect(bits).toBeLessThanOrEqual(6 * 120);
    const zeros = Array.from(weights[0]?.data ?? []).filter((w) => w === 0).length;
    expect(zeros).toBeGreaterThanOrEqual(36);
  });

  it('prints the same as one JSON document, with the accuracy where there are labels', async () => {
    const target = at('json.spikelet');
    const options = ['--bits', '8', '--data', data, '--limit', '9'];
    const result = await captureJson(['compress', model, '-o', target, ...usual, ...options]);
    expect(result).toMatchObject({
      input: model,
      output: target,
      bytes: statSync(target).size,
      accuracy: { images: 9, before: 1, after: 1 },
      allocation: { budget: 960, cost: 960 },
      compression: { byBits: 4 },
      definitions: { byZeros: expect.stringContaining('not zero') },
      layers: [
        { name: 'conv', weightBits: 8, errors: { 8: expect.any(Number) } },
        { name: 'logits', weightBits: 8 },
      ],
    });
  });

  it('quantizes to 8 bits where no budget is given', async () => {
    const target = at('plain.spikelet');
    const result = await captureJson(['compress', model, '-o', target, ...usual.slice(0, 4)]);
    expect(result.layers).toMatchObject([{ weightBits: 8 }, { weightBits: 8 }]);
    expect(result).not.toHaveProperty('allocation');
    expect(unpack(readFileSync(target)).provenance).toMatchObject({
      method: 'quantized after training',
      floatMethod: 'test',
      quantizedFrom: basename(model),
      quantization: expect.stringMatching(/2 of 8 bits.* samples/),
    });
  });

  it('keeps within milliseconds, by profiles of the same network', async () => {
    const files = ([2, 4, 8] as const).map((bits) => {
      const layers = [
        { name: 'image.quantize', weightBits: 0, medianMs: 1 },
        { name: 'conv', weightBits: bits, medianMs: bits },
        { name: 'logits', weightBits: bits, medianMs: bits },
      ];
      writeFileSync(at(`w${bits}.json`), JSON.stringify({ layers }));
      return ['--cost', at(`w${bits}.json`)];
    });
    const times = [...files.flat(), '--edge-bits', '2'];
    const target = at('fast.spikelet');
    const result = await captureJson(['compress', model, '-o', target, ...usual, '--ms', '11', ...times]);
    const layers = result.layers as { readonly weightBits: number }[];
    expect(layers.reduce((sum, { weightBits }) => sum + weightBits, 0)).toBe(10);
    const short = await capture(['compress', model, '-o', target, ...usual, '--ms', '4', ...times]);
    expect(short.code).toBe(2);
    expect(short.err).toMatch(/budget of 3 ms: cannot be met: the least that these widths allow is 4 ms/);
    writeFileSync(at('bad.json'), '{"layers":[{}]}');
    const bad = await capture([
      ...['compress', model, '-o', target, ...usual],
      ...['--ms', '4', '--cost', at('bad.json')],
    ]);
    expect(bad).toMatchObject({ code: 1 });
    expect(bad.err).toContain('bad.json');
  });

  it('reads what profile prints', async () => {
    const int8 = at('int8.spikelet');
    await capture(['compress', model, '-o', int8, ...usual.slice(0, 4)]);
    const profile = await capture(['profile', int8, '--runs', '2', '--json']);
    writeFileSync(at('profile.json'), profile.out);
    const options = ['--ms', '1e6', '--cost', at('profile.json'), '--widths', '8'];
    const result = await captureJson(['compress', model, '-o', at('own.spikelet'), ...usual, ...options]);
    expect(result.layers).toMatchObject([{ weightBits: 8 }, { weightBits: 8 }]);
  });

  it.each([
    [[], /needs --output|needs --calibrate/],
    [['-o', 'x.spikelet'], /needs --calibrate/],
    [['-o', 'x.spikelet', ...usual.slice(0, 2), '--prune', '1'], /--prune must be a share/],
    [
      ['-o', 'x.spikelet', ...usual.slice(0, 2), '--pattern', 'grouped'],
      /--pattern does nothing without --prune/,
    ],
    [
      ['-o', 'x.spikelet', ...usual.slice(0, 2), '--prune', '0.5', '--pattern', 'x'],
      /--pattern cannot be 'x'/,
    ],
    [['-o', 'x.spikelet', ...usual.slice(0, 2), '--bits', '0'], /--bits must be a number above 0/],
    [['-o', 'x.spikelet', ...usual.slice(0, 2), '--bits', '4', '--bytes', '9'], /give one of them/],
    [['-o', 'x.spikelet', ...usual.slice(0, 2), '--widths', '2'], /--widths does nothing without --bits/],
    [['-o', 'x.spikelet', ...usual.slice(0, 2), '--ms', '2'], /--ms needs --cost/],
    [['-o', 'x.spikelet', ...usual.slice(0, 2), '--cost', 'y.json'], /--cost does nothing without --ms/],
    [
      ['-o', 'x.spikelet', ...usual.slice(0, 2), '--bits', '4', '--widths', '2,9'],
      /--widths must give 2 to 8/,
    ],
  ])('gives exit code 2 for the arguments %j', async (argv, message) => {
    const { code, out, err } = await capture(['compress', model, ...argv]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  it('says which layer names it does not know, and which budgets cannot be met', async () => {
    const run = (...options: readonly string[]) =>
      capture(['compress', model, '-o', at('no.spikelet'), ...usual, ...options]);
    expect((await run('--bits', '8', '--tie', 'conv,logit')).err).toMatch(/logit.*did you mean 'logits'/);
    expect(await run('--bits', '1')).toMatchObject({ code: 2 });
  });

  it('refuses a model that is quantized already', async () => {
    const small = at('already.spikelet');
    await capture(['compress', model, '-o', small, ...usual.slice(0, 4)]);
    const { code, err } = await capture([
      'compress',
      small,
      '-o',
      at('twice.spikelet'),
      ...usual.slice(0, 4),
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/already\.spikelet.*quantized already/);
  });
});

describe('inspect', () => {
  it('gives the compression of each layer and of the file, and says what each figure means', async () => {
    const graph = colourClassifier();
    const scales = new Float32Array(4).fill(0.1);
    const data = new Int8Array(4 * 27);
    data.fill(3, 0, 27);
    const constants = new Map(graph.constants).set('conv.weight', {
      dtype: 'i8',
      shape: [4, 3, 3, 3],
      data,
      quantization: { bits: 4, scales, axis: 0 },
    });
    const nodes = graph.nodes.filter(({ name }) => name === 'conv');
    const input = {
      ...graph.inputs[0],
      type: { dtype: 'u8', shape: [1, 3, 8, 8], quantization: { scale: 1, zeroPoint: 0 } },
    };
    const conv = { ...nodes[0], quantization: { scale: 1, zeroPoint: 0 } };
    const weights = new Map([...constants].filter(([name]) => name === 'conv.weight'));
    const one = {
      name: 'one',
      inputs: [input],
      outputs: [{ name: 'conv' }],
      nodes: [conv],
      constants: weights,
    };
    const path = at('one.spikelet');
    writeFileSync(
      path,
      pack(JSON.parse(JSON.stringify(one), (key, value) => (key === 'constants' ? weights : value))),
    );
    const { layers, compression, definitions, bytes } = await captureJson(['inspect', path]);
    expect(layers).toMatchObject([
      { weightBits: 4, density: 0.25, parameters: 108, compression: { byBits: 8, byZeros: 4 } },
    ]);
    expect(compression).toEqual({ byBits: 8, byZeros: 4, byBytes: 432 / Number(bytes) });
    expect(Object.keys(definitions as object)).toEqual(Object.keys(compression as object));
    const { out } = await capture(['inspect', path]);
    expect(out).toMatch(
      /^ +\/bits +8\.00x +32 bits a weight against the bits of its width, zeros included$/m,
    );
    expect(out).toMatch(/^ +\/zeros +4\.00x/m);
  });
});
