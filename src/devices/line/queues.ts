import { AckPolicy, type JetStreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { ackWaitNs } from '../wire/inbox.js';
import { consumerName, type RunSubjects } from '../wire/subjects.js';

const nsPerMs = 1e6;
const leastAgeMs = 120_000;

/**
 * Makes the stream of a pipeline where it is not there yet. It is in the server's memory: the coordinator has the inputs
 * of all items without a result, so nothing in it is beyond recall. Messages leave it when they are acknowledged, and
 * by themselves some time after the deadline of their item.
 */
export async function makeStream(
  manager: JetStreamManager,
  subjects: RunSubjects,
  deadline: number,
): Promise<void> {
  const age = nsPerMs * Math.max(leastAgeMs, 2 * deadline);
  await manager.streams.add({
    name: subjects.stream,
    subjects: [subjects.queues],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.Memory,
    max_age: age,
    duplicate_window: nsPerMs * leastAgeMs,
  });
}

export async function makeQueue(
  manager: JetStreamManager,
  subjects: RunSubjects,
  epoch: number,
  stage: number,
  lane: number,
): Promise<void> {
  await manager.consumers.add(subjects.stream, {
    durable_name: consumerName(epoch, stage, lane),
    filter_subject: subjects.queue(epoch, stage, lane),
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackWaitNs,
    // What is under way is bounded by the coordinator.
    max_ack_pending: -1,
  });
}

/** Removes the queues of a plan, with what is in them. Whatever is not there any more is removed. */
export async function removeQueues(
  manager: JetStreamManager,
  { stream, epoch: subjectsOf }: RunSubjects,
  epoch: number,
  queues: readonly (readonly [stage: number, lane: number])[],
): Promise<void> {
  const removals = queues.map(([stage, lane]) =>
    manager.consumers.delete(stream, consumerName(epoch, stage, lane)).catch(() => undefined),
  );
  await Promise.all(removals);
  await manager.streams.purge(stream, { filter: subjectsOf(epoch) }).catch(() => undefined);
}
