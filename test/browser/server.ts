import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Site {
  /** Paths of the site and what they serve: bytes or text. Paths below /dist serve the built package. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** Headers that make pages cross-origin isolated, so that they may share memory. */
  readonly isolated: boolean;
  /** Headers for every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RunningSite {
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Packages that the runtime imports, as a bundler would find them. */
const packages: Readonly<Record<string, string>> = {
  '@assemblyscript/loader': '/node_modules/@assemblyscript/loader/index.js',
  spikelet: '/dist/index.js',
  'spikelet/external': '/dist/external.js',
  comlink: '/node_modules/comlink/dist/esm/comlink.mjs',
  'comlink/dist/esm/node-adapter.mjs': '/node_modules/comlink/dist/esm/node-adapter.mjs',
};

/** Code whose imports of packages are addresses of the site. */
export function withAddresses(code: string): string {
  return code.replace(
    /(from\s*|import\s*)(["'])([@a-z][^"']*)\2/g,
    (all, start: string, quote: string, name: string) =>
      Object.hasOwn(packages, name) ? `${start}${quote}${packages[name]}${quote}` : all,
  );
}

async function contentOf(site: Site, path: string): Promise<Uint8Array | string | undefined> {
  if (Object.hasOwn(site.files, path)) return site.files[path];
  if (!/^\/(dist|node_modules)\//.test(path) || normalize(path) !== path) return undefined;
  const bytes = await readFile(join(root, path)).catch(() => undefined);
  return bytes && /\.m?js$/.test(path) ? withAddresses(bytes.toString()) : bytes;
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const content = await contentOf(site, path);
  for (const [name, value] of Object.entries(site.headers ?? {})) response.setHeader(name, value);
  if (site.isolated) for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
  if (content === undefined) {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html><title>Not found</title>');
    return;
  }
  const type = types[path.endsWith('.mjs') ? '.js' : extname(path)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type }).end(content);
}

/** Serves a site on a free port of this machine. */
export async function serve(site: Site): Promise<RunningSite> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(site, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
