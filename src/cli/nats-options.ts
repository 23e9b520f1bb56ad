import type { ConnectionChoice, TlsFiles } from '../devices/connection.js';
import type { Given, OptionSpec } from './command.js';
import { readWhole } from './files.js';
import { UsageError } from './io.js';
import { valueIn } from './parse.js';

/** Options of commands that connect to a NATS server. */
export const natsOptions: Readonly<Record<string, OptionSpec>> = {
  token: {
    value: '<token>',
    help: 'who connects, by a token (or $SPIKELET_NATS_TOKEN, which `ps` does not show)',
  },
  user: { value: '<name>', help: 'who connects, by a name' },
  password: { value: '<password>', help: 'and a password (or $SPIKELET_NATS_PASSWORD)' },
  credentials: { value: '<file>', help: 'who connects, by a credentials file (.creds) or an NKEY seed' },
  ca: { value: '<file>', help: 'certificate that signed that of the server (PEM); makes nats:// encrypted' },
  cert: { value: '<file>', help: "the client's own certificate, where the server asks for one (PEM)" },
  key: { value: '<file>', help: 'and its key (PEM, without a passphrase)' },
  space: { value: '<name>', help: "devices and pipelines of one space see each other (default 'default')" },
};

const text = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : new TextDecoder().decode(readWhole(path));

function certificatesIn(given: Given): TlsFiles | undefined {
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => text(valueIn(given, name)));
  return [ca, cert, key].every((file) => file === undefined) ? undefined : { ca, cert, key };
}

/** How to reach the server. The secrets may come from the environment. */
export function connectionIn(given: Given): ConnectionChoice & { readonly space: string | undefined } {
  const servers = valueIn(given, 'nats');
  if (servers === undefined) throw new UsageError('--nats <url> says where the NATS server is');
  const { SPIKELET_NATS_TOKEN, SPIKELET_NATS_PASSWORD } = process.env;
  const [user, credentials] = ['user', 'credentials'].map((name) => valueIn(given, name));
  const isKnown = user !== undefined || credentials !== undefined;
  return {
    servers: servers.split(','),
    token: valueIn(given, 'token') ?? (isKnown ? undefined : SPIKELET_NATS_TOKEN),
    user,
    password: valueIn(given, 'password') ?? (user === undefined ? undefined : SPIKELET_NATS_PASSWORD),
    credentials: text(credentials),
    tls: certificatesIn(given),
    space: valueIn(given, 'space'),
  };
}
