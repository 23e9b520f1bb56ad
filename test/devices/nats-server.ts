import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';

const program = process.env.NATS_SERVER ?? 'nats-server';

/** Whether there is a server to test with: the package nats-server has one. */
export const hasNats = spawnSync(program, ['--version']).status === 0;

export interface TestServer {
  readonly url: string;
  readonly webUrl: string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await connect({ servers: url, reconnect: false, timeout: 2000 });
    await connection.close();
    return true;
  } catch (error) {
    // A server that asks for a password, or shows a certificate of its own, is there, too.
    return !String(error).includes('refused');
  }
}

/**
 * A server of this machine with JetStream, and what `extra` says in its configuration and `web` about its WebSockets.
 */
export async function startNats(extra = '', web = 'no_tls: true'): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-nats-'));
  const [port, webPort] = [await freePort(), await freePort()];
  const file = join(folder, 'nats.conf');
  writeFileSync(
    file,
    `listen: 127.0.0.1:${port}
     jetstream { store_dir: "${folder}/store" }
     websocket { listen: "127.0.0.1:${webPort}", ${web} }
     ${extra}`,
  );
  const url = `nats://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const own = child;
    if (!own || own.exitCode !== null || own.signalCode !== null) return;
    const ended = new Promise((resolve) => own.once('exit', resolve));
    own.kill(signal);
    await ended;
  };
  const start = async (): Promise<void> => {
    child = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (text) => {
      said += String(text);
    });
    for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
      if (await answers(url)) return;
      await sleep(100);
    }
    throw new Error(`nats-server does not answer: ${said}`);
  };
  await start();
  return {
    url,
    webUrl: `ws://127.0.0.1:${webPort}`,
    kill: () => end('SIGKILL'),
    start,
    stop: async () => {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
