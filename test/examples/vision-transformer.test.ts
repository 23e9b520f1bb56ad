import { expect, test } from 'vitest';
import { captureJson } from '../cli/capture.js';

const folder = 'examples/models/vit-cifar10';

test('the trained vision transformer classifies the sample, in integers as in floats', async () => {
  const top1 = async (file: string): Promise<number> => {
    const data = 'examples/images/cifar10/sample.zip';
    const report = await captureJson(['eval', `${folder}/${file}`, '--data', data]);
    expect(report.images).toBe(500);
    return Number(report.top1);
  };
  const float = await top1('float.spikelet');
  const integer = await top1('int8.spikelet');
  expect(float).toBeGreaterThan(0.8);
  expect(Math.abs(float - integer)).toBeLessThan(0.01);
});
