import { describe, expect, test } from 'vitest';
import { Roster, refusalMs, silenceMs } from '../../src/devices/line/roster.js';
import { Watch } from '../../src/devices/line/watch.js';
import type { Announcement } from '../../src/devices/wire/messages.js';

const announced = (id: string, more: Partial<Announcement> = {}): Announcement => ({
  ...{ id, name: `device ${id}`, type: 'board', memory: 1, speed: 1, isLeaving: false },
  ...more,
});

const work = (run: string) => ({
  ...{ run, epoch: 1, stage: 0, fileBytes: 1, items: 0, busyMs: 0, starvedMs: 0, blockedMs: 0, queue: 0 },
});

describe('the list of devices', () => {
  test('has who is heard, and drops who is silent', () => {
    const roster = new Roster();
    expect(roster.heard(announced('a'), 0)).toEqual({ joined: ['a'], left: [] });
    expect(roster.heard(announced('b'), 500)).toEqual({ joined: ['b'], left: [] });
    expect(roster.heard(announced('b'), silenceMs)).toEqual({ joined: [], left: [] });
    expect(roster.expire(silenceMs)).toEqual({ joined: [], left: [] });
    expect(roster.expire(silenceMs + 1)).toEqual({ joined: [], left: ['a'] });
    expect(roster.devices.map(({ id }) => id)).toEqual(['b']);
  });

  test('drops who leaves at once', () => {
    const roster = new Roster();
    roster.heard(announced('a'), 0);
    expect(roster.heard(announced('a', { isLeaving: true }), 1)).toEqual({ joined: [], left: ['a'] });
    expect(roster.heard(announced('a', { isLeaving: true }), 2)).toEqual({ joined: [], left: [] });
  });

  test('does not count the time in which the listener was away', () => {
    const roster = new Roster();
    roster.heard(announced('a'), 0);
    roster.forgive(60_000);
    expect(roster.expire(60_000 + silenceMs).left).toEqual([]);
    expect(roster.expire(60_001 + silenceMs).left).toEqual(['a']);
  });

  test('gives a name to the first that has it, until that one is gone', () => {
    const roster = new Roster();
    roster.heard(announced('a', { name: 'same' }), 0);
    expect(roster.heard(announced('b', { name: 'same' }), 0).joined).toEqual([]);
    expect(roster.clashes).toEqual(['same']);
    roster.expire(silenceMs + 1);
    expect(roster.clashes).toEqual([]);
    expect(roster.heard(announced('b', { name: 'same' }), silenceMs + 2).joined).toEqual(['b']);
  });

  test('offers those that are free, or ours', () => {
    const roster = new Roster();
    roster.heard(announced('free'), 0);
    roster.heard(announced('ours', { work: work('mine') }), 0);
    roster.heard(announced('theirs', { work: work('other') }), 0);
    expect(roster.usable('mine', 0).map(({ id }) => id)).toEqual(['free', 'ours']);
    expect(roster.heard(announced('theirs'), 1).joined).toEqual(['theirs']);
    expect(roster.usable('mine', 1)).toHaveLength(3);
  });

  test('does not offer who has just refused', () => {
    const roster = new Roster();
    roster.heard(announced('a'), 0);
    roster.refuse('a', 'no trust', 0);
    expect(roster.usable('mine', refusalMs - 1)).toEqual([]);
    expect(roster.refusals).toEqual(['no trust']);
    expect(roster.usable('mine', refusalMs)).toHaveLength(1);
  });
});

describe('the times of items', () => {
  /** Items 0, 1 and 2, each sent at the millisecond of its number. */
  const sentInTurn = (): Watch => {
    const watch = new Watch(1000, 250);
    for (const item of [0, 1, 2]) {
      watch.accept(item, 0);
      watch.send(item, item);
    }
    return watch;
  };

  test('say what is overdue once it was sent, and what has expired', () => {
    const watch = new Watch(1000, 250);
    watch.accept(0, 0);
    watch.accept(1, 0);
    expect(watch.send(0, 100)).toBe(1);
    expect(watch.due(349)).toEqual({ expired: [], overdue: [] });
    expect(watch.due(350)).toEqual({ expired: [], overdue: [0] });
    expect(watch.send(0, 350)).toBe(2);
    expect(watch.due(351).overdue).toEqual([]);
    expect(watch.due(1000)).toEqual({ expired: [0, 1], overdue: [] });
  });

  test('end with the result', () => {
    const watch = new Watch(1000, 250);
    watch.accept(0, 0);
    watch.send(0, 0);
    watch.settle(0, 1);
    expect(watch.due(2000)).toEqual({ expired: [], overdue: [] });
    expect(watch.send(0, 1)).toBeUndefined();
    expect(watch.underWay).toBe(0);
  });

  test('leave alone what stands in a queue, as long as results come', () => {
    const watch = sentInTurn();
    watch.settle(0, 240);
    expect(watch.due(489).overdue).toEqual([]);
    expect(watch.due(490).overdue).toEqual([1, 2]);
    watch.settle(1, 490);
    expect(watch.due(739).overdue).toEqual([]);
  });

  test('take for lost what a later one has overtaken', () => {
    const watch = sentInTurn();
    watch.settle(1, 240);
    expect(watch.due(249).overdue).toEqual([]);
    expect(watch.due(250).overdue).toEqual([0]);
  });

  test('do not let an item that was sent twice overtake others, as its first message may have been answered', () => {
    const watch = sentInTurn();
    watch.send(0, 250);
    watch.settle(0, 260);
    expect(watch.due(509).overdue).toEqual([]);
    expect(watch.due(510).overdue).toEqual([1, 2]);
  });

  test('count no failure as a result', () => {
    const watch = new Watch(1000, 250);
    watch.accept(0, 0);
    watch.accept(1, 0);
    watch.send(0, 0);
    watch.send(1, 0);
    watch.drop(0);
    expect(watch.due(250).overdue).toEqual([1]);
  });

  test('start anew for what has to be sent by another plan, but for the deadline', () => {
    const watch = new Watch(1000, 250);
    watch.accept(0, 0);
    watch.send(0, 0);
    watch.recall();
    expect(watch.underWay).toBe(0);
    expect(watch.due(900)).toEqual({ expired: [], overdue: [] });
    expect(watch.send(0, 900)).toBe(2);
    expect(watch.due(1000).expired).toEqual([0]);
  });
});
