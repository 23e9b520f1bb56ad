import type { Cube, GroundTruth } from 'spikelet/data';
import { type Graph, graphBuilder } from 'spikelet/graph';

const [height, width, bands, classes] = [150, 200, 80, 5];

/** A smooth spectrum for each class, from 0 to 1. */
const brightness = (label: number, band: number): number => {
  const x = band / (bands - 1);
  const bump = Math.exp(-(((x - label / (classes + 1)) / 0.12) ** 2));
  return 0.25 + 0.25 * Math.sin(Math.PI * x) + 0.4 * bump;
};

/** Bands of fields that wind over the scene; between two of them a line without label. */
function fieldAt(row: number, column: number): number {
  const place = (row + 18 * Math.sin(column / 24) + 0.4 * column) / 34;
  const within = place - Math.floor(place);
  return within < 0.05 ? 0 : 1 + (Math.floor(place) % classes);
}

/** A scene that is made up, with noise, and its labels. */
export function madeScene(): { readonly cube: Cube; readonly truth: GroundTruth } {
  const data = new Int16Array(height * width * bands);
  const labels = new Uint8Array(height * width);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = fieldAt(Math.floor(pixel / width), pixel % width);
    labels[pixel] = label;
    const light = 0.85 + 0.15 * Math.sin(pixel / width / 20);
    for (let band = 0; band < bands; band++) {
      const noise = 0.12 * (Math.random() - 0.5);
      data[pixel * bands + band] = Math.round(8000 * (light * brightness(label, band) + noise));
    }
  }
  const wavelengths = Array.from({ length: bands }, (_, band) => 400 + (2100 * band) / (bands - 1));
  const names = ['water', 'meadow', 'maize', 'vines', 'fallow'];
  const about = { height, width };
  return {
    cube: { ...about, name: 'a made-up scene', bands, data, wavelengths, wavelengthUnit: 'nm' },
    truth: { ...about, name: 'its labels', labels, classNames: ['unlabelled', ...names] },
  };
}

/** A network that takes the 5x5 pixels around a pixel for the class whose spectrum is nearest to their mean. */
export function madeNetwork(): Graph {
  const [size, sharpness] = [5, 60];
  const area = size * size;
  const labels = Array.from({ length: classes }, (_, i) => i + 1);
  const weights = Float32Array.from({ length: classes * bands * area }, (_, i) => {
    const [label, band] = [1 + Math.floor(i / bands / area), Math.floor(i / area) % bands];
    return (sharpness * brightness(label, band)) / area;
  });
  const bias = Float32Array.from(labels, (label) => {
    let square = 0;
    for (let band = 0; band < bands; band++) square += brightness(label, band) ** 2;
    return (-sharpness * square) / 2;
  });
  const net = graphBuilder('nearest spectrum');
  const patch = net.input('patch', { dtype: 'f32', shape: [1, bands, size, size] });
  const shape = [classes, bands, size, size];
  const weight = net.constant('weight', { dtype: 'f32', shape, data: weights });
  const inputs = [patch, weight, net.constant('bias', { dtype: 'f32', shape: [classes], data: bias })];
  const names = ['water', 'meadow', 'maize', 'vines', 'fallow'];
  net.output(net.node('conv', inputs, { name: 'scores' }), { kind: 'classes', labels: names });
  const normalisation = JSON.stringify({ kind: 'minmax', minimum: 0, maximum: 8000 });
  return { ...net.build(), provenance: { normalisation } };
}
