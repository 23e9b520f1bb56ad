export { greatest, probabilities, type ScoredClass, topClasses } from './classes.js';
export { type Confusion, confusionOf, type Scores, scoresOf } from './confusion.js';
export { type DisjointOptions, disjointSplit } from './cube/blocks.js';
export {
  type Colour,
  type Cube,
  type CubeShape,
  checkCube,
  checkGroundTruth,
  classesOf,
  type GroundTruth,
  type Samples,
  spectrum,
} from './cube/cube.js';
export {
  type CubeOptions,
  type DecodeOptions,
  decodeCube,
  decodeGroundTruth,
  type NamedBytes,
} from './cube/decode.js';
export { type Normalisation, type NormalisedCube, normalisationOf, normalise } from './cube/normalise.js';
export { type PatchShape, patches } from './cube/patches.js';
export { overlapOf, type PixelSplit, randomSplit, type SplitOptions, splitWarnings } from './cube/split.js';
export { formatSplit, parseSplit } from './cube/split-file.js';
export { type Dataset, type LabelledImage, matchClasses, type Split, sampleIndices } from './dataset.js';
export { type EventFrames, eventFrames, type FrameOptions } from './events/frames.js';
export { type NmnistOptions, readNmnist } from './events/nmnist.js';
export type { EventRecording } from './events/recording.js';
export { type ImageOptions, imageToTensor } from './image.js';
export { checkPixels, type Pixels } from './pixels.js';
export type { Fit } from './resize.js';
