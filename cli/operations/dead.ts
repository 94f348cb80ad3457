import { z } from "zod";
import { RoomName } from "../../bridge/model/ids.ts";
import type { DeadLetters } from "../../bridge/outbox/port.ts";
import { operation } from "./operation.ts";

const Letter = z.object({
  id: z.int(),
  room: RoomName,
  action: z.enum(["post", "edit", "late", "strike", "reply", "remove", "note", "digest"]),
  /** Why, in the destination's words. */
  code: z.string(),
  acceptedAt: z.number(),
  refusedAt: z.number(),
  /** Whether it can be tried again. */
  kept: z.boolean(),
});

/** Which letters are meant. */
const Which = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("one"), id: z.int() }),
  z.object({ kind: z.literal("room"), room: RoomName }),
  z.object({ kind: z.literal("all") }),
]);
export type Which = z.infer<typeof Which>;

async function chosen(letters: DeadLetters, which: Which): Promise<readonly number[]> {
  if (which.kind === "one") return [which.id];
  const all = await letters.list();
  return all.flatMap(({ id, room }) => (which.kind === "all" || which.room === room ? [id] : []));
}

/** All that rooms refused for good, in the order of their lanes. */
export const deadList = operation({
  name: "dead.list",
  changes: false,
  input: z.object({}),
  output: z.array(Letter),
  run: async ({ core }) => [...(await core.bridge.letters.list())],
});

/** Puts letters back into their lanes, and says what came of each. */
export const deadRetry = operation({
  name: "dead.retry",
  changes: true,
  input: Which,
  output: z.array(z.object({ id: z.int(), result: z.enum(["queued", "gone", "superseded", "unknown"]) })),
  async run({ core, live }, which) {
    const { letters } = core.bridge;
    const results = [];
    for (const id of await chosen(letters, which)) results.push({ id, result: await letters.retry(id) });
    live?.wake();
    return results;
  },
});

/** Erases letters with what they kept. `dropped` false: there is none with that number. */
export const deadDrop = operation({
  name: "dead.drop",
  changes: true,
  input: Which,
  output: z.array(z.object({ id: z.int(), dropped: z.boolean() })),
  async run({ core }, which) {
    const { letters } = core.bridge;
    const results = [];
    for (const id of await chosen(letters, which)) results.push({ id, dropped: await letters.drop(id) });
    return results;
  },
});
