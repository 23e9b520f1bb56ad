import type { WireError } from '../../engine/worker/protocol.js';
import type { ErrorCode } from '../../error.js';
import { asChoice, asObject, asString, field, shorten } from '../../format/json.js';

const codes = [
  ...([
    'invalid-model',
    'unsupported',
    'invalid-input',
    'invalid-option',
    'not-found',
    'out-of-memory',
  ] as const),
  ...(['no-engine', 'missing-dependency', 'training-failed', 'timeout', 'closed', 'internal'] as const),
] satisfies readonly ErrorCode[];

const longest = 2000;

/** An error that came over the wire. */
export function readError(value: unknown, where: string): WireError {
  const object = asObject(value, where, ['code', 'where', 'message']);
  const place = field(object, 'where');
  return {
    code: asChoice(field(object, 'code'), codes, `${where} code`),
    where: place === undefined ? undefined : shorten(asString(place, `${where} where`)),
    message: asString(field(object, 'message'), `${where} message`).slice(0, longest),
  };
}
