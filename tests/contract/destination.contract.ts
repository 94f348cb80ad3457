import { expect, test } from "vitest";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { Delivery, Outbox } from "../../bridge/outbox/port.ts";

/** A room behind one destination, with a queue of its own, and a way to see what its readers see. */
export interface DestinationWorld {
  readonly destination: Destination;
  readonly outbox: Outbox;
  /** Posts, edits and removals as a source would bring them. Answers when they are accepted. */
  accept(change: { readonly post: number; readonly text: string | null; readonly at: number }): Promise<void>;
  /** What stands in the room now, in order. */
  seen(): Promise<readonly string[]>;
  now(): number;
}

const never = new AbortController().signal;

async function claim(world: DestinationWorld): Promise<Delivery | null> {
  const head = await world.outbox.claim(world.now(), new Set());
  return head === null || "next" in head ? null : head;
}

/** Prepares, fixes, sends and settles the head of the lane; `repeats` sends the fixed bytes more than once. */
async function deliver(world: DestinationWorld, repeats = 1): Promise<boolean> {
  const head = await claim(world);
  if (head === null) return false;
  const made = await world.destination.prepare(head, never);
  if (made.kind === "outcome") {
    await world.outbox.settle(head, made.outcome);
    return true;
  }
  const fixed = await world.outbox.fix(head, made.prepared, made.lacking);
  if (fixed === null) return true;
  let outcome = await world.destination.send(fixed, head, never);
  for (let i = 1; i < repeats; i++) outcome = await world.destination.send(fixed, head, never);
  await world.outbox.settle(head, outcome);
  return true;
}

/** What every destination must hold, whatever messenger it writes to. */
export function destinationContract(name: string, make: () => Promise<DestinationWorld>): void {
  test(`${name}: posts stand in the room in their order`, async () => {
    const world = await make();
    for (const n of [1, 2, 3]) await world.accept({ post: n, text: `пост ${n}`, at: n });
    while (await deliver(world));
    expect(await world.seen()).toEqual(["пост 1", "пост 2", "пост 3"]);
  });

  test(`${name}: the same bytes sent twice are seen once`, async () => {
    const world = await make();
    await world.accept({ post: 1, text: "один раз", at: 1 });
    while (await deliver(world, 3));
    expect(await world.seen()).toEqual(["один раз"]);
  });

  test(`${name}: what was fixed before a crash is found again with the very same bytes`, async () => {
    const world = await make();
    await world.accept({ post: 1, text: "после сбоя", at: 1 });
    const head = await claim(world);
    if (head === null) throw new Error("nothing to deliver");
    const made = await world.destination.prepare(head, never);
    if (made.kind !== "ready") throw new Error(made.kind);
    const fixed = await world.outbox.fix(head, made.prepared, made.lacking);
    const again = await claim(world);
    expect(again?.fixed).toEqual(fixed);
    if (again?.fixed == null) throw new Error("not fixed");
    await world.outbox.settle(again, await world.destination.send(again.fixed, again, never));
    expect(await world.seen()).toEqual(["после сбоя"]);
  });

  test(`${name}: an edit replaces its post in its place, and a removal takes it away`, async () => {
    const world = await make();
    await world.accept({ post: 1, text: "старый", at: 1 });
    await world.accept({ post: 2, text: "второй", at: 2 });
    while (await deliver(world));
    await world.accept({ post: 1, text: "новый", at: 3 });
    while (await deliver(world));
    expect(await world.seen()).toEqual(["новый", "второй"]);
    await world.accept({ post: 1, text: null, at: 4 });
    while (await deliver(world));
    expect(await world.seen()).toEqual(["второй"]);
  });
}
