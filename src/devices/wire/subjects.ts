/** What can be a part of a subject: letters, digits, `-` and `_`. */
export const isToken = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);

/** Where everything of a pipeline is said: `run` is the pipeline's own name. */
export interface RunSubjects {
  /** Stream that the queues of the stages are in. */
  readonly stream: string;
  /** Subjects of the stream. */
  readonly queues: string;
  /** The coordinator's sign of life. */
  readonly beat: string;
  /** Asked for parts of model files. */
  readonly file: string;
  /** Told what went wrong with a message. */
  readonly fault: string;
  /** Subjects of the queues of a plan. */
  epoch(epoch: number): string;
  /** Queue of one device of a stage. */
  queue(epoch: number, stage: number, lane: number): string;
}

export function runSubjects(space: string, run: string): RunSubjects {
  const base = `spikelet.${space}.run.${run}`;
  return {
    stream: `spikelet_${space}_${run}`,
    queues: `${base}.queue.>`,
    beat: `${base}.beat`,
    file: `${base}.file`,
    fault: `${base}.fault`,
    epoch: (epoch) => `${base}.queue.${epoch}.>`,
    queue: (epoch, stage, lane) => `${base}.queue.${epoch}.${stage}.${lane}`,
  };
}

/** Name of the consumer of a queue. */
export const consumerName = (epoch: number, stage: number, lane: number): string =>
  `e${epoch}-s${stage}-l${lane}`;

/** Where devices say that they are there. */
export const announcements = (space: string): string => `spikelet.${space}.devices`;

/** Where a device is given a stage. */
export const assignments = (space: string, device: string): string =>
  `spikelet.${space}.device.${device}.assign`;

/** Says what a message is, so that the server stores it once however often it is sent. */
export interface MessageName {
  readonly epoch: number;
  readonly stage: number;
  readonly item: number;
  readonly attempt: number;
  readonly part: number;
}

export const messageId = ({ epoch, stage, item, attempt, part }: MessageName): string =>
  [epoch, stage, item, attempt, part].join('.');

/** The name that {@link messageId} wrote, or undefined for any other text. */
export function readMessageId(text: string | undefined): MessageName | undefined {
  if (text === undefined || !/^\d{1,15}(\.\d{1,15}){4}$/.test(text)) return undefined;
  const [epoch = 0, stage = 0, item = 0, attempt = 0, part = 0] = text.split('.').map(Number);
  return { epoch, stage, item, attempt, part };
}
