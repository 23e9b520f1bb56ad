import { SpikeletError } from '../../../error.js';
import type { Samples } from '../cube.js';

/** Numbers with the first index fastest, as MATLAB keeps them. */
export interface NumericArray {
  readonly dimensions: readonly number[];
  readonly samples: Samples;
}

/** A variable of a MATLAB file whose numbers are not read yet. */
export interface MatlabVariable {
  readonly name: string;
  /** Its class, for messages. */
  readonly kind: string;
  readonly isNumeric: boolean;
  readonly dimensions: readonly number[];
  read(): Promise<NumericArray>;
}

const describe = ({ name, kind, dimensions }: MatlabVariable): string =>
  `${name === '' ? '(without a name)' : name} (${dimensions.length > 0 ? `${dimensions.join('x')} ` : ''}${kind})`;

/**
 * The variable of the given name, or the only one that is an array of numbers with as many dimensions. Throws
 * `not-found` or `invalid-input` that lists what there is.
 */
export function chooseVariable(
  variables: readonly MatlabVariable[],
  file: string,
  dimensions: 2 | 3,
  name: string | undefined,
): MatlabVariable {
  const all = variables.length === 0 ? 'no variables' : variables.map(describe).join(', ');
  const fits = (variable: MatlabVariable): boolean =>
    variable.isNumeric && variable.dimensions.length === dimensions;
  if (name !== undefined) {
    const named = variables.find((variable) => variable.name === name);
    if (!named) {
      throw new SpikeletError('not-found', `has no variable '${name}'; it holds ${all}`, { where: file });
    }
    if (!fits(named)) {
      throw new SpikeletError(
        'invalid-input',
        `is ${describe(named)}, expected real numbers in ${dimensions} dimensions`,
        { where: `${file}: variable '${name}'` },
      );
    }
    return named;
  }
  const fitting = variables.filter(fits);
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  const what = fitting.length === 0 ? 'holds no array of real numbers' : `holds ${fitting.length} arrays`;
  throw new SpikeletError(
    'invalid-input',
    `${what} in ${dimensions} dimensions, but ${all}; name one as \`variable\``,
    { where: file },
  );
}
