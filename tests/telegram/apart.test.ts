import { expect, test } from "vitest";
import { accepted, edited, mapping, media, open, post, posted, removed, soon } from "../core.helper.ts";
import { run, settled, type World, world } from "./room.helper.ts";

/** Three files under a text. */
function album(w: World) {
  return ["a", "b", "c"].map((ref) => {
    w.source.files.set(ref, () => open(Buffer.from(`%PDF-1.4 ${ref}`)));
    return media(ref);
  });
}
const refusing = (w: World, method: string, times = 1, skip = 0): void => {
  const fault = { kind: "status", status: 400, description: "Bad Request: RANDOM_REASON" } as const;
  w.telegram.faults.plan({ method, times, skip, fault });
};
const kinds = (w: World) => w.shown().map(({ content }) => content.kind);
const heads = (w: World) =>
  w
    .shown()
    .map(({ content }) =>
      content.kind === "media" ? Buffer.from(content.media.file.head).toString().at(-1) : content.kind,
    );

test("an album that is not taken is sent file by file, in its order, answering the first and without ringing", async () => {
  const w = await world();
  const runtime = run(w);
  refusing(w, "sendMediaGroup");
  w.source.tell(posted(post(1, "Билеты", { attachments: album(w) })), posted(post(2, "Второй")));
  await settled(w);
  expect(heads(w)).toEqual(["a", "b", "c", "text"]);
  expect(w.bodies()).toEqual(["Билеты", "", "", "Второй"]);
  const [first, second, third, other] = w.shown();
  expect([second?.replyTo, third?.replyTo]).toEqual([first?.id, first?.id]);
  expect([first, second, third, other].map((m) => m?.silent)).toEqual([false, true, true, false]);
  await runtime.stop();
});

test("of an album with one file that is not taken the others come, and a line for that one", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  const attachments = album(w);
  refusing(w, "sendMediaGroup");
  refusing(w, "sendDocument", 1, 1);
  w.source.tell(posted(post(1, "Билеты", { attachments })));
  await settled(w);
  expect(heads(w)).toEqual(["a", "text", "c"]);
  expect(w.bodies()[1]).toMatch(/^\[Файл .*не принял/u);
  w.source.tell(edited(1, "Билеты, исправлено", 1_000, { attachments }));
  await settled(w);
  expect(w.bodies()[0]).toBe("Билеты, исправлено");
  expect(kinds(w)).toEqual(["media", "text", "media"]);
  w.source.tell(removed(1));
  await settled(w);
  expect(w.shown()).toEqual([]);
  await runtime.stop();
});

test("what was pinned and what came after an album are the same when it is sent file by file", async () => {
  const rights = ["can_post_messages", "can_edit_messages"] as const;
  const mappings = [mapping({ pin: [{ kind: "hashtag", tag: "#важно" }] })];
  const w = await world({ rights, mappings });
  w.now.probe = false;
  const runtime = run(w);
  refusing(w, "sendMediaGroup");
  const long = `#важно ${"слово ".repeat(300)}конец`;
  w.source.tell(posted(post(1, long, { attachments: album(w) })));
  await settled(w);
  expect(heads(w)).toEqual(["text", "a", "b", "c"]);
  const [first, ...files] = w.shown();
  expect(w.chat.pinned).toEqual([first?.id]);
  expect(files.map((m) => m.replyTo)).toEqual([first?.id, first?.id, first?.id]);
  await runtime.stop();
});

test("a process that dies between two of the files goes on with the next", async () => {
  const w = await world();
  let runtime = run(w);
  refusing(w, "sendMediaGroup");
  w.telegram.faults.plan({ method: "sendDocument", skip: 1, times: 1, fault: { kind: "dropped" } });
  w.source.tell(posted(post(1, "Билеты", { attachments: album(w) })));
  await accepted(w);
  await soon(() => {
    w.clock.advance(100);
    expect(heads(w)).toEqual(["a"]);
  });
  await runtime.stop();
  w.telegram.faults.clear();
  w.restart();
  runtime = run(w);
  await settled(w);
  expect(heads(w)).toEqual(["a", "b", "c"]);
  expect(w.telegram.journal.entries.filter((e) => e.method === "sendMediaGroup")).toHaveLength(1);
  await runtime.stop();
});
