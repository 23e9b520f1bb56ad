import { nkeys } from '@nats-io/nats-core';

const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

type Pair = ReturnType<typeof nkeys.createUser>;

/** A token of the server's own kind: claims that `issuer` has signed. */
function signed(issuer: Pair, subject: string, nats: object, expires?: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ jti: subject, iat: now, iss: issuer.getPublicKey(), name: 'test', sub: subject },
    ...(expires !== undefined && { exp: now + expires }),
    nats: { version: 2, ...nats },
  };
  const head = { typ: 'JWT', alg: 'ed25519-nkey' };
  const body = `${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(claims))}`;
  return `${body}.${base64url(issuer.sign(new TextEncoder().encode(body)))}`;
}

const unlimited = {
  ...{ subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true },
};

/** An operator with an account that has JetStream, as `nsc` would make them. */
export class Operator {
  readonly #operator = nkeys.createOperator();
  readonly #system = nkeys.createAccount();
  readonly #account = nkeys.createAccount();

  /** For the configuration of a server: who may connect is known from signatures alone. */
  get configuration(): string {
    const [system, account] = [this.#system.getPublicKey(), this.#account.getPublicKey()];
    const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
    const plain = signed(this.#operator, system, { type: 'account', limits: unlimited });
    const whole = signed(this.#operator, account, { type: 'account', limits: { ...unlimited, ...storage } });
    const key = this.#operator.getPublicKey();
    return `
      operator: "${signed(this.#operator, key, { type: 'operator', system_account: system })}"
      system_account: ${system}
      resolver: MEMORY
      resolver_preload: { ${system}: "${plain}", ${account}: "${whole}" }
    `;
  }

  /** The contents of a credentials file of a new user, valid for so many seconds. */
  credentials(seconds?: number): string {
    const user = nkeys.createUser();
    const token = signed(
      this.#account,
      user.getPublicKey(),
      { type: 'user', subs: -1, data: -1, payload: -1 },
      seconds,
    );
    return credentialsFile(token, text(user.getSeed()));
  }
}

export const credentialsFile = (token: string, seed: string): string =>
  [
    ...['-----BEGIN NATS USER JWT-----', token, '------END NATS USER JWT------', ''],
    '************************* IMPORTANT *************************',
    'NKEY Seed printed below can be used to sign and prove identity.',
    ...['', '-----BEGIN USER NKEY SEED-----', seed, '------END USER NKEY SEED------', ''],
    '*************************************************************',
    '',
  ].join('\n');

/** A key of a user: what the server knows, and what its owner keeps. */
export function userKey(): { readonly known: string; readonly seed: string } {
  const user = nkeys.createUser();
  return { known: user.getPublicKey(), seed: text(user.getSeed()) };
}
