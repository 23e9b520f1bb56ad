import type { Convert } from '../call.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { integerOperators, microsoftIntegers } from './integer.js';
import { matrix } from './matrix.js';
import { movement } from './movement.js';
import { microsoftNormalization, normalization } from './normalization.js';
import { pooling } from './pooling.js';
import { quantization } from './quantization.js';
import { reduction } from './reduction.js';
import { reshaping } from './reshaping.js';
import { resizing } from './resizing.js';
import { microsoftUnary, unaryOperators } from './unary.js';

/** Every operator that can be imported, by domain ('' is ONNX's own) and name. */
export const operators: Readonly<Record<string, Readonly<Record<string, Convert>>>> = {
  '': {
    ...convolution,
    ...elementwise,
    ...integerOperators,
    ...matrix,
    ...movement,
    ...normalization,
    ...pooling,
    ...quantization,
    ...reduction,
    ...reshaping,
    ...resizing,
    ...unaryOperators,
  },
  'com.microsoft': {
    ...microsoftIntegers,
    ...microsoftNormalization,
    ...microsoftUnary,
    ...quantization,
  },
};
