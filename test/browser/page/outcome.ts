import type { Model } from 'spikelet';

/** What runs of a model gave, as data that can leave the page. */
export interface Outcome {
  readonly hashes: readonly string[];
  readonly variant: string;
  readonly dot: string;
  readonly threads: { readonly requested: number; readonly used: number; readonly reason?: string };
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function outcome(model: Model, x: readonly number[], runs: number): Promise<Outcome> {
  const hashes: string[] = [];
  const input = model.inputs[0]?.name ?? '';
  for (let i = 0; i < runs; i++) {
    const outputs = await model.run({ [input]: x });
    for (const { data } of Object.values(outputs))
      hashes.push(await sha256(new Uint8Array(data.buffer as ArrayBuffer)));
  }
  const { variant, dot, threads } = model.explain();
  return { hashes, variant, dot, threads };
}
