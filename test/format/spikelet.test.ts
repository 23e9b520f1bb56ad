import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import { hexOf } from '../../src/format/digest.js';
import { pack, unpack, unpackAsync } from '../../src/format/index.js';
import { readSafetensors, writeSafetensors } from '../../src/format/safetensors.js';
import { sha256 } from '../../src/format/sha256.js';
import type { Graph } from '../../src/graph/graph.js';
import { generatedModels } from './generated-models.js';
import { floatModel, integerModel, spikingModel } from './models.js';

const plain = (graph: Graph): object => ({ ...graph, constants: Object.fromEntries(graph.constants) });

function refused(work: () => unknown): SpikeletError {
  try {
    work();
  } catch (error) {
    if (error instanceof SpikeletError) return error;
    throw error;
  }
  throw new Error('accepted');
}

/** The packed file with texts of its metadata edited and the hashes of the texts put right again. */
function edited(graph: Graph, edit: (metadata: Map<string, string>) => void): Uint8Array {
  const container = readSafetensors(pack(graph));
  const metadata = new Map(container.metadata);
  edit(metadata);
  const hashes: Record<string, string> = JSON.parse(metadata.get('sha256') ?? '{}');
  for (const [key, name] of [
    ['graph', '__graph__'],
    ['provenance', '__provenance__'],
  ] as const) {
    const text = metadata.get(key);
    if (text !== undefined) hashes[name] = hexOf(sha256(new TextEncoder().encode(text)));
  }
  if (metadata.has('sha256')) metadata.set('sha256', JSON.stringify(hashes));
  return writeSafetensors({ tensors: container.tensors, metadata });
}

const replacedInGraph = (graph: Graph, from: string, to: string): Uint8Array =>
  edited(graph, (metadata) => {
    const text = metadata.get('graph') ?? '';
    if (!text.includes(from)) throw new Error(`the graph has no ${from}`);
    metadata.set('graph', text.replace(from, to));
  });

describe('pack and unpack', () => {
  test.each([2, 3, 4, 5, 6, 7, 8] as const)('give back an integer model with %i-bit weights', (bits) => {
    const graph = integerModel(bits);
    expect(plain(unpack(pack(graph)))).toEqual(plain(graph));
  });

  test('give back a float model with its provenance', () => {
    expect(plain(unpack(pack(floatModel())))).toEqual(plain(floatModel()));
  });

  test('give back a spiking model', () => {
    expect(plain(unpack(pack(spikingModel())))).toEqual(plain(spikingModel()));
  });

  test.each([
    ['"refractory":2', '"refractory":-1', /node 'neurons'.*attribute 'refractory' must be an integer from 0/],
    ['"refractory":2', '"steps":1e9', /attribute 'steps' must be an integer from 0 to 65536/],
    ['"refractory":2', '"steps":7', /is to run 7 steps, but its input \[3, 2\] has 3/],
    ['"reset":"value"', '"reset":"never"', /attribute 'reset' must be one of subtract, value, none/],
    ['"resetValue":-0.5', '"resetValue":1e99', /resetValue 1e\+99 is no finite f32/],
    ['"inclusive":true', '"inclusive":1', /attribute 'inclusive' must be true or false/],
    ['"inclusive":true', '"tau":2', /unknown attribute 'tau'/],
    ['["spikes","membrane"]', '["spikes","membrane","more"]', /has 2 outputs, got 3 names/],
  ])('refuse a spiking model with %s as %s', (from, to, message) => {
    expect(refused(() => unpack(replacedInGraph(spikingModel(), from, to))).message).toMatch(message);
  });

  test('give back any generated model, and pack it again to the same bytes', () => {
    fc.assert(
      fc.property(generatedModels, (graph) => {
        const file = pack(graph);
        const back = unpack(file);
        expect(plain(back)).toEqual(plain(graph));
        expect(pack(back)).toEqual(file);
        expect(pack(graph)).toEqual(file);
      }),
      { numRuns: 60 },
    );
  });

  test('do not copy 8-bit weights and aligned floats', () => {
    const integer = pack(integerModel(8));
    expect(unpack(integer).constants.get('first.weight')?.data.buffer).toBe(integer.buffer);
    const float = pack(floatModel());
    expect(unpack(float).constants.get('w')?.data.buffer).toBe(float.buffer);
  });

  test('read a file that lies anywhere in a larger buffer', () => {
    const file = pack(integerModel());
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(plain(unpack(shifted.subarray(3)))).toEqual(plain(integerModel()));
    expect(plain(unpack(Buffer.from(shifted.buffer, 3)))).toEqual(plain(integerModel()));
  });

  test('store weights of fewer than 8 bits in just those bits', () => {
    const { tensors } = readSafetensors(pack(integerModel(3)));
    expect(tensors.get('first.weight')).toMatchObject({ dtype: 'U8', shape: [Math.ceil((81 * 3) / 8)] });
    expect(tensors.get('first.weight.scales')).toMatchObject({ dtype: 'F32', shape: [3] });
  });

  test('store floats as f16 where asked, unless a value is beyond its range', () => {
    const graph = floatModel();
    const halves = unpack(pack(graph, { floatStorage: 'f16' }));
    expect(halves.constants.get('w')?.storage).toBe('f16');
    const before = graph.constants.get('w')?.data ?? [];
    halves.constants.get('w')?.data.forEach((value, i) => {
      expect(Math.abs(value - (before[i] ?? 0))).toBeLessThanOrEqual(2 ** -12);
    });
    const large = { dtype: 'f32', shape: [2], data: Float32Array.of(1, 70_000) } as const;
    const wide = { ...graph, constants: new Map(graph.constants).set('b', large) };
    expect(unpack(pack(wide, { floatStorage: 'f16' })).constants.get('b')).toEqual(large);
    expect(unpack(pack(floatModel(2, 'f16'))).constants.get('w')?.storage).toBe('f16');
  });

  test('replace the provenance by the one given', () => {
    expect(unpack(pack(floatModel(), { provenance: { tool: 'test' } })).provenance).toEqual({ tool: 'test' });
  });

  test('unpackAsync reads the same and refuses the same', async () => {
    const file = pack(integerModel());
    expect(plain(await unpackAsync(file))).toEqual(plain(integerModel()));
    file[file.length - 1] = (file.at(-1) ?? 0) ^ 1;
    await expect(unpackAsync(file)).rejects.toMatchObject({ code: 'invalid-model' });
  });
});

describe('pack refuses', () => {
  test('a weight that does not fit in its bits, by name', () => {
    const graph = integerModel(4);
    const weight = graph.constants.get('first.weight');
    weight?.data.fill(8, 5, 6);
    const error = refused(() => pack(graph));
    expect(error.code).toBe('invalid-model');
    expect(error.message).toMatch(/first\.weight.*weight 8 at index 5/);
  });

  test('a constant whose data and shape differ', () => {
    const graph = floatModel();
    const constants = new Map(graph.constants).set('b', {
      dtype: 'f32',
      shape: [3],
      data: new Float32Array(2),
    });
    expect(refused(() => pack({ ...graph, constants })).message).toMatch(/'b'.*2 elements/);
  });

  test('an unknown option, by name', () => {
    const error = refused(() => pack(floatModel(), JSON.parse('{"floatStorag":"f16"}')));
    expect(error).toMatchObject({ code: 'invalid-option' });
    expect(error.message).toContain('floatStorag');
  });
});

describe('unpack refuses', () => {
  test('every truncation', () => {
    const file = pack(integerModel());
    for (let length = 0; length < file.length; length++) {
      expect(refused(() => unpack(file.subarray(0, length))).code).toBe('invalid-model');
    }
  });

  test('every flipped bit', () => {
    const file = pack(floatModel());
    for (let bit = 0; bit < file.length * 8; bit++) {
      const damaged = Uint8Array.from(file);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(['invalid-model', 'unsupported']).toContain(refused(() => unpack(damaged)).code);
    }
  });

  test('what is no bytes', () => {
    expect(refused(() => unpack(JSON.parse('"text"'))).code).toBe('invalid-input');
    expect(refused(() => unpack(JSON.parse('null'))).code).toBe('invalid-input');
  });

  test('a newer version, as unsupported', () => {
    const file = edited(floatModel(), (metadata) => metadata.set('version', '2'));
    const error = refused(() => unpack(file));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain("'2'");
  });

  test('operations of a newer version, all at once', () => {
    const text = '"op":"relu"';
    expect(refused(() => unpack(replacedInGraph(floatModel(), text, '"op":"sparseConv"')))).toMatchObject({
      code: 'unsupported',
    });
  });

  const hostile: readonly (readonly [what: string, from: string, to: string, message: RegExp])[] = [
    ['a name that nothing computes', '"inputs":["h"]', '"inputs":["nowhere"]', /nowhere/],
    ['an unknown attribute', '"op":"relu"', '"op":"relu","attributes":{"slope":1}', /slope/],
    ['an unknown field of a node', '"op":"relu"', '"op":"relu","color":1', /color/],
    ['a shape that does not fit', '"shape":[4,3]', '"shape":[4,5]', /do not fit/],
    ['a dimension of zero', '"shape":[4,3]', '"shape":[0,3]', /integer from 1/],
    ['a huge input', '"shape":[4,3]', '"shape":[268435456,268435456,3]', /elements/],
    ['a type that does not exist', '"dtype":"f32","shape":[4,3]', '"dtype":"f64","shape":[4,3]', /one of/],
    ['a u8 input without scale', '"dtype":"f32","shape":[4,3]', '"dtype":"u8","shape":[4,3]', /quantization/],
    ['a constant without tensor', '"w":{', '"v":{', /'v'/],
    [
      'a constant of another shape',
      '"w":{"dtype":"f32","shape":[2,3]',
      '"w":{"dtype":"f32","shape":[3,2]',
      /'w'/,
    ],
    ['nodes that are not a list', '"nodes":[', '"nodes":{"a":[', /JSON/],
    ['inputs that are no strings', '"inputs":["h"]', '"inputs":[7]', /must be a string/],
    ['an operation that is no string', '"op":"relu"', '"op":null', /must be a string/],
    ['an output that does not exist', '"outputs":[{"name":"y"}]', '"outputs":[{"name":"z"}]', /'z'/],
    ['one value computed twice', '"outputs":["y"]', '"outputs":["h"]', /'h'/],
    ['too few inputs', '"inputs":["x","w","b"]', '"inputs":["x"]', /fc/],
    ['too many inputs', '"inputs":["h"]', '"inputs":["h","h","h"]', /relu/],
    [
      'a quantization on an f32 node',
      '"op":"relu"',
      '"op":"relu","quantization":{"scale":1,"zeroPoint":0}',
      /quantization/,
    ],
  ];
  test.each(hostile)('%s, by name', (_what, from, to, message) => {
    const error = refused(() => unpack(replacedInGraph(floatModel(), from, to)));
    expect(error.code).toBe('invalid-model');
    expect(error.message).toMatch(message);
  });

  const hostileWeights: readonly (readonly [what: string, from: string, to: string, message: RegExp])[] = [
    ['weight bits of 9', '"bits":4', '"bits":9', /bits/],
    ['weight bits of 1', '"bits":4', '"bits":1', /bits/],
    ['an axis outside the shape', '"axis":0', '"axis":4', /axis/],
    ['scales that do not exist', '"scales":"first.weight.scales"', '"scales":"x"', /'x'/],
    [
      'scales used twice',
      '"scales":"second.weight.scales"',
      '"scales":"first.weight.scales"',
      /two constants/,
    ],
    ['a negative scale', '"scale":', '"scale":-', /scale/],
    ['a negative zero point', '"zeroPoint":128', '"zeroPoint":-1', /zeroPoint/],
    ['a tensor that nothing uses', '"bias":{"dtype":"i32","shape":[3]},', '', /bias/],
  ];
  test.each(hostileWeights)('%s, by name', (_what, from, to, message) => {
    const error = refused(() => unpack(replacedInGraph(integerModel(4), from, to)));
    expect(error.code).toBe('invalid-model');
    expect(error.message).toMatch(message);
  });

  test('tensors without a hash', () => {
    const file = edited(floatModel(), (metadata) => metadata.set('sha256', '{}'));
    expect(refused(() => unpack(file)).message).toContain('has no SHA-256');
  });

  test.each(['format', 'version', 'graph', 'sha256'])('metadata without %s', (key) => {
    const file = edited(floatModel(), (metadata) => metadata.delete(key));
    expect(refused(() => unpack(file))).toMatchObject({ code: 'invalid-model' });
  });

  test('names from the prototype of objects', () => {
    const file = replacedInGraph(floatModel(), '"op":"relu"', '"op":"constructor"');
    expect(refused(() => unpack(file)).code).toBe('unsupported');
    const attribute = replacedInGraph(
      floatModel(),
      '"op":"relu"',
      '"op":"relu","attributes":{"__proto__":1}',
    );
    expect(refused(() => unpack(attribute)).code).toBe('invalid-model');
  });
});
