import type { WireError } from '../../engine/worker/protocol.js';
import type { ErrorCode } from '../../error.js';
import { asChoice, asObject, asString, field, shorten } from '../../format/json.js';

const known: Readonly<Record<ErrorCode, true>> = {
  'invalid-model': true,
  unsupported: true,
  'invalid-input': true,
  'invalid-option': true,
  'not-found': true,
  'out-of-memory': true,
  'no-engine': true,
  'missing-dependency': true,
  'training-failed': true,
  timeout: true,
  closed: true,
  internal: true,
};
const codes = Object.keys(known) as ErrorCode[];

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
