import { closedError } from '../closed.js';
import { checkStepOptions } from '../options.js';
import type { Stream } from '../stream.js';
import type { Calls } from './calls.js';
import { portableInputs } from './portable.js';
import type { OpenedStream } from './protocol.js';

/** A stream in a worker. */
export function remoteStream(calls: Calls, { stream, inputs, outputs }: OpenedStream): Stream {
  let isOpen = true;
  const checkOpen = (): void => {
    if (!isOpen) throw closedError();
  };
  const close = (): void => {
    if (isOpen) void calls.ask(async () => calls.server.closeStream(stream)).catch(() => undefined);
    isOpen = false;
  };
  return {
    inputs,
    outputs,
    async step(given, options = {}) {
      checkStepOptions(options);
      checkOpen();
      const { signal } = options;
      const sent = portableInputs(inputs, given);
      const start = (id: number) => calls.server.step(id, stream, sent, signal !== undefined);
      return (await calls.call(start, signal)).outputs;
    },
    async reset() {
      checkOpen();
      await calls.call((id) => calls.server.resetStream(id, stream));
    },
    close,
    [Symbol.dispose]: close,
  };
}
