import { expect, test } from "vitest";
import { accepted, edited, mapping, post, posted, removed } from "../core.helper.ts";
import { run, settled, type World, world } from "./room.helper.ts";

/** Three messages. */
const long = (word: string): string => `${word} ${"слово ".repeat(1_400)}конец`;

/** A post of three messages whose third is refused. */
async function refusedWithin(
  w: World,
  text: string,
  what: { readonly method: string; readonly skip: number },
): Promise<void> {
  const fault = { kind: "status", status: 400, description: "Bad Request: RANDOM_REASON" } as const;
  w.telegram.faults.plan({ ...what, times: 1, fault });
  w.source.tell(posted(post(1, text)));
  await settled(w);
}
const third = { method: "sendMessage", skip: 2 };
const said = (w: World) => w.bodies().join(" ").replaceAll(/\s+/gu, " ").trim();

test("what was refused in its midst is taken away whole when its post is removed", async () => {
  const w = await world();
  const runtime = run(w);
  await refusedWithin(w, long("Экзамен"), third);
  expect(w.shown()).toHaveLength(2);
  w.source.tell(removed(1));
  await settled(w);
  expect(w.shown()).toHaveLength(0);
  await runtime.stop();
});

test("an edit changes what stands of it, and brings the rest", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  await refusedWithin(w, long("Экзамен"), third);
  const before = w.shown().map((m) => m.id);
  w.source.tell(edited(1, long("Зачёт"), 1_000));
  await settled(w);
  expect(w.shown().map((m) => m.id)).toEqual([...before, expect.anything()]);
  expect(said(w)).toBe(long("Зачёт"));
  await runtime.stop();
});

test("tried again, only what is not there is sent", async () => {
  const w = await world();
  const runtime = run(w);
  await refusedWithin(w, long("Экзамен"), third);
  const [letter] = await w.bridge.letters.list();
  expect(await w.bridge.letters.retry(letter?.id ?? 0)).toBe("queued");
  runtime.wake();
  await settled(w);
  expect(said(w)).toBe(long("Экзамен"));
  expect(w.shown()).toHaveLength(3);
  await runtime.stop();
});

test("a letter that waits for another try is taken away, too", async () => {
  const w = await world();
  let runtime = run(w);
  await refusedWithin(w, long("Экзамен"), third);
  await runtime.stop();
  const [letter] = await w.bridge.letters.list();
  expect(await w.bridge.letters.retry(letter?.id ?? 0)).toBe("queued");
  w.now.held = true;
  runtime = run(w);
  w.source.tell(removed(1));
  await accepted(w);
  w.now.held = false;
  runtime.wake();
  await settled(w);
  expect(w.shown()).toHaveLength(0);
  await runtime.stop();
});

test("an edit that is refused in its midst is finished by the next one", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  w.source.tell(posted(post(1, long("Экзамен"))));
  await settled(w);
  const before = w.shown().map((m) => m.id);
  const fault = { kind: "status", status: 400, description: "Bad Request: RANDOM_REASON" } as const;
  w.telegram.faults.plan({ method: "editMessageText", skip: 1, times: 1, fault });
  const other = long("Зачёт").replaceAll("слово", "буква");
  w.source.tell(edited(1, other, 1_000));
  await settled(w);
  expect(said(w)).toMatch(/^Зачёт буква.*слово.*конец$/u);
  w.source.tell(edited(1, `${other}!`, 2_000));
  await settled(w);
  expect(said(w)).toBe(`${other}!`);
  expect(w.shown().map((m) => m.id)).toEqual(before);
  await runtime.stop();
});

test("where removals are struck through, what was refused in its midst is taken away: nothing more of it comes", async () => {
  const w = await world({ mappings: [mapping({ removals: "strike" })] });
  const runtime = run(w);
  await refusedWithin(w, long("Экзамен"), third);
  w.source.tell(removed(1));
  await settled(w);
  expect(w.shown()).toEqual([]);
  await runtime.stop();
});
