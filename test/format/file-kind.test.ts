import { describe, expect, test } from 'vitest';
import { fileKind } from '../../src/format/file-kind.js';
import { pack } from '../../src/format/spikelet.js';
import { toOnnx } from '../../tools/onnx/index.js';
import { colourClassifier } from '../cli/models.js';

const model = pack(colourClassifier());
const onnx = toOnnx(colourClassifier());
const text = new TextEncoder().encode('no model at all');

describe('the kind of a file', () => {
  test.each([
    ['a model file', model, 'model.spikelet', 'spikelet'],
    ['a model file of any name', model, 'model.onnx', 'spikelet'],
    ['an ONNX file', onnx, 'model.onnx', 'onnx'],
    ['an ONNX file of any name', onnx, 'model.bin', 'onnx'],
    ['a damaged ONNX file', text, 'model.ONNX', 'onnx'],
    ['an address of one', text, 'https://example.org/model.onnx?download=true', 'onnx'],
    ['text', text, 'model.spikelet', undefined],
    ['nothing', new Uint8Array(), 'model.spikelet', undefined],
  ])('%s', (_, bytes, name, kind) => {
    expect(fileKind(bytes, name)).toBe(kind);
  });
});
