import type { ConnectionChoice } from '../devices/connection.js';
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
  credentials: { value: '<file>', help: 'who connects, by a credentials file' },
  ca: { value: '<file>', help: 'certificate that signed that of the server (PEM)' },
  space: { value: '<name>', help: "devices and pipelines of one space see each other (default 'default')" },
};

const text = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : new TextDecoder().decode(readWhole(path));

/** How to reach the server. The secrets may come from the environment. */
export function connectionIn(given: Given): ConnectionChoice & { readonly space: string | undefined } {
  const servers = valueIn(given, 'nats');
  if (servers === undefined) throw new UsageError('--nats <url> says where the NATS server is');
  const { SPIKELET_NATS_TOKEN, SPIKELET_NATS_PASSWORD } = process.env;
  const [user, credentials, ca] = ['user', 'credentials', 'ca'].map((name) => valueIn(given, name));
  const isKnown = user !== undefined || credentials !== undefined;
  return {
    servers: servers.split(','),
    token: valueIn(given, 'token') ?? (isKnown ? undefined : SPIKELET_NATS_TOKEN),
    user,
    password: valueIn(given, 'password') ?? (user === undefined ? undefined : SPIKELET_NATS_PASSWORD),
    credentials: text(credentials),
    tls: ca === undefined ? undefined : { ca: text(ca) },
    space: valueIn(given, 'space'),
  };
}
