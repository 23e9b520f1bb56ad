import { SpikeletError } from '../../error.js';

/** An array of bytes as NumPy pickles it. */
export interface ByteArray {
  readonly kind: 'array';
  shape: readonly number[];
  data: Uint8Array;
}

interface Callable {
  readonly kind: 'callable';
  readonly name: string;
}

interface ElementType {
  readonly kind: 'dtype';
  readonly name: string;
}

const mark = Symbol('mark');

/** What a pickle of plain data can hold. Byte strings that are not array contents come as Latin-1 text. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Pickled[]
  | Map<Pickled, Pickled>
  | ByteArray
  | Callable
  | ElementType;

/**
 * Reads a pickle (protocols 2 to 4) of dictionaries, lists, numbers, strings and NumPy arrays of bytes, which is what
 * the Python version of CIFAR consists of. Nothing is ever called or constructed by name: any other content throws
 * `invalid-input`, so a hostile file can do no more than be refused.
 */
export function unpickle(bytes: Uint8Array, name: string): Pickled {
  const machine: Machine = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    at: 0,
    stack: [],
    memo: new Map(),
  };
  try {
    for (;;) {
      const code = byte(machine);
      if (code === stop) return pop(machine);
      step(machine, code);
    }
  } catch (error) {
    if (!(error instanceof PickleError) && !(error instanceof RangeError)) throw error;
    const what = error instanceof PickleError ? error.message : 'the file ends too early';
    throw new SpikeletError('invalid-input', `${what} at byte ${machine.at} of the pickle`, { where: name });
  }
}

class PickleError extends Error {}

interface Machine {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  readonly stack: (Pickled | typeof mark)[];
  readonly memo: Map<number, Pickled>;
}

const stop = 0x2e;

function reject(what: string): never {
  throw new PickleError(what);
}

const byte = (machine: Machine): number => machine.view.getUint8(machine.at++);

function take(machine: Machine, length: number): Uint8Array {
  if (length > machine.bytes.length - machine.at) throw new RangeError();
  const taken = machine.bytes.subarray(machine.at, machine.at + length);
  machine.at += length;
  return taken;
}

function uint(machine: Machine, size: 1 | 2 | 4 | 8): number {
  const from = machine.at;
  machine.at += size;
  if (size === 1) return machine.view.getUint8(from);
  if (size === 2) return machine.view.getUint16(from, true);
  if (size === 4) return machine.view.getUint32(from, true);
  return Number(machine.view.getBigUint64(from, true));
}

function line(machine: Machine): string {
  const end = machine.bytes.indexOf(10, machine.at);
  if (end < 0) throw new RangeError();
  const text = latin1(machine.bytes.subarray(machine.at, end));
  machine.at = end + 1;
  return text;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const code of bytes) text += String.fromCharCode(code);
  return text;
}

/** Longest byte string that is taken as text: longer ones are array contents. */
const longestText = 4096;

const bytesOrText = (bytes: Uint8Array): Pickled => (bytes.length > longestText ? bytes : latin1(bytes));

function pop(machine: Machine): Pickled {
  const value = machine.stack.pop();
  if (value === undefined || value === mark) reject('a value is missing');
  return value;
}

/** Everything above the last mark. */
function popToMark(machine: Machine): Pickled[] {
  const from = machine.stack.lastIndexOf(mark);
  if (from < 0) reject('a mark is missing');
  const items = machine.stack.splice(from);
  return items.slice(1) as Pickled[];
}

function top(machine: Machine): Pickled {
  const value = machine.stack.at(-1);
  if (value === undefined || value === mark) reject('a value is missing');
  return value;
}

type Instruction = (machine: Machine) => void;

const push =
  (read: (machine: Machine) => Pickled): Instruction =>
  (machine) => {
    machine.stack.push(read(machine));
  };

const remember =
  (index: (machine: Machine) => number): Instruction =>
  (machine) => {
    machine.memo.set(index(machine), top(machine));
  };

const recall = (size: 1 | 4): Instruction =>
  push((machine) => {
    const value = machine.memo.get(uint(machine, size));
    return value === undefined ? reject('an unknown reference') : value;
  });

const skip =
  (size: 1 | 8): Instruction =>
  (machine) => {
    take(machine, size);
  };

const tuple = (count: number): Instruction =>
  push((machine) => Array.from({ length: count }, () => pop(machine)).reverse());

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Instructions by the letter or number that the pickle format gives them. */
const instructions: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, skip(1)], // PROTO
  [0x95, skip(8)], // FRAME
  [0x28, (machine) => machine.stack.push(mark)], // MARK
  [0x30, pop], // POP
  [0x4e, push(() => null)], // NONE
  [0x88, push(() => true)], // NEWTRUE
  [0x89, push(() => false)], // NEWFALSE
  [0x4b, push((m) => uint(m, 1))], // BININT1
  [0x4d, push((m) => uint(m, 2))], // BININT2
  [0x4a, push((m) => uint(m, 4) | 0)], // BININT
  [0x55, push((m) => bytesOrText(take(m, uint(m, 1))))], // SHORT_BINSTRING
  [0x54, push((m) => bytesOrText(take(m, uint(m, 4))))], // BINSTRING
  [0x43, push((m) => bytesOrText(take(m, uint(m, 1))))], // SHORT_BINBYTES
  [0x42, push((m) => bytesOrText(take(m, uint(m, 4))))], // BINBYTES
  [0x58, push((m) => utf8(take(m, uint(m, 4))))], // BINUNICODE
  [0x8c, push((m) => utf8(take(m, uint(m, 1))))], // SHORT_BINUNICODE
  [0x5d, push(() => [])], // EMPTY_LIST
  [0x7d, push(() => new Map())], // EMPTY_DICT
  [0x29, push(() => [])], // EMPTY_TUPLE
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [0x74, push(popToMark)], // TUPLE
  [0x71, remember((m) => uint(m, 1))], // BINPUT
  [0x72, remember((m) => uint(m, 4))], // LONG_BINPUT
  [0x94, remember((m) => m.memo.size)], // MEMOIZE
  [0x68, recall(1)], // BINGET
  [0x6a, recall(4)], // LONG_BINGET
  [0x61, (m) => append(m, [pop(m)])], // APPEND
  [0x65, (m) => append(m, popToMark(m))], // APPENDS
  [0x73, (m) => assign(m, [pop(m), pop(m)].reverse())], // SETITEM
  [0x75, (m) => assign(m, popToMark(m))], // SETITEMS
  [0x63, push((m) => callable(line(m), line(m)))], // GLOBAL
  [0x93, (m) => stackGlobal(m)], // STACK_GLOBAL
  [0x52, (m) => reduce(m)], // REDUCE
  [0x62, (m) => build(m)], // BUILD
]);

function step(machine: Machine, code: number): void {
  const instruction = instructions.get(code);
  if (!instruction) reject(`instruction 0x${code.toString(16)}, which plain data does not need,`);
  instruction(machine);
}

function append(machine: Machine, items: readonly Pickled[]): void {
  const list = top(machine);
  if (!Array.isArray(list)) reject('an item for what is not a list');
  for (const item of items) list.push(item);
}

function assign(machine: Machine, items: readonly Pickled[]): void {
  const map = top(machine);
  if (!(map instanceof Map) || items.length % 2 !== 0) reject('an entry for what is not a dictionary');
  for (let i = 0; i < items.length; i += 2) map.set(items[i] ?? null, items[i + 1] ?? null);
}

const allowed = new Set([
  'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray._reconstruct',
  'numpy.ndarray',
  'numpy.dtype',
  '_codecs.encode',
]);

function callable(module: string, name: string): Callable {
  const full = `${module}.${name}`;
  if (!allowed.has(full)) reject(`'${full}', which does not belong in a data set,`);
  return { kind: 'callable', name: full };
}

function stackGlobal(machine: Machine): void {
  const name = pop(machine);
  const module = pop(machine);
  if (typeof name !== 'string' || typeof module !== 'string') reject('a name that is not text');
  machine.stack.push(callable(module, name));
}

/** "Calls" one of the allowed names: each stands for one kind of plain value. */
function reduce(machine: Machine): void {
  const given = pop(machine);
  const target = pop(machine);
  const isCallable =
    target !== null && typeof target === 'object' && 'kind' in target && target.kind === 'callable';
  if (!isCallable || !Array.isArray(given)) reject('a call of what cannot be called');
  machine.stack.push(result(target.name, given));
}

function result(name: string, [first]: readonly Pickled[]): Pickled {
  if (name.endsWith('._reconstruct')) return { kind: 'array', shape: [0], data: new Uint8Array() };
  if (name === 'numpy.dtype') return { kind: 'dtype', name: String(first) };
  if (name === '_codecs.encode' && typeof first === 'string') {
    return bytesOrText(Uint8Array.from(first, (letter) => letter.charCodeAt(0)));
  }
  return reject(`a call of ${name}`);
}

/** Gives an array its state: (version, shape, element type, column-major, contents). */
function build(machine: Machine): void {
  const state = pop(machine);
  const target = top(machine);
  const kind = target !== null && typeof target === 'object' && 'kind' in target ? target.kind : 'none';
  if (kind === 'dtype') return;
  if (kind !== 'array' || !Array.isArray(state)) reject('state for what is not an array');
  const [, shape, type, columnMajor, contents] = state;
  const sizes = Array.isArray(shape) ? shape.filter((size) => typeof size === 'number') : [];
  const isBytes =
    type !== null &&
    typeof type === 'object' &&
    'name' in (type ?? {}) &&
    (type as ElementType).name === 'u1';
  const data = typeof contents === 'string' ? Uint8Array.from(contents, (c) => c.charCodeAt(0)) : contents;
  if (!isBytes || columnMajor === true || columnMajor === 1 || !(data instanceof Uint8Array)) {
    reject('an array that is not one of bytes in row-major order');
  }
  if (sizes.reduce((a, b) => a * b, 1) !== data.length)
    reject('an array whose contents do not fill its shape');
  Object.assign(target as ByteArray, { shape: sizes, data });
}
