export { greatest, probabilities, type ScoredClass, topClasses } from './classes.js';
export { type Dataset, type LabelledImage, matchClasses, type Split, sampleIndices } from './dataset.js';
export { type ImageOptions, imageToTensor } from './image.js';
export { checkPixels, type Pixels } from './pixels.js';
export type { Fit } from './resize.js';
