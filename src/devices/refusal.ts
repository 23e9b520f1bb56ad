import type { PermissionViolationError } from '@nats-io/nats-core';
import { SpikeletError } from '../error.js';
import type { ConnectionChoice } from './connection.js';
import { expiryOf, readCredentials } from './credentials.js';

/** Whoever connects, in words that give nothing away. */
function whoConnects({ token, user, credentials, tls }: ConnectionChoice): string {
  if (token !== undefined) return 'the token';
  if (user !== undefined) return `user '${user}' with this password`;
  if (credentials !== undefined) {
    const expiry = expiryOf(readCredentials(credentials));
    const isOver = expiry !== undefined && expiry.getTime() < Date.now();
    return isOver ? `the credentials, which expired at ${expiry.toISOString()}` : 'the credentials';
  }
  if (typeof tls === 'object' && tls.cert !== undefined) return 'this client certificate alone';
  return 'those who do not say who they are: it wants a token, a user, credentials or a client certificate';
}

const errorNames = {
  authorization: ['AuthorizationError', 'UserAuthenticationExpiredError'],
  timeout: ['TimeoutError'],
  permission: ['PermissionViolationError'],
} as const satisfies Record<string, readonly string[]>;

const isNamed = (error: unknown, names: readonly string[]): error is Error =>
  error instanceof Error && names.includes(error.name);

/** Whether a server said that who connects may not, or no longer. */
export const isAuthorization = (error: unknown): error is Error => isNamed(error, errorNames.authorization);

/** Whether a server said that who connects may not use a subject that a stage or pipeline needs. */
export function isDenial(error: unknown): error is PermissionViolationError {
  if (!isNamed(error, errorNames.permission)) return false;
  const { operation, subject } = error as PermissionViolationError;
  // Answers go to subjects that others choose: that one of them is denied says nothing.
  return operation === 'subscription' || subject.startsWith('spikelet.') || subject.startsWith('$JS.');
}

export const reasonOfDenial = ({ operation, subject }: PermissionViolationError): string =>
  `who connects may not ${operation === 'publish' ? 'publish on' : 'subscribe to'} '${subject}'`;

/** Why there is no connection, from what the client said. */
export function reasonOfRefusal(error: unknown, choice: ConnectionChoice, timeout: number): string {
  if (isAuthorization(error)) return `the server does not accept ${whoConnects(choice)} (${error.message})`;
  if (isNamed(error, errorNames.timeout)) return `no NATS server answered within ${timeout} ms`;
  return error instanceof Error ? error.message : String(error);
}

/** What a server may dislike that ends a connection without a word. */
export function reasonOfHangUp({ tls }: ConnectionChoice, isEncrypted: boolean): string {
  const hungUp = 'the server hung up before it let the client in';
  if (!isEncrypted) return hungUp;
  return typeof tls === 'object' && tls.cert !== undefined
    ? `${hungUp}: it may not trust the client certificate, or that has expired`
    : `${hungUp}: it may want a client certificate (tls.cert and tls.key)`;
}

export const noConnection = (hosts: string, reason: string, cause?: unknown): SpikeletError =>
  new SpikeletError('closed', `there is no connection to ${hosts}: ${reason}`, { where: 'servers', cause });
