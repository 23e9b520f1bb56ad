import type { Graph } from '../../../src/graph/graph.js';
import { inferTypes } from '../../../src/graph/types.js';
import { alternate } from '../alternate.js';
import type { Engine, LoadedNetwork } from '../engines/engine.js';
import { onnxruntime } from '../engines/onnxruntime.js';
import { spikelet } from '../engines/spikelet.js';
import { startTfjs, tfjs } from '../engines/tfjs.js';
import { randomImage } from '../image.js';
import { type Arithmetic, type NetworkName, networks } from '../networks/index.js';
import { prunedNetwork } from '../sparse/pruned.js';
import type { Agreement, EngineName, Entrant, Session, SessionResult } from './session.js';

const engines: Readonly<Record<EngineName, Engine>> = { spikelet, 'onnxruntime-web': onnxruntime, tfjs };

function graphOf(network: NetworkName, { arithmetic, pruning }: Entrant): Graph {
  const graph = networks[network]({ arithmetic });
  return pruning ? prunedNetwork(graph, pruning.density, pruning.pattern) : graph;
}

/** Step of the scores of an integer network: the scale of the value that its last node dequantizes. */
function scoreStep(graph: Graph): number {
  const last = graph.nodes.at(-1);
  const step = inferTypes(graph).get(last?.inputs[0] ?? '')?.quantization?.scale;
  if (step === undefined) throw new Error(`the scores of '${graph.name}' are not quantized`);
  return step;
}

function compare(graph: Graph, arithmetic: Arithmetic, a: Float32Array, b: Float32Array): Agreement {
  const apart = Math.max(...a.map((score, i) => Math.abs(score - (b[i] ?? Number.NaN))));
  if (arithmetic === 'f32') {
    const difference = apart / Math.max(...b.map(Math.abs));
    return { arithmetic, difference, allowed: 1e-3, unit: 'of the largest score' };
  }
  return { arithmetic, difference: Math.round(apart / scoreStep(graph)), allowed: 1, unit: 'steps' };
}

function check(agreement: Agreement, network: string): Agreement {
  const { arithmetic, difference, allowed, unit } = agreement;
  if (!(difference <= allowed)) {
    const what = `${network} ${arithmetic === 'f32' ? 'f32' : `int${arithmetic}`}`;
    throw new Error(
      `${what}: scores differ from onnxruntime-web by ${difference} ${unit}, allowed are ${allowed}`,
    );
  }
  return agreement;
}

/** Compares our scores with onnxruntime-web's in every arithmetic; nothing is timed unless they agree. */
async function agreementsOf(session: Session, image: Float32Array): Promise<readonly Agreement[]> {
  const own = session.entrants.filter(({ engine }) => engine === 'spikelet');
  const threads = Math.max(...session.entrants.map((entrant) => entrant.threads));
  const agreements: Agreement[] = [];
  for (const entrant of own) {
    const graph = graphOf(session.network, entrant);
    const pair = [
      await spikelet(graph, image, entrant.threads),
      await onnxruntime(graph, image, threads),
    ] as const;
    const [ours, theirs] = [await pair[0].run(), await pair[1].run()];
    for (const network of pair) await network.close();
    agreements.push(check(compare(graph, entrant.arithmetic, ours, theirs), session.network));
  }
  return agreements;
}

/** Runs a session in this process or page; `tfjsFolder` is where tfjs finds its WebAssembly files. */
export async function runSession(session: Session, tfjsFolder: string): Promise<SessionResult> {
  const image = randomImage(7);
  if (session.entrants.some(({ engine }) => engine === 'tfjs')) await startTfjs(tfjsFolder, 1);
  const agreements = await agreementsOf(session, image);
  const loaded: LoadedNetwork[] = [];
  for (const entrant of session.entrants) {
    loaded.push(await engines[entrant.engine](graphOf(session.network, entrant), image, entrant.threads));
  }
  const samples = await alternate(loaded, session.pace);
  const timings = session.entrants.map((entrant, i) => {
    const about = loaded[i]?.about;
    return { ...entrant, ...(about === undefined ? {} : { about }), samples: samples[i] ?? [] };
  });
  for (const network of loaded) await network.close();
  return { network: session.network, agreements, timings };
}
