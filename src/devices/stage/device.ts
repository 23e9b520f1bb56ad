import { freshId } from '../fresh-id.js';
import { Link } from '../link.js';
import { openStage } from './open-stage.js';
import { checkDeviceOptions, type DeviceHandle, type DeviceOptions } from './options.js';
import { RunningDevice } from './running-device.js';
import { measureSpeed } from './speed.js';

const usualType = 'device';
const usualSpace = 'default';
const greatestModelMemory = 2 ** 32;

/**
 * Makes this process or tab a device that runs stages for the pipelines of a NATS server. It holds the weights of its
 * own stage alone, computes in a worker, and runs nothing but models that it was told to trust.
 *
 * @throws SpikeletError `invalid-option`; `closed` where there is no server.
 * @example
 * const own = await device({ servers: 'nats://127.0.0.1:4222', memory: 512e6, trust: [identity] });
 * await own.closed;
 */
export async function device(options: DeviceOptions): Promise<DeviceHandle> {
  checkDeviceOptions(options);
  const { trust, memory, type = usualType, space = usualSpace, signal } = options;
  signal?.throwIfAborted();
  const id = freshId();
  const link = await Link.open(options);
  try {
    const speed = await measureSpeed();
    signal?.throwIfAborted();
    const running = new RunningDevice({
      ...{ link, space, signal, memory },
      description: {
        id,
        name: options.name ?? `${type}-${id.slice(0, 4)}`,
        type,
        memory,
        speed,
      },
      open: openStage(trust, Math.min(memory, greatestModelMemory)),
    });
    running.start();
    return running;
  } catch (error) {
    await link.close();
    throw error;
  }
}
