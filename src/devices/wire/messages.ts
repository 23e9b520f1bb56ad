import type { WireError } from '../../engine/worker/protocol.js';
import {
  asInteger,
  asNumber,
  asObject,
  asString,
  field,
  type JsonObject,
  parseJson,
} from '../../format/json.js';
import { type CutWidth, isCutWidth } from '../../pipeline/activation/width.js';
import { rejectInput } from '../../pipeline/check.js';
import type { FlowFigures } from '../../pipeline/run/flow.js';
import { isIdentity } from '../trust.js';
import { readError } from './error.js';
import { isToken } from './subjects.js';

/** What a device that has a stage is doing. */
export interface Work extends FlowFigures {
  readonly run: string;
  readonly epoch: number;
  readonly stage: number;
  /** Bytes of the stage's model file: all of the model that the device holds. */
  readonly fileBytes: number;
}

/** Said by each device every second. */
export interface Announcement {
  /** Of this start of the device: no other has it. */
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Bytes. */
  readonly memory: number;
  /** Multiply-accumulates a second of a small convolution, measured at its start. */
  readonly speed: number;
  readonly isLeaving: boolean;
  readonly work?: Work;
}

/** A file that the coordinator has. */
export interface FileReference {
  readonly sha256: string;
  readonly bytes: number;
}

/** Gives a device a stage. */
export interface Assignment {
  readonly run: string;
  readonly epoch: number;
  readonly stage: number;
  readonly lane: number;
  /** Devices of the stage behind: item `n` goes to number `n` modulo this. 1 for the last stage. */
  readonly nextLanes: number;
  readonly begin: number;
  readonly end: number;
  readonly inputWidth: CutWidth;
  readonly outputWidth: CutWidth;
  /** Results that may be on their way out. */
  readonly credits: number;
  /** Greatest bytes of an input. */
  readonly inputBytes: number;
  /** Items that may be in the pipeline. */
  readonly window: number;
  /** Header of the whole model, and the stage's own file. */
  readonly model: FileReference;
  readonly file: FileReference;
}

/** The answer to an assignment: none, or why not. */
export interface AssignmentReply {
  readonly error?: WireError;
}

/** The coordinator's sign of life. Devices whose stage is of another epoch than they know are not in the plan. */
export interface Beat {
  readonly epoch: number;
}

/** A message of a queue that could not be used. */
export interface Fault {
  readonly epoch: number;
  readonly item: number;
  readonly attempt: number;
}

export interface ChunkRequest {
  readonly sha256: string;
  readonly offset: number;
}

const longestText = 256;
const longestMessage = 65_536;
const most = Number.MAX_SAFE_INTEGER;

export const writeJson = (message: object): Uint8Array => new TextEncoder().encode(JSON.stringify(message));

const text = (object: JsonObject, name: string): string => {
  const value = asString(field(object, name), name);
  return value === '' || value.length > longestText
    ? rejectInput(name, `must have 1 to ${longestText} letters`)
    : value;
};
const token = (object: JsonObject, name: string): string => {
  const value = field(object, name);
  return isToken(value) ? value : rejectInput(name, 'must be letters, digits, - and _');
};
const count = (object: JsonObject, name: string, least = 0, greatest = most): number =>
  asInteger(field(object, name), least, greatest, name);
const amount = (object: JsonObject, name: string): number => {
  const value = asNumber(field(object, name), name);
  return value >= 0 ? value : rejectInput(name, 'must be at least 0');
};

function object(bytes: Uint8Array, known: readonly string[]): JsonObject {
  if (bytes.length > longestMessage) rejectInput('message', `has ${bytes.length} bytes`);
  return asObject(parseJson(new TextDecoder().decode(bytes), 'message'), 'message', known);
}

const figureNames = ['items', 'busyMs', 'starvedMs', 'blockedMs', 'queue'] as const;

function readWork(value: unknown): Work {
  const work = asObject(value, 'work', ['run', 'epoch', 'stage', 'fileBytes', ...figureNames]);
  return {
    ...{ run: token(work, 'run'), epoch: count(work, 'epoch'), stage: count(work, 'stage') },
    ...{ fileBytes: count(work, 'fileBytes'), items: count(work, 'items'), queue: count(work, 'queue') },
    ...{ busyMs: amount(work, 'busyMs'), starvedMs: amount(work, 'starvedMs') },
    blockedMs: amount(work, 'blockedMs'),
  };
}

export function readAnnouncement(bytes: Uint8Array): Announcement {
  const said = object(bytes, ['id', 'name', 'type', 'memory', 'speed', 'isLeaving', 'work']);
  const work = field(said, 'work');
  const isLeaving = field(said, 'isLeaving');
  return {
    ...{ id: token(said, 'id'), name: text(said, 'name'), type: text(said, 'type') },
    ...{ memory: amount(said, 'memory'), speed: amount(said, 'speed') },
    isLeaving: typeof isLeaving === 'boolean' ? isLeaving : rejectInput('isLeaving', 'must be true or false'),
    ...(work !== undefined && { work: readWork(work) }),
  };
}

function readReference(value: unknown, where: string): FileReference {
  const reference = asObject(value, where, ['sha256', 'bytes']);
  const sha256 = field(reference, 'sha256');
  if (!isIdentity(sha256)) rejectInput(`${where}.sha256`, 'must be a SHA-256 in hexadecimal');
  return { sha256, bytes: count(reference, 'bytes', 1, 2 ** 32) };
}

function readWidth(value: unknown, where: string): CutWidth {
  return isCutWidth(value) ? value : rejectInput(where, 'is no width');
}

const assignmentNames = [
  ...['run', 'epoch', 'stage', 'lane', 'nextLanes', 'begin', 'end', 'inputWidth', 'outputWidth'],
  ...['credits', 'inputBytes', 'window', 'model', 'file'],
];

export function readAssignment(bytes: Uint8Array): Assignment {
  const said = object(bytes, assignmentNames);
  return {
    ...{ run: token(said, 'run'), epoch: count(said, 'epoch'), stage: count(said, 'stage') },
    ...{ lane: count(said, 'lane'), nextLanes: count(said, 'nextLanes', 1, 1024) },
    ...{ begin: count(said, 'begin'), end: count(said, 'end', 1) },
    inputWidth: readWidth(field(said, 'inputWidth'), 'inputWidth'),
    outputWidth: readWidth(field(said, 'outputWidth'), 'outputWidth'),
    ...{ credits: count(said, 'credits', 1, 1024), inputBytes: count(said, 'inputBytes', 1, 2 ** 32) },
    window: count(said, 'window', 1, 2 ** 20),
    model: readReference(field(said, 'model'), 'model'),
    file: readReference(field(said, 'file'), 'file'),
  };
}

export function readReply(bytes: Uint8Array): AssignmentReply {
  const said = object(bytes, ['error']);
  const error = field(said, 'error');
  return error === undefined ? {} : { error: readError(error, 'error') };
}

export const readBeat = (bytes: Uint8Array): Beat => ({ epoch: count(object(bytes, ['epoch']), 'epoch') });

export function readFault(bytes: Uint8Array): Fault {
  const said = object(bytes, ['epoch', 'item', 'attempt']);
  return { epoch: count(said, 'epoch'), item: count(said, 'item'), attempt: count(said, 'attempt') };
}

export function readChunkRequest(bytes: Uint8Array): ChunkRequest {
  const said = object(bytes, ['sha256', 'offset']);
  const sha256 = field(said, 'sha256');
  if (!isIdentity(sha256)) rejectInput('sha256', 'must be a SHA-256 in hexadecimal');
  return { sha256, offset: count(said, 'offset', 0, 2 ** 32) };
}

/** A message read, or undefined where it is none of these: whoever sent it, it must not stop who gets it. */
export function tryRead<T>(read: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return read(bytes);
  } catch {
    return undefined;
  }
}
