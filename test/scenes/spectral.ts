import type { Cube, GroundTruth } from '../../src/data/cube/cube.js';
import { normalisationOf } from '../../src/data/cube/normalise.js';
import { f32Type } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { meanSpectra } from '../../src/scenes/index.js';
import { Layers } from './networks.js';

/**
 * A network that takes a pixel for the class whose mean spectrum is nearest to the mean of the 3x3 pixels around it. Its
 * classes are called by their labels, and it says how its input is normalised.
 */
export function nearestSpectrum(cube: Cube, truth: GroundTruth): Graph {
  const normalisation = normalisationOf(cube, 'minmax');
  if (normalisation.kind !== 'minmax') throw new Error('expected a range');
  const { minimum, maximum } = normalisation;
  const spectra = meanSpectra(cube, truth.labels).map(({ label, mean }) => ({
    label,
    mean: mean.map((x) => (x - minimum) / (maximum - minimum)),
  }));
  const net = new Layers('nearest', 1);
  const x = net.builder.input('patch', f32Type([1, cube.bands, 3, 3]));
  const scale = 40;
  const weights = spectra.flatMap(({ mean }) =>
    [...mean].flatMap((value) => new Array<number>(9).fill((scale * value) / 9)),
  );
  const biases = spectra.map(({ mean }) => (-scale * mean.reduce((sum, v) => sum + v * v, 0)) / 2);
  const inputs = [
    x,
    net.builder.constant('weight', {
      dtype: 'f32',
      shape: [spectra.length, cube.bands, 3, 3],
      data: Float32Array.from(weights),
    }),
    net.builder.constant('bias', { dtype: 'f32', shape: [spectra.length], data: Float32Array.from(biases) }),
  ];
  const sums = net.builder.node('conv', inputs, { name: 'conv' });
  const scores = net.reshape('scores', sums, [1, spectra.length]);
  net.builder.output(scores, { kind: 'classes', labels: spectra.map(({ label }) => `class ${label}`) });
  return { ...net.builder.build(), provenance: { normalisation: JSON.stringify(normalisation) } };
}
