import { asArray, asInteger, asNumber, asObject, asString, field } from '../../format/json.js';
import { checkProfile, type LayerProfile, type ModelProfile } from '../profile.js';
import { documentFrom, documentText } from './document.js';
import { reading } from './reading.js';

const kind = 'spikelet-profile';

const elements = (value: unknown, where: string): readonly number[] =>
  asArray(value, where).map((count, i) => asInteger(count, 1, Number.MAX_SAFE_INTEGER, `${where}[${i}]`));

function times(value: unknown, where: string): Readonly<Record<string, number>> {
  const entries = Object.entries(asObject(value, where));
  return Object.fromEntries(entries.map(([type, seconds]) => [type, asNumber(seconds, `${where}.${type}`)]));
}

function layerFrom(value: unknown, where: string): LayerProfile {
  const layer = asObject(value, where, ['name', 'seconds', 'weightBytes', 'peakBytes', 'outputs']);
  return {
    name: asString(field(layer, 'name'), `${where}.name`),
    seconds: times(field(layer, 'seconds'), `${where}.seconds`),
    weightBytes: asNumber(field(layer, 'weightBytes'), `${where}.weightBytes`),
    peakBytes: asNumber(field(layer, 'peakBytes') ?? 0, `${where}.peakBytes`),
    outputs: elements(field(layer, 'outputs'), `${where}.outputs`),
  };
}

/**
 * A profile from the JSON text that {@link writeProfile} makes.
 *
 * @throws SpikeletError `invalid-input`, naming the field.
 */
export function readProfile(text: string): ModelProfile {
  const profile = reading(() => {
    const document = documentFrom(text, kind, ['model', 'batch', 'inputs', 'layers']);
    return {
      model: asString(field(document, 'model'), 'profile.model'),
      batch: asInteger(field(document, 'batch'), 1, Number.MAX_SAFE_INTEGER, 'profile.batch'),
      inputs: elements(field(document, 'inputs'), 'profile.inputs'),
      layers: asArray(field(document, 'layers'), 'profile.layers').map((layer, i) =>
        layerFrom(layer, `profile.layers[${i}]`),
      ),
    };
  });
  checkProfile(profile);
  return profile;
}

/** A profile as JSON text, one layer a line. */
export function writeProfile(profile: ModelProfile): string {
  checkProfile(profile);
  return documentText(kind, profile);
}
