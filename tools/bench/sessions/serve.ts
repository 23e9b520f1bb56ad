import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

const mimeTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Packages that the built package imports by name, which a browser cannot resolve by itself. */
const packages: Readonly<Record<string, string>> = {
  comlink: '/node_modules/comlink/dist/esm/comlink.mjs',
  '@assemblyscript/loader': '/node_modules/@assemblyscript/loader/index.js',
};

function withResolvedPackages(script: string): string {
  return script.replace(
    /(\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'./][^"']*)\2/g,
    (whole, before: string, quote: string, name: string) =>
      packages[name] === undefined ? whole : `${before}${quote}${packages[name]}${quote}`,
  );
}

async function answer(root: string, path: string, response: ServerResponse): Promise<void> {
  const file = normalize(join(root, decodeURIComponent(path)));
  if (!file.startsWith(root)) throw new Error('outside of the folder served');
  const type = mimeTypes[extname(file)] ?? 'application/octet-stream';
  const bytes = await readFile(file);
  response.writeHead(200, {
    'content-type': type,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
  });
  response.end(
    path.startsWith('/dist/') && type === 'text/javascript' ? withResolvedPackages(bytes.toString()) : bytes,
  );
}

/** Serves a folder, cross-origin isolated, on a free local port. */
export async function serveFolder(root: string): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    answer(root, path, response).catch(() => {
      response.writeHead(404);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, server };
}
