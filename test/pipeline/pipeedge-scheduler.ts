import type { Device, ModelProfile, StagePlace } from '../../src/pipeline/index.js';

interface State {
  readonly worst: number;
  readonly before: { readonly at: number; readonly selection: string; readonly type: number } | undefined;
}

interface TypeFigures {
  readonly seconds: readonly number[];
  readonly memory: number;
  readonly bytesPerSecond: number;
}

/**
 * PipeEdge's own scheduler with its known fault: figures are looked up in the list of hosts by the number of the type,
 * so that the second type has those of the first as soon as that has two hosts. Kept for contrast only.
 */
export function pipeEdgePlaces(profile: ModelProfile, devices: readonly Device[]): readonly StagePlace[] {
  const { layers, batch } = profile;
  const types = [...new Set(devices.map(({ type }) => type))];
  const counts = types.map((type) => devices.filter((device) => device.type === type).length);
  const figures = types.map((_, index): TypeFigures => {
    const host = devices[index];
    return {
      memory: host?.memory ?? 0,
      bytesPerSecond: host?.bytesPerSecond ?? Number.POSITIVE_INFINITY,
      seconds: layers.map(({ seconds }) => seconds[host?.type ?? ''] ?? 0),
    };
  });
  const elements = (at: number): number => (at === 0 ? profile.inputs[0] : layers[at - 1]?.outputs[0]) ?? 0;
  const states = new Map<string, State>();
  const keyOf = (at: number, selection: readonly number[], type: number): string =>
    `${at}|${selection}|${type}`;
  const selections = counts.reduce<readonly (readonly number[])[]>(
    (list, count) => Array.from({ length: count + 1 }, (_, n) => list.map((own) => [...own, n])).flat(),
    [[]],
  );
  const none = counts.map(() => 0);
  for (const type of types.keys()) states.set(keyOf(0, none, type), { worst: 0, before: undefined });
  let best: { worst: number; at: number; selection: string; type: number } | undefined;
  for (let at = 0; at < layers.length; at++) {
    for (const selection of selections) {
      for (const [type, count] of counts.entries()) {
        const state = states.get(keyOf(at, selection, type));
        const own = figures[type];
        if (!state || !own || (selection[type] ?? 0) >= count) continue;
        const used = selection.map((n, t) => (t === type ? n + 1 : n));
        let seconds = 0;
        let weights = 0;
        for (let end = at + 1; end <= layers.length; end++) {
          seconds += own.seconds[end - 1] ?? 0;
          weights += layers[end - 1]?.weightBytes ?? 0;
          const buffers = 4 * batch * ((at > 0 ? 3 : 1) * elements(at) + 3 * elements(end));
          if (weights + buffers >= own.memory) continue;
          const worst = Math.max(state.worst, seconds);
          const before = { at, selection: selection.join(), type };
          if (end === layers.length) {
            if (best === undefined || worst < best.worst) best = { worst, ...before };
            continue;
          }
          for (const [next, nextCount] of counts.entries()) {
            if ((used[next] ?? 0) >= nextCount) continue;
            const speed = Math.min(own.bytesPerSecond, figures[next]?.bytesPerSecond ?? 0);
            const reached = Math.max(worst, (4 * batch * elements(end)) / speed);
            const key = keyOf(end, used, next);
            const known = states.get(key);
            if (known === undefined || reached < known.worst) states.set(key, { worst: reached, before });
          }
        }
      }
    }
  }
  const left = types.map((type) => devices.filter((device) => device.type === type).map(({ name }) => name));
  const places: StagePlace[] = [];
  let end = layers.length;
  for (let step: State['before'] = best; step; ) {
    places.unshift({ devices: [left[step.type]?.pop() ?? ''], layers: end - step.at });
    end = step.at;
    step = states.get(`${step.at}|${step.selection}|${step.type}`)?.before;
  }
  return places;
}
