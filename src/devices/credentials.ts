import type { Authenticator } from '@nats-io/nats-core';
import { rejectOption } from '../pipeline/check.js';

/** What a credentials file holds: a user's key, and in most cases what an account has signed about it. */
export interface Credentials {
  /** A JSON Web Token of an account. Without it the server has to know the key. */
  readonly token: string | undefined;
  /** The user's NKEY seed. */
  readonly seed: string;
}

const where = 'credentials';
const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const seedForm = /^SU[A-Z2-7]{56}$/;

/**
 * Reads a `.creds` file, or one that holds an NKEY seed alone. Throws `invalid-option` for anything else, without a word
 * of its contents.
 */
export function readCredentials(text: string): Credentials {
  const lines = text.split('\n').map((line) => line.trim());
  const token = lines.find((line) => tokenForm.test(line));
  const seed = lines.find((line) => seedForm.test(line));
  if (token === undefined && text.includes('NATS USER JWT'))
    rejectOption(where, 'have a token that is damaged');
  if (seed === undefined) {
    rejectOption(
      where,
      "must be the contents of a credentials file or an NKEY seed ('SU' and 56 characters)",
    );
  }
  return { token, seed };
}

/** When the token of credentials expires; undefined where it does not. */
export function expiryOf({ token = '' }: Credentials): Date | undefined {
  const [, claims = ''] = token.split('.');
  try {
    const { exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof exp === 'number' ? new Date(1000 * exp) : undefined;
  } catch {
    return undefined;
  }
}

/** Signs what a server asks it to sign. Throws `invalid-option` for a seed that is not one. */
export async function authenticatorOf({ token, seed }: Credentials): Promise<Authenticator> {
  const { jwtAuthenticator, nkeyAuthenticator, nkeys } = await import('@nats-io/nats-core');
  const bytes = new TextEncoder().encode(seed);
  try {
    nkeys.fromSeed(bytes).clear();
  } catch {
    rejectOption(where, 'have an NKEY seed with a wrong checksum');
  }
  const given = (): Uint8Array => new TextEncoder().encode(seed);
  return token === undefined ? nkeyAuthenticator(given) : jwtAuthenticator(token, given);
}
