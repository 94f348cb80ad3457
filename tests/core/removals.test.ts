import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { MediaOutcome } from "../../bridge/model/source.ts";
import {
  accepted,
  core,
  edited,
  items,
  mapping,
  media,
  open,
  payloads,
  post,
  posted,
  removed,
  soon,
  start,
  type TestCore,
  texts,
  waiting,
} from "../core.helper.ts";

const DAY = 86_400_000;
const evening = { slots: [23 * 60], jitter: 0, silentHours: null };

async function settle(c: TestCore): Promise<void> {
  await accepted(c);
  await soon(() => expect(waiting(c)).toBe(0));
}
const retracts = (c: TestCore) => payloads(c).filter((p) => p.k === "retract");
const spooled = (c: TestCore) => readdir(path.join(c.folder, "spool")).catch((): string[] => []);

test("a removed post goes with every reply that said what had changed in it", async () => {
  const c = await core();
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")), posted(post(2, "Второй")));
  await settle(c);
  c.source.tell(edited(1, "Экзамен 13 июня", 1));
  await settle(c);
  c.source.tell(edited(1, "Экзамен 14 июня", 2));
  await settle(c);
  expect(items(c)).toHaveLength(4);
  c.source.tell(removed(1));
  await settle(c);
  await runtime.stop();
  expect(texts(c)).toEqual(["Второй"]);
  expect(retracts(c)).toHaveLength(3);
});

test("a post removed twice is taken back once", async () => {
  const c = await core();
  const runtime = start(c);
  c.source.tell(posted(post(1, "Ошибка")));
  await settle(c);
  c.source.tell(removed(1), removed(1));
  c.source.tell(removed(1));
  await settle(c);
  await runtime.stop();
  expect(retracts(c)).toHaveLength(1);
});

test("a post that was edited and removed while it waited leaves no trace in the room", async () => {
  const c = await core({ timing: evening });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")), posted(post(2, "Второй")));
  c.source.tell(edited(1, "Экзамен 14 июня", 1));
  c.source.tell(removed(1));
  await accepted(c);
  expect(waiting(c)).toBe(1);
  c.clock.advance(DAY);
  await settle(c);
  await runtime.stop();
  expect(payloads(c).filter((p) => p.k !== "info")).toMatchObject([{ k: "post", text: "Второй" }]);
});

test("an edit that still waits when its post is removed is cancelled, and so is what it would have announced", async () => {
  const c = await core({ timing: evening });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")));
  await accepted(c);
  c.clock.advance(DAY);
  await settle(c);
  c.source.tell(edited(1, "Экзамен 14 июня", 1));
  c.source.tell(removed(1));
  await accepted(c);
  c.clock.advance(DAY);
  await settle(c);
  await runtime.stop();
  expect(texts(c)).toEqual([]);
  expect(JSON.stringify(payloads(c))).not.toContain("14 июня");
  expect(retracts(c)).toHaveLength(1);
});

test("a post removed after its bytes were fixed and before they were sent is sent and then taken back", async () => {
  let held = true;
  const c = await core({
    failpoints(name) {
      if (name === "send.before" && held) throw new Error("held");
    },
  });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Ошибка")));
  await soon(() => expect(c.bridge.store.deliveries.get(1)?.state).toBe("fixed"));
  c.source.tell(removed(1));
  await accepted(c);
  held = false;
  await soon(() => {
    c.clock.advance(1_000);
    expect(waiting(c)).toBe(0);
  });
  await runtime.stop();
  expect(payloads(c).map((p) => p.k)).toEqual(["info", "post", "retract"]);
});

test("removals: strike shows the last text struck through, without its files", async () => {
  const c = await core({ mappings: [mapping({ removals: "strike" })] });
  c.source.files.set("f", () => open(Buffer.from("%PDF-1.4 a")));
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня", { attachments: [media("f")] })));
  await settle(c);
  expect(items(c)[0]?.files).toHaveLength(1);
  c.source.tell(edited(1, "Экзамен 14 июня", 1, { attachments: [media("f")] }));
  await settle(c);
  c.source.tell(removed(1));
  await settle(c);
  await runtime.stop();
  const last = payloads(c).findLast((p) => p.k === "edit");
  expect(last).toMatchObject({ text: "Экзамен 14 июня", marks: [{ m: "strike", s: 0, e: 15 }] });
  expect(last?.files).toBeUndefined();
  expect(last?.was).toBeUndefined();
});

test("removals: strike after the archive's window says in a reply that the post was removed", async () => {
  const c = await core({ history: 0, mappings: [mapping({ removals: "strike" })] });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")));
  await settle(c);
  c.source.tell(removed(1));
  await settle(c);
  await runtime.stop();
  expect(items(c).map((i) => [i.text, i.rev])).toEqual([
    ["Экзамен 12 июня", 0],
    ["Это объявление удалено в исходном канале.", 0],
  ]);
  expect(items(c)[1]?.reply).toBe(items(c)[0]?.id);
});

test("what can be taken back no more is struck through, and then nothing of it is kept here", async () => {
  const c = await core({ takesBack: 2 * DAY });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Старый")));
  await settle(c);
  c.clock.advance(2 * DAY - 60_000);
  c.source.tell(posted(post(2, "Новый")));
  await settle(c);
  c.clock.advance(120_000);
  c.source.tell(removed(1), removed(2));
  await settle(c);
  await runtime.stop();
  const last = payloads(c).findLast((p) => p.k === "edit");
  expect(last).toMatchObject({ text: "Старый", marks: [{ m: "strike", s: 0, e: 6 }] });
  expect(retracts(c)).toHaveLength(1);
  expect(c.db.prepare("SELECT count(*) FROM archive").pluck().get()).toBe(0);
  const kept = "SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL";
  expect(c.db.prepare(kept).pluck().get()).toBe(0);
});

test("removals: keep leaves the post, and its file still comes when it is ready after that", async () => {
  const c = await core({ mappings: [mapping({ removals: "keep" })] });
  let ready = false;
  c.source.files.set(
    "f",
    (): MediaOutcome =>
      ready ? open(Buffer.from("%PDF-1.4 a")) : { kind: "retry", at: c.clock.now() + 30_000 },
  );
  const runtime = start(c);
  c.source.tell(posted(post(1, "С файлом", { attachments: [media("f")] })));
  await soon(() => {
    c.clock.advance(5_000);
    expect(texts(c)).toHaveLength(1);
  });
  c.source.tell(removed(1));
  await settle(c);
  ready = true;
  await soon(() => {
    c.clock.advance(10_000);
    expect(items(c)[0]?.files).toHaveLength(1);
  });
  await settle(c);
  await runtime.stop();
  expect(texts(c)).toEqual(["С файлом"]);
  await soon(async () => expect(await spooled(c)).toEqual([]));
});

test("a file that becomes ready after its post was removed is fetched for nobody and leaves nothing", async () => {
  const c = await core();
  let give: (outcome: MediaOutcome) => void = () => {};
  const asked: string[] = [];
  c.source.media = (ref) => {
    asked.push(ref);
    return new Promise((resolve) => {
      give = resolve;
    });
  };
  const runtime = start(c);
  c.source.tell(posted(post(1, "С файлом", { attachments: [media("slow")] })));
  await soon(() => expect(asked).toEqual(["slow"]));
  c.source.tell(removed(1));
  await settle(c);
  give(open(Buffer.from("%PDF-1.4 a")));
  await soon(() => expect(c.db.prepare("SELECT state FROM media").pluck().get()).toBe("spent"));
  await runtime.stop();
  await soon(async () => expect(await spooled(c)).toEqual([]));
  expect(c.db.prepare("SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL").pluck().get()).toBe(
    0,
  );
  expect(c.db.prepare("SELECT count(*) FROM archive").pluck().get()).toBe(0);
});

test("a file that was to be tried again is not asked for any more once its post is removed", async () => {
  const c = await core();
  let asked = 0;
  c.source.files.set("f", (): MediaOutcome => {
    asked++;
    return { kind: "retry", at: c.clock.now() + 60_000 };
  });
  const runtime = start(c);
  c.source.tell(posted(post(1, "С файлом", { attachments: [media("f")] })));
  await soon(() => {
    c.clock.advance(5_000);
    expect(texts(c)).toHaveLength(1);
  });
  c.source.tell(removed(1));
  await settle(c);
  expect(texts(c)).toEqual([]);
  const before = asked;
  c.source.tell(posted(post(2, "Второй")));
  for (let hour = 0; hour < 5; hour++) {
    c.clock.advance(3_600_000);
    c.source.tell();
    await accepted(c);
  }
  await runtime.stop();
  expect(asked).toBe(before);
  expect(c.db.prepare("SELECT state, code FROM media").get()).toEqual({ state: "failed", code: "removed" });
});
