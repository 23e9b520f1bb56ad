import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unpack } from '../../src/format/index.js';
import { toOnnx } from '../../tools/onnx/index.js';
import { capture, captureJson } from './capture.js';
import { colourClassifier, colourFiles } from './models.js';

const { folder, model, data, picture } = colourFiles();

describe('inspect', () => {
  it('lists layers in aligned columns', async () => {
    const { code, out } = await capture(['inspect', model]);
    expect(code).toBe(0);
    expect(out).toContain('rgb image, mean 0.5 0.5 0.5');
    const lines = out.split('\n');
    const title = lines.find((line) => line.startsWith('layer ')) ?? '';
    const conv = lines.find((line) => line.startsWith('conv ')) ?? '';
    expect(conv).toContain('1x4x8x8');
    expect(conv.indexOf('1x4x8x8')).toBe(title.indexOf('output'));
    expect(conv.slice(0, title.indexOf('MACs') + 4)).toMatch(/6\.91 K$/);
    expect(lines.find((line) => line.startsWith('logits '))).toMatch(/ 12$/);
  });

  it('prints the same as one JSON document', async () => {
    const { layers, bytes, name, outputs } = await captureJson(['inspect', model]);
    expect(name).toBe('colours');
    expect(bytes).toBe(statSync(model).size);
    expect(outputs).toMatchObject([{ name: 'logits', type: { shape: [1, 3] } }]);
    expect(layers).toMatchObject([
      { name: 'conv', op: 'conv', weightBits: 32, bytes: 432, macs: 6912, outputShape: [1, 4, 8, 8] },
      { op: 'batchNorm' },
      { op: 'relu' },
      { op: 'globalAveragePool' },
      { op: 'reshape' },
      { op: 'linear', weightBits: 32, density: 0.25, macs: 12 },
    ]);
  });
});

describe('convert', () => {
  it('folds, and stores float weights in half the bytes', async () => {
    const target = join(folder, 'half.spikelet');
    const result = await captureJson(['convert', model, '-o', target, '--half']);
    expect(result).toMatchObject({ input: model, output: target, bytes: statSync(target).size });
    const graph = unpack(readFileSync(target));
    expect(graph.nodes.map((node) => node.op)).toEqual([
      'conv',
      'relu',
      'globalAveragePool',
      'reshape',
      'linear',
    ]);
    expect(graph.constants.get('conv.weight')?.storage).toBe('f16');
    expect(result.layers).toMatchObject([{ weightBits: 16 }, {}, {}, {}, { weightBits: 16 }]);
    expect(graph.outputs[0]?.meaning).toMatchObject({ labels: ['red', 'green', 'blue'] });
  });

  it('quantizes with the bits that are asked for and says so in the file', async () => {
    const target = join(folder, 'w4.spikelet');
    const options = [
      '--quantize',
      'w4',
      '--calibrate',
      data,
      '--samples',
      '6',
      '--bits',
      'conv=3',
      '--method',
      'mse',
    ];
    const { code, out } = await capture(['convert', model, '-o', target, ...options]);
    expect(code).toBe(0);
    expect(out).toContain('1 layer of 8 bits, 1 layer of 3 bits');
    const graph = unpack(readFileSync(target));
    expect(graph.constants.get('conv.weight')?.quantization?.bits).toBe(3);
    expect(graph.provenance).toEqual({
      method: 'quantized after training',
      floatMethod: 'test',
      quantizedFrom: 'colours.spikelet',
      quantization: expect.stringContaining('mse of 6 samples'),
      tool: expect.stringMatching(/^spikelet \d/),
    });
    const again = join(folder, 'w4-again.spikelet');
    await capture(['convert', model, '-o', again, ...options]);
    expect(readFileSync(again)).toEqual(readFileSync(target));
  });

  it('draws progress for a person only', async () => {
    const target = join(folder, 'int8.spikelet');
    const argv = ['convert', model, '-o', target, '--quantize', 'int8', '--calibrate', data];
    expect((await capture(argv)).err).not.toContain('\r');
    const { err } = await capture(argv, { isTTY: true });
    expect(err).toContain('quantizing');
    expect(err.endsWith('\r\u001b[K')).toBe(true);
  });

  it('takes meanings that the file lacks', async () => {
    const target = join(folder, 'meant.spikelet');
    const options = ['--mean', '0.1,0.2,0.3', '--std', '1,1,2', '--channels', 'bgr', '--labels', 'x, y,z'];
    await capture(['convert', model, '-o', target, ...options]);
    const graph = unpack(readFileSync(target));
    expect(graph.inputs[0]?.meaning).toEqual({
      kind: 'image',
      channels: 'bgr',
      mean: [0.1, 0.2, 0.3],
      std: [1, 1, 2],
    });
    expect(graph.outputs[0]?.meaning).toEqual({ kind: 'classes', labels: ['x', 'y', 'z'] });
    const said = ['--provenance', 'accuracy=91.5 % (top=1)', '--provenance', 'data=pets'];
    await capture(['convert', model, '-o', target, ...said]);
    expect(unpack(readFileSync(target)).provenance).toEqual({
      method: 'test',
      accuracy: '91.5 % (top=1)',
      data: 'pets',
    });
  });

  it('leaves nothing behind where it cannot write', async () => {
    const before = readdirSync(folder);
    const blocked = join(folder, `${'x'.repeat(300)}.spikelet`);
    const { code, err } = await capture(['convert', model, '-o', blocked]);
    expect(code).toBe(1);
    expect(err).toContain('cannot be written');
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('run and eval', () => {
  it('classify pictures, before and after quantization', async () => {
    const small = join(folder, 'small.spikelet');
    await capture(['convert', model, '-o', small, '--quantize', 'int8', '--calibrate', data]);
    for (const path of [model, small]) {
      const { results } = await captureJson(['run', path, '--image', picture, '--top', '2']);
      expect(results).toMatchObject([{ image: picture, classes: [{ label: 'green', index: 1 }, {}] }]);
      const { top1, images, classes, medianMs } = await captureJson(['eval', path, '--data', data]);
      expect([top1, images]).toEqual([1, 12]);
      expect(classes).toEqual(['blue', 'green', 'red'].map((label) => ({ label, images: 4, correct: 4 })));
      expect(medianMs).toBeGreaterThan(0);
    }
  });

  it('say how long the first run took and, apart from it, the later ones', async () => {
    const { results } = await captureJson(['run', model, '--image', picture, '--runs', '3']);
    const [{ firstMs, medianMs, ...first } = { firstMs: 0, medianMs: 0 }] = results as {
      firstMs: number;
      medianMs: number;
    }[];
    expect(first).toMatchObject({ repeats: 3, width: 20, height: 10 });
    expect(Math.min(firstMs, medianMs)).toBeGreaterThan(0);
    const shown = await capture(['run', model, '--image', picture]);
    expect(shown.out).toMatch(/^time +first \d.* ms, median of 5 more \d.* ms$/m);
    expect(shown.out).toMatch(/^picture +.*green.png {2}20x10, cut and scaled to 8x8$/m);
    const once = await capture(['run', model, '--image', picture, '--runs', '0', '--fit', 'stretch']);
    expect(once.out).toMatch(/^time +first \d\S* ms$/m);
    expect(once.out).toMatch(/20x10, scaled to 8x8$/m);
  });

  it('print tables for people', async () => {
    const shown = await capture(['run', model, '--image', picture, '--image', picture]);
    expect(shown.out.match(/green +\d+\.\d %/g)).toHaveLength(2);
    const { out } = await capture(['eval', model, '--data', data, '--limit', '5']);
    expect(out).toContain('5 of 12 images');
    expect(out).toMatch(/top-1 +100\.00 %/);
  });

  it('say which classes the model does not know', async () => {
    const named = join(folder, 'named.spikelet');
    await capture(['convert', model, '-o', named, '--labels', 'red,green,violet']);
    const { code, err } = await capture(['eval', named, '--data', data]);
    expect(code).toBe(1);
    expect(err).toContain('does not know the classes blue');
  });
});

describe('profile and bench', () => {
  it('measure each layer, and write a trace', async () => {
    const trace = join(folder, 'trace.json');
    const { layers, medianMs } = await captureJson(['profile', model, '--runs', '3', '--trace', trace]);
    expect(medianMs).toBeGreaterThan(0);
    expect(layers).toMatchObject([{ name: 'conv' }, {}, {}, {}, { name: 'logits' }]);
    const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8')) as { traceEvents: unknown[] };
    expect(traceEvents.length).toBeGreaterThan(3);
    expect((await capture(['profile', model, '--runs', '2'])).out).toContain('GMAC/s');
  });

  it('measure whole runs', async () => {
    const { engines, runs } = await captureJson(['bench', model, '--runs', '4']);
    expect(runs).toBe(4);
    expect(engines).toMatchObject([{ name: 'spikelet' }]);
    const [{ minMs, medianMs, p90Ms } = { minMs: 0, medianMs: 0, p90Ms: 0 }] = engines as {
      minMs: number;
      medianMs: number;
      p90Ms: number;
    }[];
    expect(minMs > 0 && minMs <= medianMs && medianMs <= p90Ms).toBe(true);
    expect((await capture(['bench', model, '--runs', '2'])).out).toContain('median');
  });

  it('measure another engine in turns, with the ratio of the medians', async () => {
    const onnx = join(folder, 'colours.onnx');
    writeFileSync(onnx, toOnnx(colourClassifier()));
    const options = ['--runs', '3', '--against', 'onnxruntime-web', '--onnx', onnx];
    const { out } = await capture(['bench', model, ...options]);
    const row = (text: string): string => out.split('\n').find((line) => line.startsWith(text)) ?? '';
    expect(row('engine  ')).toMatch(/ (fixed|relaxed) SIMD, 1 thread$/);
    expect(out).toMatch(/^engine +median +fastest +90 % +median \/ spikelet$/m);
    expect(row('spikelet ')).toMatch(/ 1\.00$/);
    expect(row('onnxruntime-web')).toMatch(/ \d+\.\d\d$/);
    const { engines } = await captureJson(['bench', model, ...options]);
    expect(engines).toMatchObject([{ name: 'spikelet' }, { name: expect.stringContaining('onnxruntime') }]);
  });
});
