import { checkOptionNames, rejectOption } from '../pipeline/check.js';
import { readCredentials } from './credentials.js';

/** Certificates as PEM texts. */
export interface TlsFiles {
  /** Of those who signed the server's certificate. Default: those that the system trusts. */
  readonly ca?: string | undefined;
  /** The client's own, where the server asks for one: both or neither. */
  readonly cert?: string | undefined;
  /** Without a passphrase. */
  readonly key?: string | undefined;
}

/** How to reach a NATS server with JetStream, and as whom. */
export interface ConnectionChoice {
  /** `nats://`, `tls://`, `ws://` or `wss://` addresses. Browsers need the last two. */
  readonly servers: string | readonly string[];
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Contents of a credentials file, as `nsc` makes them, or an NKEY seed of a user that the server knows. */
  readonly credentials?: string | undefined;
  /**
   * Encrypts connections to `nats://` addresses, too. Certificates are for `nats://` and `tls://`: those of `wss://` are
   * a matter of the browser, or of Node and its `NODE_EXTRA_CA_CERTS`.
   */
  readonly tls?: boolean | TlsFiles | undefined;
}

export const connectionNames: readonly (keyof ConnectionChoice)[] = [
  'servers',
  'token',
  'user',
  'password',
  'credentials',
  'tls',
];

const schemes = ['nats:', 'tls:', 'ws:', 'wss:'] as const;

function addressOf(server: unknown): URL {
  const where = 'servers';
  if (typeof server !== 'string' || server === '') rejectOption(where, 'must be addresses of NATS servers');
  const text = server.includes('://') ? server : `nats://${server}`;
  if (!URL.canParse(text)) rejectOption(where, `'${server}' is no address`);
  const url = new URL(text);
  if (!schemes.some((scheme) => scheme === url.protocol) || url.hostname === '') {
    rejectOption(where, `'${server}' must begin with ${schemes.map((scheme) => `${scheme}//`).join(', ')}`);
  }
  if (url.username !== '' || url.password !== '') {
    rejectOption(where, 'must not hold a user or a password: give them as options');
  }
  return url;
}

/** Whether an address is on this machine. */
export function isLoopback({ hostname }: Pick<URL, 'hostname'>): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export const isEncrypted = ({ protocol }: URL, tls: ConnectionChoice['tls']): boolean =>
  protocol === 'wss:' || protocol === 'tls:' || (protocol === 'nats:' && tls !== undefined && tls !== false);

function checkTexts(choice: ConnectionChoice): void {
  for (const name of ['token', 'user', 'password', 'credentials'] as const) {
    const value = choice[name];
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      rejectOption(name, 'must be a text that is not empty');
  }
  const { token, user, password, credentials } = choice;
  if ((user === undefined) !== (password === undefined)) rejectOption('user', 'goes together with password');
  if ([token, user, credentials].filter((given) => given !== undefined).length > 1) {
    rejectOption('token', 'give one of token, user and password, and credentials');
  }
  if (credentials !== undefined) readCredentials(credentials);
}

const tlsNames: readonly (keyof TlsFiles)[] = ['ca', 'cert', 'key'];

function checkTls(tls: ConnectionChoice['tls']): void {
  if (tls === undefined || typeof tls === 'boolean') return;
  if (typeof tls !== 'object' || tls === null) rejectOption('tls', 'must be true or certificates');
  checkOptionNames(tls, tlsNames, 'tls.');
  for (const name of tlsNames) {
    const text = tls[name];
    const label = name === 'key' ? 'PRIVATE KEY' : 'CERTIFICATE';
    if (text === undefined || (typeof text === 'string' && text.includes(`${label}-----`))) continue;
    rejectOption(`tls.${name}`, `must be a PEM text with a ${label}`);
  }
  if ((tls.cert === undefined) !== (tls.key === undefined))
    rejectOption('tls.cert', 'goes together with key');
}

/**
 * The addresses, checked. Throws `invalid-option`, before anything is sent, for a server that is not on this machine
 * without encryption or without anything that says who connects.
 */
export function checkConnection(choice: ConnectionChoice): readonly URL[] {
  checkTexts(choice);
  checkTls(choice.tls);
  const addresses = [choice.servers].flat().map(addressOf);
  if (addresses.length === 0) rejectOption('servers', 'must be addresses of NATS servers');
  const isWeb = addresses.map(({ protocol }) => protocol === 'ws:' || protocol === 'wss:');
  if (isWeb.includes(true) && isWeb.includes(false))
    rejectOption('servers', 'must be all of the web or none');
  if (isWeb.includes(true) && typeof choice.tls === 'object') {
    const message =
      'has no certificates for ws:// and wss://: the browser has them, or Node from NODE_EXTRA_CA_CERTS';
    rejectOption('tls', message);
  }
  for (const address of addresses) checkAddress(address, choice);
  return addresses;
}

const isNumeric = ({ hostname }: URL): boolean => /^\[|^[\d.]+$/.test(hostname);

function checkAddress(address: URL, { tls, token, user, credentials }: ConnectionChoice): void {
  if (!isLoopback(address)) {
    if (!isEncrypted(address, tls)) {
      rejectOption('servers', `${address.host} is another machine: use tls:// or wss://, or the option tls`);
    }
    const hasCertificate = typeof tls === 'object' && tls.cert !== undefined;
    if (token === undefined && user === undefined && credentials === undefined && !hasCertificate) {
      const needed = 'a token, a user, credentials or a client certificate is needed';
      rejectOption('servers', `${address.host} is another machine: ${needed}`);
    }
  }
  // The client compares the certificate with the name of the host, and has none for a number.
  if (!address.protocol.startsWith('ws') && isEncrypted(address, tls) && isNumeric(address)) {
    rejectOption('servers', `${address.host} cannot be verified: use the name in the server's certificate`);
  }
}
