// Register-only loops: what one core can do at most with the instruction that a kernel is made of.
import asc from 'assemblyscript/asc';

/** Instruction of each loop, multiply-accumulates of one, and the variant of the kernels that it bounds. */
export const peaks = {
  relaxed_dot: { macs: 16, step: 'i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, A)', relaxed: true },
  i16_dot: { macs: 8, step: 'i32x4.add(A, i32x4.dot_i16x8_s(B, x))', relaxed: false },
  f32_madd: { macs: 4, step: 'f32x4.relaxed_madd(w, x, A)', relaxed: true },
  f32_mul_add: { macs: 4, step: 'f32x4.add(A, f32x4.mul(B, x))', relaxed: false },
};

const accumulators = 12;
const repeats = 4;
const stepsPerIteration = accumulators * repeats;

function loopSource(name, { step }) {
  const splat = step.startsWith('f32') ? 'f32x4.splat(<f32>' : 'i32x4.splat(';
  const locals = Array.from({ length: accumulators }, (_, i) => `let a${i} = ${splat}(n + ${i}));`);
  const steps = Array.from({ length: stepsPerIteration }, (_, i) => {
    const target = `a${i % accumulators}`;
    return `${target} = ${step.replace('A', target).replace('B', `a${(i + 1) % accumulators}`)};`;
  });
  const sum = locals.map((_, i) => `a${i}`).reduce((all, one) => `v128.xor(${all}, ${one})`);
  return `export function ${name}(n: i32): i32 {
    const w = ${splat}n), x = ${splat}(n + 7));
    ${locals.join(' ')}
    for (; n > 0; n--) { ${steps.join('\n')} }
    return i32x4.extract_lane(${sum}, 0);
  }`;
}

/** Compiles the loops that this engine can run; each call gives multiply-accumulates per nanosecond. */
export async function measurePeaks(relaxed) {
  const chosen = Object.entries(peaks).filter(([, peak]) => relaxed || !peak.relaxed);
  const source = chosen.map(([name, peak]) => loopSource(name, peak)).join('\n');
  const enable = relaxed ? ['simd', 'relaxed-simd'] : ['simd'];
  const options = { optimizeLevel: 2, runtime: 'stub', enable };
  const { error, binary, stderr } = await asc.compileString(source, options);
  if (error) throw new Error(stderr.toString());
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  const timed = chosen.map(([name, peak]) => [name, () => rate(exports[name], peak.macs)]);
  return Object.fromEntries(timed);
}

function rate(loop, macs, iterations = 100_000) {
  const start = process.cpuUsage();
  loop(iterations);
  const { user, system } = process.cpuUsage(start);
  return (macs * stepsPerIteration * iterations) / (user + system) / 1e3;
}
