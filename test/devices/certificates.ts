import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is a program to make certificates with: the package openssl has one. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate and its key, as PEM texts and as files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Subject {
  readonly commonName: string;
  /** As in `subjectAltName`: 'DNS:localhost'. */
  readonly alternative?: string;
  /** From now on; a number below zero makes one that has expired. Default: 2. */
  readonly days?: number;
}

/** Somebody who signs certificates, with a key that was made a moment ago. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spikelet-certificates-'));
  readonly own: Certificate;

  constructor() {
    this.#run('req', '-x509', ...newKey, ...this.#names('ca'), '-days', '2', '-subj', '/CN=authority');
    this.own = this.#read('ca');
  }

  /** What those have to know who are to trust it. */
  get ca(): string {
    return this.own.cert;
  }

  sign({ commonName, alternative = 'DNS:localhost', days = 2 }: Subject): Certificate {
    const name = `${commonName}-${Math.random().toString(16).slice(2)}`;
    const [request, extensions] = [this.#path(`${name}.csr`), `subjectAltName=${alternative}`];
    const key = ['-keyout', this.#path(`${name}.key`), '-out', request];
    this.#run('req', '-new', ...newKey, ...key, '-subj', `/CN=${commonName}`, '-addext', extensions);
    const signer = ['-CA', this.own.certFile, '-CAkey', this.own.keyFile, '-copy_extensions', 'copy'];
    const out = ['-out', this.#path(`${name}.pem`), '-days', String(days)];
    this.#run('x509', '-req', '-in', request, ...signer, ...out);
    return this.#read(name);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }

  #names(name: string): readonly string[] {
    return ['-keyout', this.#path(`${name}.key`), '-out', this.#path(`${name}.pem`)];
  }

  #read(name: string): Certificate {
    const [certFile, keyFile] = [this.#path(`${name}.pem`), this.#path(`${name}.key`)];
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
  }

  #run(...argv: readonly string[]): void {
    const { status, stderr } = spawnSync('openssl', argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${argv[0]}: ${stderr}`);
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
