import { reject } from './values.js';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** A field of something that may be anything at all. */
const fieldOf = (value: unknown, name: string): unknown =>
  isObject(value) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

type Check = readonly [field: string, expected: string, accepts: (value: unknown) => boolean];

const text = (field: string): Check => [field, 'a string', (value) => typeof value === 'string'];
const texts = (field: string): Check => [field, 'a list of strings', isStrings];
const aNumber = (value: unknown): boolean => typeof value === 'number';
const numbers = (field: string): Check => [
  field,
  'a list of numbers',
  (value) => Array.isArray(value) && value.every(aNumber),
];
const number = (field: string): Check => [field, 'a number', aNumber];
const object = (field: string): Check => [field, 'an object', isObject];
const optional = ([field, expected, accepts]: Check): Check => [
  field,
  expected,
  (value) => value === undefined || accepts(value),
];

function checkFields(where: string, value: unknown, checks: readonly Check[]): void {
  if (!isObject(value)) reject(where, 'must be an object');
  for (const [field, expected, accepts] of checks) {
    if (!accepts(fieldOf(value, field))) reject(where, `${field} must be ${expected}`);
  }
}

function checkEach(where: string, values: unknown, checks: readonly Check[]): void {
  if (!Array.isArray(values)) reject('graph', `${where}s must be a list`);
  for (let i = 0; i < values.length; i++) checkFields(`${where} ${i}`, values[i], checks);
}

function checkMeaningFields(where: string, meaning: unknown): void {
  switch (fieldOf(meaning, 'kind')) {
    case 'image':
      checkFields(where, meaning, [text('channels'), numbers('mean'), numbers('std')]);
      break;
    case 'classes':
      checkFields(where, meaning, [texts('labels')]);
      break;
    default:
      reject(where, "meaning must have the kind 'image' or 'classes'");
  }
}

function checkQuantizationFields(where: string, owner: unknown): void {
  const quantization = fieldOf(owner, 'quantization');
  if (quantization === undefined) return;
  checkFields(`${where} quantization`, quantization, [number('scale'), number('zeroPoint')]);
}

function checkPortFields(port: unknown): void {
  const where = `'${String(fieldOf(port, 'name'))}'`;
  const type = fieldOf(port, 'type');
  if (type !== undefined) {
    checkFields(where, type, [text('dtype'), numbers('shape'), optional(object('quantization'))]);
    checkQuantizationFields(where, type);
  }
  const meaning = fieldOf(port, 'meaning');
  if (meaning !== undefined) checkMeaningFields(where, meaning);
}

function checkConstantFields(name: unknown, constant: unknown): void {
  if (typeof name !== 'string') reject('graph', 'names of constants must be strings');
  const where = `constant '${name}'`;
  checkFields(where, constant, [
    text('dtype'),
    numbers('shape'),
    object('data'),
    optional(object('quantization')),
  ]);
  const quantization = fieldOf(constant, 'quantization');
  if (quantization !== undefined)
    checkFields(where, quantization, [number('bits'), number('axis'), object('scales')]);
}

/** Checks that a graph has the fields that its type promises: callers without a type checker may give anything. */
export function checkStructure(graph: unknown): void {
  checkFields('graph', graph, [text('name')]);
  const [inputs, outputs, nodes] = ['inputs', 'outputs', 'nodes'].map((name) => fieldOf(graph, name));
  checkEach('input', inputs, [text('name'), object('type'), optional(object('meaning'))]);
  checkEach('output', outputs, [text('name'), optional(object('meaning'))]);
  checkEach('node', nodes, [
    text('op'),
    text('name'),
    texts('inputs'),
    texts('outputs'),
    object('attributes'),
    optional(object('quantization')),
  ]);
  for (const port of [inputs, outputs].flat()) checkPortFields(port);
  for (const node of [nodes].flat()) checkQuantizationFields(`node '${String(fieldOf(node, 'name'))}'`, node);
  const constants = fieldOf(graph, 'constants');
  if (!(constants instanceof Map)) reject('graph', 'constants must be a Map');
  for (const [name, constant] of constants) checkConstantFields(name, constant);
}
