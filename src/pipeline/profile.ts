import { checkAmount, checkCount, checkList, checkName, rejectInput } from './check.js';

/** A layer after which a model can be cut, with what it costs. */
export interface LayerProfile {
  readonly name: string;
  /** Seconds that one micro-batch takes, by type of device. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Bytes that its weights keep for as long as a stage lives. */
  readonly weightBytes: number;
  /** Bytes that it needs while it runs, besides weights, input and output. */
  readonly peakBytes: number;
  /** Elements of each tensor that crosses a cut after this layer, for one item. */
  readonly outputs: readonly number[];
}

/** What the layers of a model cost: all that is needed to place them on devices. */
export interface ModelProfile {
  readonly model: string;
  /** Items of a micro-batch: what travels through the pipeline at once. */
  readonly batch: number;
  /** Elements of each input, for one item. */
  readonly inputs: readonly number[];
  readonly layers: readonly LayerProfile[];
}

/** Layers of a model beyond this are refused. */
export const mostLayers = 1024;

function checkElements(elements: unknown, where: string): void {
  checkList(elements, where);
  elements.forEach((count, i) => {
    checkCount(count, `${where}[${i}]`);
  });
}

function checkLayer(layer: LayerProfile, where: string): void {
  checkName(layer.name, `${where}.name`);
  if (typeof layer.seconds !== 'object' || layer.seconds === null) {
    rejectInput(`${where}.seconds`, 'must be an object with seconds by type of device');
  }
  for (const [type, seconds] of Object.entries(layer.seconds))
    checkAmount(seconds, `${where}.seconds.${type}`);
  checkAmount(layer.weightBytes, `${where}.weightBytes`);
  checkAmount(layer.peakBytes, `${where}.peakBytes`);
  checkElements(layer.outputs, `${where}.outputs`);
}

/** Throws `invalid-input`, naming the field, for a profile that cannot be. */
export function checkProfile(profile: ModelProfile): void {
  checkName(profile.model, 'profile.model');
  checkCount(profile.batch, 'profile.batch');
  checkElements(profile.inputs, 'profile.inputs');
  checkList(profile.layers, 'profile.layers');
  if (profile.layers.length === 0) rejectInput('profile.layers', 'must have one layer at least');
  if (profile.layers.length > mostLayers) {
    rejectInput('profile.layers', `has ${profile.layers.length} layers, at most ${mostLayers} are possible`);
  }
  profile.layers.forEach((layer, i) => {
    checkLayer(layer, `profile.layers[${i}]`);
  });
}

/** Seconds that a layer takes on a type of device, or undefined where that was not measured. */
export const secondsOn = ({ seconds }: LayerProfile, type: string): number | undefined =>
  Object.hasOwn(seconds, type) ? seconds[type] : undefined;

/** Whether every layer was measured on a type of device. */
export const isMeasuredOn = ({ layers }: ModelProfile, type: string): boolean =>
  layers.every((layer) => secondsOn(layer, type) !== undefined);

const bytesPerFloat = 4;

/** Bytes of tensors in f32, for a micro-batch. */
export const floatBytes = (elements: readonly number[], batch: number): number =>
  bytesPerFloat * batch * elements.reduce((sum, count) => sum + count, 0);

/** Tensors that cross a cut before layer `at`; the inputs for 0. */
export const crossing = ({ inputs, layers }: ModelProfile, at: number): readonly number[] =>
  at === 0 ? inputs : (layers[at - 1]?.outputs ?? []);
