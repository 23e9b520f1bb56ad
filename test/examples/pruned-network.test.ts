import { expect, test } from 'vitest';
import { captureJson } from '../cli/capture.js';

const file = 'examples/models/dnr-vgg16-cifar10/dnr.spikelet';

test('the trained network with one weight in twenty classifies the sample', async () => {
  const data = 'examples/images/cifar10/sample.zip';
  const report = await captureJson(['eval', file, '--data', data]);
  expect(report.images).toBe(500);
  expect(Number(report.top1)).toBeGreaterThan(0.7);
  const { compression } = await captureJson(['inspect', file]);
  expect(compression).toMatchObject({ byZeros: expect.closeTo(20.2, 1) });
});
