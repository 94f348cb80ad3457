import { expect, test } from "vitest";
import { edited, mapping, media, open, post, posted, removed } from "../core.helper.ts";
import { run, settled, type World, world } from "./room.helper.ts";

const HOUR = 3_600_000;
const SAID = "Это объявление удалено в исходном канале.";
const file = (w: World, ref: string) => {
  w.source.files.set(ref, () => open(Buffer.from(`%PDF-1.4 ${ref}`)));
  return media(ref);
};
const struckOf = ({ content }: ReturnType<World["shown"]>[number]) =>
  content.kind === "service"
    ? []
    : content.body.entities
        .filter((e) => e.type === "strikethrough")
        .map((e) => content.body.text.slice(e.offset, e.offset + e.length));

test("within 48 hours a removal deletes; later it strikes through, with a word", async () => {
  const w = await world({ mappings: [mapping({ edits: "announce" })] });
  const runtime = run(w);
  const files = { attachments: [file(w, "a")] };
  w.source.tell(posted(post(1, "Первый в 10:00")), posted(post(2, "Второй в 10:00")));
  w.source.tell(posted(post(3, "Третий", files)), posted(post(4, "Четвёртый")));
  await settled(w);
  w.source.tell(edited(1, "Первый в 12:00", 1_000), edited(2, "Второй в 12:00", 1_000));
  await settled(w);
  expect(w.bodies()).toHaveLength(6);
  w.source.tell(removed(1));
  await settled(w);
  expect(w.bodies()).toHaveLength(4);
  expect(w.bodies().join()).not.toContain("Первый");
  const ids = w.shown().map((m) => m.id);
  w.clock.advance(49 * HOUR);
  w.source.tell(removed(2), removed(3));
  await settled(w);
  expect(w.shown().map((m) => m.id)).toEqual(ids);
  expect(w.shown().map(struckOf)).toEqual([["Второй в 12:00"], ["Третий"], [], []]);
  expect(w.bodies()).toEqual([`Второй в 12:00\n\n${SAID}`, `Третий\n\n${SAID}`, "Четвёртый", SAID]);
  await runtime.stop();
});

test("a removal of what is neither deletable nor kept any more leaves a line in its place", async () => {
  const w = await world({ history: 0 });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Первый")), posted(post(2, "Второй", { attachments: [file(w, "a")] })));
  await settled(w);
  w.clock.advance(49 * HOUR);
  w.source.tell(removed(1), removed(2));
  await settled(w);
  expect(w.bodies()).toEqual([SAID, SAID]);
  await runtime.stop();
});
