export interface Failure {
  readonly file: string;
  readonly name: string;
  readonly message: string;
}

export function vitestFailures(text: string): readonly Failure[];
export function junitFailures(text: string): readonly Failure[];
