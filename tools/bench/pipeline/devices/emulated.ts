import type { StagedModel } from '../../../../src/devices/line/staged-model.js';
import { wireBytes } from '../../../../src/devices/line/staged-model.js';
import type { OpenStage } from '../../../../src/devices/stage/open-stage.js';
import type { GraphInput } from '../../../../src/graph/graph.js';
import type { Tensor } from '../../../../src/graph/tensor.js';
import type { ModelProfile } from '../../../../src/pipeline/index.js';

/** Tensors before a layer, of one micro-batch; the results after the last layer. */
const sizesAt = ({ batch, inputs, layers }: ModelProfile, layer: number): readonly number[] =>
  (layer === 0 ? inputs : (layers[layer - 1]?.outputs ?? [])).map((elements) => batch * elements);

const nameAt = (layer: number, i: number): string => `value ${layer}.${i}`;

const tensorsAt = (profile: ModelProfile, layer: number): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    sizesAt(profile, layer).map((count, i): [string, Tensor] => [
      nameAt(layer, i),
      { dtype: 'f32', shape: [count], data: new Float32Array(count).fill(layer + 1) },
    ]),
  );

/** A model of which only its profile is known: its values have the right sizes, and its stage files hold nothing. */
export function emulatedModel(profile: ModelProfile): StagedModel {
  const layers = profile.layers.length;
  const ports = (layer: number): readonly GraphInput[] =>
    sizesAt(profile, layer).map((count, i) => ({
      name: nameAt(layer, i),
      type: { dtype: 'f32', shape: [count] },
    }));
  const described = (layer: number) => ports(layer).map(({ name, type }) => ({ name, ...type }));
  return {
    name: profile.model,
    graphInputs: ports(0),
    inputs: described(0),
    outputs: described(layers),
    layers,
    header: new TextEncoder().encode(profile.model),
    stageFile: (begin, end) => new TextEncoder().encode(`${profile.model} ${begin} ${end}`),
    bytesAt: (layer) => wireBytes(ports(layer).map(({ name, type }) => [name, type.shape[0] ?? 0])),
    estimate: () => profile,
  };
}

/** The inputs of a micro-batch. */
export const emulatedInputs = (profile: ModelProfile): Readonly<Record<string, Tensor>> =>
  tensorsAt(profile, 0);

/** A stage that takes the time that the profile has for its layers and gives values of the right sizes. */
export const emulatedStage =
  (profile: ModelProfile, type: string, scale: number): OpenStage =>
  async ({ begin, end }) => {
    const layers = profile.layers.slice(begin, end);
    const seconds = layers.reduce((sum, layer) => sum + (layer.seconds[type] ?? Number.NaN), 0);
    const outputs = tensorsAt(profile, end);
    return {
      run: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1000 * scale * seconds));
        return outputs;
      },
      close: () => undefined,
    };
  };
