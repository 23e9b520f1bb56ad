import { StageParameters } from './parameters';
import { copyRun, fillRun, stagedBytes } from './runs';

/** Whether a row of the image is one run of bytes: no channel of the value is left out, none is added. */
@inline
function whole(p: StageParameters): bool {
  return p.channels == p.stagedChannels && p.channels == p.sourceStride;
}

/** Source of staged row `unit`, or 0 when the row lies in the border. */
function sourceRow(p: StageParameters, unit: i32, elementBytes: i32): usize {
  const y = unit % p.stagedHeight - p.top;
  if (y < 0 || y >= p.height) return 0;
  return p.input + <usize>((unit / p.stagedHeight * p.height + y) * p.width * p.sourceStride * elementBytes);
}

/**
 * Copies an image into scratch with a border, so that convolutions need not look at edges.
 *
 *     for each staged row y of the unit, x < stagedWidth, c < stagedChannels:
 *       inside = 0 <= y - top < height && 0 <= x - left < width && c < channels
 *       staged[y][x][c] = convert(inside ? input[y - top][x - left][c] : fill)
 */
export function u8_stage(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<StageParameters>(parameters);
  const rowLength = p.stagedWidth * p.stagedChannels;
  const bytes = stagedBytes(p.mode);
  const border = min(p.left, p.stagedWidth);
  const left = border * p.stagedChannels;
  const width = min(p.width, p.stagedWidth - border);
  const copied = width * p.stagedChannels;
  for (let unit = begin; unit < end; unit++) {
    const source = sourceRow(p, unit, 1);
    const target = p.output + <usize>(unit * rowLength * bytes);
    if (!source) {
      fillRun(target, rowLength, p.fill, p.mode);
      continue;
    }
    const inner = target + <usize>(left * bytes);
    fillRun(target, left, p.fill, p.mode);
    if (whole(p)) copyRun(source, inner, copied, p.mode);
    else copyPixels(p, source, inner, width);
    fillRun(inner + <usize>(copied * bytes), rowLength - left - copied, p.fill, p.mode);
  }
}

function copyPixels(p: StageParameters, source: usize, target: usize, width: i32): void {
  const bytes = stagedBytes(p.mode);
  const rest = p.stagedChannels - p.channels;
  for (let x = 0; x < width; x++) {
    copyRun(source, target, p.channels, p.mode);
    source += p.sourceStride;
    target += <usize>(p.channels * bytes);
    if (rest) fillRun(target, rest, p.fill, p.mode);
    target += <usize>(rest * bytes);
  }
}

/** As u8_stage for f32: the border is zero, `fill` and `mode` are not used. */
export function f32_stage(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<StageParameters>(parameters);
  const rowBytes = p.stagedWidth * p.stagedChannels << 2;
  const border = min(p.left, p.stagedWidth);
  const leftBytes = border * p.stagedChannels << 2;
  const width = min(p.width, p.stagedWidth - border);
  const copiedBytes = width * p.stagedChannels << 2;
  for (let unit = begin; unit < end; unit++) {
    const source = sourceRow(p, unit, 4);
    const target = p.output + <usize>(unit * rowBytes);
    if (!source) {
      memory.fill(target, 0, rowBytes);
      continue;
    }
    const inner = target + <usize>leftBytes;
    memory.fill(target, 0, leftBytes);
    if (whole(p)) memory.copy(inner, source, copiedBytes);
    else copyFloatPixels(p, source, inner, width);
    memory.fill(inner + <usize>copiedBytes, 0, rowBytes - leftBytes - copiedBytes);
  }
}

function copyFloatPixels(p: StageParameters, source: usize, target: usize, width: i32): void {
  const channelBytes = <usize>(p.channels << 2);
  const stagedBytes = <usize>(p.stagedChannels << 2);
  for (let x = 0; x < width; x++) {
    memory.copy(target, source, channelBytes);
    memory.fill(target + channelBytes, 0, stagedBytes - channelBytes);
    source += <usize>(p.sourceStride << 2);
    target += stagedBytes;
  }
}
