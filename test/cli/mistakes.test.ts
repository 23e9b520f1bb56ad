import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toOnnx } from '../../tools/onnx/index.js';
import { pngOf } from '../data/archives.js';
import { encodeOnnx } from '../format/onnx/onnx-writer.js';
import { capture } from './capture.js';
import { colourClassifier, colourFiles } from './models.js';

const { folder, model, data, picture } = colourFiles();
const at = (name: string): string => join(folder, name);

const relu = (shape: readonly (number | string)[]): Uint8Array =>
  encodeOnnx({
    inputs: [{ name: 'image', type: 'float', shape }],
    outputs: [{ name: 'y', type: 'float' }],
    nodes: [{ operator: 'Relu', inputs: ['image'], outputs: ['y'] }],
  });

writeFileSync(at('cut.png'), pngOf(8, 8, [1, 2, 3]).subarray(0, 60));
writeFileSync(at('text.spikelet'), 'no model at all, only words');
writeFileSync(at('empty.spikelet'), '');
writeFileSync(at('vast-header.spikelet'), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 64, 123, 125));
writeFileSync(at('short.spikelet'), Uint8Array.of(1, 2, 3, 4, 5));
writeFileSync(at('brackets.spikelet'), `@KL\0\0\0\0\0${'['.repeat(0x4c4b40)}`);
writeFileSync(at('text.onnx'), 'no model at all, only words');
writeFileSync(at('renamed.spikelet'), toOnnx(colourClassifier()));
writeFileSync(at('open.onnx'), relu(['batch', 3, 'height', 'width']));
mkdirSync(at('empty'));
mkdirSync(at('loose'));
writeFileSync(at('loose/1.png'), pngOf(8, 8, [1, 2, 3]));

describe('wrong arguments', () => {
  it.each<[what: string, argv: readonly string[], message: string]>([
    ['no model', ['inspect'], 'inspect needs <model>: a .spikelet or .onnx file'],
    ['nothing to convert', ['convert'], 'convert needs <model>: a .spikelet, .onnx or .nir file'],
    ['an empty name', ['inspect', ''], 'inspect needs <model>'],
    ['no picture', ['run', model], 'run needs --image <file>: a PNG or JPEG picture'],
    ['no data', ['eval', model], 'eval needs --data <path>: a folder or zip of class folders'],
    ['a picture without its option', ['run', model, picture], `did you mean --image ${picture}?`],
    ['data without their option', ['eval', model, data], `did you mean --data ${data}?`],
    [
      'an output without its option',
      ['convert', model, 'out.spikelet'],
      'did you mean --output out.spikelet?',
    ],
    ['a switch with a value', ['inspect', model, '--json=1'], "--json takes no value, got '1'"],
    [
      'a shape for a file whose shapes are fixed',
      ['inspect', model, '--shape', 'image=1,3,8,8'],
      '--shape is for ONNX files: the shapes of a .spikelet file are fixed',
    ],
    [
      'too few labels',
      ['run', model, '--image', picture, '--labels', 'a,b'],
      '--labels gives 2 names, but the model has 3 classes',
    ],
    [
      'a number below the least',
      ['run', model, '--image', picture, '--top', '0'],
      "--top must be an integer of at least 1, got '0'",
    ],
    [
      'bits of a layer that is not there',
      ['convert', model, '-o', at('x'), '--quantize', 'w4', '--calibrate', data, '--bits', 'logit=4'],
      "--bits 'logit': there is no such layer; did you mean 'logits'?",
    ],
    [
      'a percentile beyond its bounds',
      ['convert', model, '-o', at('x'), '--quantize', 'int8', '--calibrate', data, '--percentile', '3'],
      '--percentile: must be a number above 50',
    ],
    [
      'no pictures to quantize with',
      ['convert', 'missing.spikelet', '--quantize', 'int8'],
      '--quantize needs --calibrate <path>',
    ],
  ])('%s', async (_, argv, message) => {
    const { code, out, err } = await capture(argv);
    expect(err).toContain(message);
    expect(err).toContain(`'spikelet ${argv[0]} --help' shows what it takes`);
    expect([code, out]).toEqual([2, '']);
  });

  it.each<[argv: string, message: string]>([
    ['run x --image x --threads 1e9', "--threads must be an integer from 1 to 64, got '1e9'"],
    ['run x --image x --variant best', "--variant cannot be 'best'"],
    ['run x --image x --mean 1,,2', "--mean must be numbers separated by commas, got '1,,2'"],
    ['run x --image x --std 1,1,', "--std must be numbers separated by commas, got '1,1,'"],
    ['eval x --data x --threads 0', '--threads must be an integer'],
    ['eval x --data x --energy 5', '--energy must be fp32, int32 or such as 6-bit'],
    ['profile x --trace no/x.json --threads 0', '--threads must be an integer'],
    ['bench x --variant best', "--variant cannot be 'best'"],
    ['convert x -o no/x --quantize w9', "--quantize cannot be 'w9'"],
    ['convert x -o no/x --quantize w4 --calibrate x --samples 0', '--samples must be an integer'],
    ['convert x -o no/x --quantize w4 --calibrate x --percentile 3', '--percentile: must be a number above'],
    ['convert x -o no/x --provenance data', "--provenance must look like name=value, got 'data'"],
    ['convert x -o no/x --shape 1,3', '--shape must look like'],
    ['convert x -o no/x --mean 1', '--mean and --std need 3 numbers each'],
    ['compress x -o no/x --calibrate x --bits 4 --widths 9', "--widths must give 2 to 8 bits, got '9'"],
    ['compress x -o no/x --calibrate x --samples 0', '--samples must be an integer'],
    ['compress x -o no/x --calibrate x --rounding up', "--rounding cannot be 'up'"],
    ['compress x -o no/x --calibrate x --ms 1 --cost x --probes 0 --widths 4', '--probes must be an integer'],
    ['classify-scene x x -o no/x --missing 1,', "--missing must be numbers separated by commas, got '1,'"],
    ['classify-scene x x -o no/x --split x', '--split says which labels are scored: give --truth too'],
    ['classify-scene x x -o no/x --energy 5', '--energy must be'],
  ])('%s, before any file is looked for', async (words, message) => {
    const { code, out, err } = await capture(words.split(' '));
    expect(err).toContain(message);
    expect([code, out]).toEqual([2, '']);
  });

  it.each(['onnx', 'nir', 'h5', 'safetensors', 'ONNX'])('an output named .%s', async (ending) => {
    for (const argv of [['convert'], ['compress', '--calibrate', data]]) {
      const { code, out, err } = await capture([...argv, model, '-o', at(`x.${ending}`)]);
      expect(err).toContain(
        `only .spikelet files are written, but ${at(`x.${ending}`)} ends with .${ending}`,
      );
      expect(err).toContain('give -o x.spikelet');
      expect([code, out, existsSync(at(`x.${ending}`))]).toEqual([2, '', false]);
    }
  });

  it.each<[what: string, options: readonly string[], message: string]>([
    [
      'the sizes of an ONNX input are not given',
      [],
      `open.onnx: --shape: the size of input 'image' is not fixed: give all its sizes, such as --shape image=1,3,H,W`,
    ],
    [
      'those of another input are',
      ['--shape', 'imag=1,3,8,8'],
      "there is no input 'imag'; did you mean 'image'?",
    ],
    ['they contradict the file', ['--shape', 'image=1,4,8,8'], "[1, 4, 8, 8] does not fit input 'image'"],
    [
      'their input is not named',
      ['--shape', '1,3,8,8'],
      "--shape must look like input=1,3,32,32, got '1,3,8,8'",
    ],
    [
      'they are letters',
      ['--shape', 'image=1,3,H,W'],
      "--shape must look like input=1,3,32,32, got 'image=1,3,H,W'",
    ],
  ])('%s', async (_, options, message) => {
    const { code, out, err } = await capture(['inspect', at('open.onnx'), ...options]);
    expect(err).toContain(message);
    expect([code, out]).toEqual([2, '']);
  });

  it('with --json give one document that says what is wrong', async () => {
    const codes = async (...argv: readonly string[]): Promise<readonly unknown[]> => {
      const { code, out } = await capture([...argv, '--json']);
      return [code, (JSON.parse(out) as { error: { code: string } }).error.code];
    };
    expect(await codes('inspct', model)).toEqual([2, 'invalid-option']);
    expect(await codes()).toEqual([2, 'invalid-option']);
    expect(await codes('inspect')).toEqual([2, 'invalid-option']);
    expect(await codes('inspect', at('open.onnx'))).toEqual([2, 'invalid-option']);
    expect(await codes('inspect', at('missing'))).toEqual([1, 'not-found']);
    expect(await codes('inspect', at('text.spikelet'))).toEqual([1, 'invalid-model']);
  });
});

describe('wrong files', () => {
  it.each([
    ['missing.spikelet', 'missing.spikelet: there is no such file'],
    ['empty', 'empty: is a folder, expected a file'],
    ['empty.spikelet', 'empty.spikelet: is empty'],
    ['text.spikelet', 'text.spikelet: byte 0: header length is beyond 33554432'],
    ['vast-header.spikelet', 'vast-header.spikelet: byte 0: header length is beyond 33554432'],
    ['short.spikelet', 'short.spikelet: byte 0: the file has 5 bytes'],
    ['brackets.spikelet', 'brackets.spikelet: byte 8: header must start with {'],
    ['green.png', 'green.png: is neither a .spikelet nor an .onnx file'],
    ['text.onnx', 'not an ONNX file, or a damaged one'],
  ])('%s as a model', async (name, message) => {
    const { code, out, err } = await capture(['inspect', at(name)]);
    expect(err).toContain(message);
    expect([code, out]).toEqual([1, '']);
  });

  it('an ONNX file is one by any name', async () => {
    const { code, out } = await capture(['inspect', at('renamed.spikelet')]);
    expect([code, out.includes('(ONNX)')]).toEqual([0, true]);
  });

  it.each([
    ['missing.png', 'missing.png: there is no such file, or it cannot be read'],
    ['empty', 'empty: is a folder, expected a picture'],
    ['empty.spikelet', 'empty.spikelet: is neither a PNG nor a JPEG picture'],
    ['cut.png', 'cut.png: the picture cannot be decoded: it is damaged or cut off'],
  ])('%s as a picture', async (name, message) => {
    const { code, err } = await capture(['run', model, '--image', at(name)]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });

  it.each([
    ['missing', 'missing: no such file or folder'],
    ['empty', 'empty: is empty; expected class folders such as cat/1.png'],
    ['loose', "loose: '1.png' lies outside any class folder"],
    ['green.png', 'green.png: is neither a folder, a zip nor a tar archive'],
  ])('%s as data', async (name, message) => {
    const { code, err } = await capture(['eval', model, '--data', at(name)]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });

  it.each([
    ['missing/small.spikelet', `there is no folder '${at('missing')}': make it first`],
    ['empty', 'is a folder: give a file in it, such as'],
    ['empty.spikelet/small.spikelet', `'${at('empty.spikelet')}' is no folder`],
  ])('%s as an output, before any work is done', async (name, message) => {
    const before = readdirSync(folder, { recursive: true });
    const quantize = ['--quantize', 'int8', '--calibrate', at('no such pictures')];
    const converted = await capture(['convert', model, '-o', at(name), ...quantize]);
    expect(converted).toMatchObject({ code: 1, out: '' });
    expect(converted.err).toContain(message);
    const profiled = await capture(['profile', model, '--trace', at(name)]);
    expect(profiled).toMatchObject({ code: 1, out: '' });
    expect(profiled.err).toContain(message);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  it.skipIf(!existsSync('/dev/zero'))('a pipe or a device as any of them', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    for (const path of [at('pipe'), '/dev/zero']) {
      const message = `${path}: is a pipe or a device, expected a`;
      for (const argv of [
        ['inspect', path],
        ['run', model, '--image', path],
        ['run', model, '--image', picture, '--labels', path],
        ['eval', model, '--data', path],
      ]) {
        const { code, out, err } = await capture(argv);
        expect([code, out, err]).toEqual([1, '', expect.stringContaining(message)]);
      }
    }
  });

  it('a model of more bytes than can be read at once', async () => {
    writeFileSync(at('vast.spikelet'), '');
    truncateSync(at('vast.spikelet'), 3 * 2 ** 30);
    const { code, err } = await capture(['inspect', at('vast.spikelet')]);
    expect(err).toContain('vast.spikelet: has 3221225472 bytes, more than the limit of 2147483647');
    expect(code).toBe(1);
  });

  it('a link to the model as its output', async () => {
    symlinkSync(model, at('link.spikelet'));
    const { code, err } = await capture(['convert', model, '-o', at('link.spikelet')]);
    expect([code, err]).toEqual([2, expect.stringContaining('written over itself')]);
  });

  it('a damaged one for another engine', async () => {
    const options = ['--against', 'onnxruntime-web', '--onnx', at('text.onnx')];
    const { code, err } = await capture(['bench', model, ...options]);
    expect([code, err]).toEqual([1, expect.stringContaining('text.onnx: onnxruntime-web cannot run it')]);
    expect(err).not.toContain('report');
  });
});
