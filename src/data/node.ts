export { readCube, readGroundTruth } from './node/cube.js';
export { decodeImage, readImage } from './node/decode.js';
export { openDataset } from './node/open.js';
