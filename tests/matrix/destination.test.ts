import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { expect, test } from "vitest";
import { RoomId } from "../../adapters/matrix/ids.ts";
import { ForeignId, MediaId } from "../../bridge/model/ids.ts";
import type { RichText } from "../../bridge/model/rich-text.ts";
import { MEDIA_PATIENCE } from "../../bridge/outbox/worker.ts";
import { accepted, edited, mapping, media, open, post, posted, removed, soon } from "../core.helper.ts";
import { lost, PLACE, refused } from "./homeserver.helper.ts";
import { opened, run, settled, type World, world } from "./room.helper.ts";

const PDF = Buffer.from("%PDF-1.4 a small file");
const picture = (width: number, height: number) =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
const files = (w: World) => w.shown().filter((s) => s.content.file !== undefined);
const spooled = (w: World) => soon(() => expect(w.bridge.store.media.spools().size).toBeGreaterThan(0));

test("a post is one encrypted event with its formatting, which calls nobody whatever it says", async () => {
  const w = await world();
  const runtime = run(w);
  const body: RichText = {
    text: "Всем: экзамен 12 июня\nв <305>",
    marks: [{ kind: "strong", start: 6, end: 13 }],
  };
  w.source.tell(posted(post(1, "", { body })));
  await settled(w);
  await runtime.stop();
  expect(w.server.events).toHaveLength(1);
  expect(w.shown()[0]?.content).toEqual({
    msgtype: "m.text",
    body: "Всем: экзамен 12 июня\nв <305>",
    format: "org.matrix.custom.html",
    formatted_body: "Всем: <strong>экзамен</strong> 12 июня<br>в &lt;305&gt;",
    "m.mentions": {},
  });
});

test("what is urgent calls everybody, and what the mapping pins is pinned while it stands", async () => {
  const tag = (name: string) => [{ kind: "hashtag", tag: name } as const];
  const w = await world({ mappings: [mapping({ urgent: tag("#срочно"), pin: tag("#важно") })] });
  const runtime = run(w);
  w.source.tell(
    posted(post(1, "#срочно Перенос")),
    posted(post(2, "#важно Расписание")),
    posted(post(3, "Да")),
  );
  await settled(w);
  const [urgent, pinned, other] = w.shown();
  expect([urgent, pinned, other].map((s) => s?.content["m.mentions"])).toEqual([{ room: true }, {}, {}]);
  expect(w.server.pinned.get(PLACE)).toEqual([pinned?.id]);
  w.source.tell(edited(2, "#важно Новое расписание", 5));
  await settled(w);
  expect(w.server.pinned.get(PLACE)).toEqual([pinned?.id]);
  w.source.tell(removed(2));
  await settled(w);
  await runtime.stop();
  expect(w.server.pinned.get(PLACE)).toEqual([]);
});

test("an answer answers the mirrored post, and one to a post that is not mirrored nothing", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(
    posted(post(1, "Вопрос")),
    posted(post(2, "Ответ", { replyTo: ForeignId.parse("mid.1") })),
    posted(post(3, "Другой", { replyTo: ForeignId.parse("mid.99") })),
  );
  await settled(w);
  await runtime.stop();
  const [first, second, third] = w.shown();
  expect([first?.reply, second?.reply, third?.reply]).toEqual([null, first?.id, null]);
});

test("an album comes in its order after its text, each file as it was, and the server sees none of it", async () => {
  const w = await world();
  const photo = await picture(1_200, 900);
  w.source.files.set("p", open(photo));
  w.source.files.set("f", open(PDF));
  w.source.files.set(
    "v",
    open(Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypisom"), randomBytes(90)])),
  );
  const runtime = run(w);
  const attachments = [
    media("p", { kind: "image" }),
    media("f", { name: "для_студента.pdf" }),
    media("v", { kind: "video", width: 640, height: 360, duration: 2.5 }),
  ];
  w.source.tell(posted(post(1, "Альбом", { attachments })));
  await accepted(w);
  // A photo is cleaned in as long as the machine takes, whatever this clock says.
  const pending = w.db.prepare("SELECT count(*) FROM media WHERE state = 'pending'").pluck();
  await soon(() => expect(pending.get()).toBe(0));
  await settled(w);
  await runtime.stop();
  const [text, p, f, v] = w.shown();
  expect([text, p, f, v].map((s) => s?.content.msgtype)).toEqual(["m.text", "m.image", "m.file", "m.video"]);
  expect(f?.content).toMatchObject({
    body: "file-2026-11-02-2.pdf",
    info: { mimetype: "application/pdf", size: PDF.length },
  });
  expect(v?.content.info).toMatchObject({ w: 640, h: 360, duration: 2_500, mimetype: "video/mp4" });
  expect(opened(w, f?.content ?? {})).toEqual(PDF);
  const cleaned = await sharp(opened(w, p?.content ?? {})).metadata();
  expect([cleaned.width, cleaned.height]).toEqual([1_200, 900]);
  const info = p?.content.info;
  expect(info).toMatchObject({
    w: 1_200,
    h: 900,
    thumbnail_info: { w: 800, h: 600, mimetype: "image/jpeg" },
  });
  const thumbnail = await sharp(opened(w, { ...p?.content, file: Object(info).thumbnail_file })).metadata();
  expect([thumbnail.width, thumbnail.height]).toEqual([800, 600]);
  // Long enough that no ciphertext has them by chance.
  const traces = ["%PDF-1", "JFIF\u0000\u0001", "2.pdf", "студента", "ftypisom", "image/jpeg"];
  for (const trace of traces) expect(w.server.asked.join()).not.toContain(trace);
});

test("an edit replaces its event, and a moved exam is told in one short answer", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "Экзамен 12 июня")), posted(post(2, "Второй")));
  await settled(w);
  w.source.tell(edited(1, "Экзамен 14 июня", 5));
  await settled(w);
  await runtime.stop();
  const [exam, second, line] = w.shown();
  expect(exam).toMatchObject({ body: "Экзамен 14 июня", edited: true });
  expect(second?.body).toBe("Второй");
  expect(line).toMatchObject({ body: "Изменено: 12 июня → 14 июня", reply: exam?.id });
  expect(line?.content.msgtype).toBe("m.text");
});

test("a long post is several events, and an edit adds what is more and takes away what is less", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const long = (n: number, word: string) =>
    Array.from({ length: n }, (_, i) => `${word} ${i} ${"слово ".repeat(60)}`.trim()).join("\n\n");
  const runtime = run(w);
  w.source.tell(posted(post(1, long(60, "абзац"))), posted(post(2, "После")));
  await settled(w);
  const before = w.shown();
  expect(before.length).toBe(3);
  for (const e of w.server.events) expect(JSON.stringify(e.content).length).toBeLessThan(61_000);
  expect(
    before
      .slice(0, 2)
      .map((s) => s.body)
      .join("\n\n"),
  ).toBe(long(60, "абзац"));
  w.source.tell(edited(1, long(200, "абзац"), 5));
  await settled(w);
  const longer = w.shown();
  expect(longer.length).toBe(5);
  expect(longer.slice(3).map((s) => s.reply)).toEqual([longer[0]?.id, longer[0]?.id]);
  expect([...longer.slice(0, 2), ...longer.slice(3)].map((s) => s.body).join("\n\n")).toBe(
    long(200, "абзац"),
  );
  w.source.tell(edited(1, "Коротко", 9));
  await settled(w);
  await runtime.stop();
  expect(w.shown().map((s) => s.body)).toEqual(["Коротко", "После"]);
});

test("an edit of the text sends no file again; one that changes the files brings and takes just these", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  for (const name of ["a", "b", "c"]) w.source.files.set(name, open(Buffer.from(`%PDF-1.4 ${name}`)));
  const of = (...names: string[]) => ({ attachments: names.map((name) => media(name)) });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Файлы", of("a", "b"))));
  await settled(w);
  const uploads = w.server.media.size;
  w.source.tell(edited(1, "Файлы!", 5, of("a", "b")));
  await settled(w);
  expect([w.server.media.size, w.shown().map((s) => s.body)]).toEqual([
    uploads,
    ["Файлы!", "file-2026-11-02-1.pdf", "file-2026-11-02-2.pdf"],
  ]);
  w.source.tell(edited(1, "Файлы!", 9, of("b", "c")));
  await settled(w);
  await runtime.stop();
  const shown = w.shown();
  expect(files(w).map((s) => opened(w, s.content).toString())).toEqual(["%PDF-1.4 b", "%PDF-1.4 c"]);
  expect(shown.at(-1)?.reply).toBe(shown[0]?.id);
});

test("a file that comes late answers its announcement, and the line that stood for it goes", async () => {
  const w = await world();
  let ready: (outcome: ReturnType<typeof open>) => void = () => {};
  w.source.media = () => new Promise((resolve) => (ready = resolve));
  const runtime = run(w);
  w.source.tell(posted(post(1, "С файлом", { attachments: [media("f")] })), posted(post(2, "Дальше")));
  await accepted(w);
  await soon(() => {
    w.clock.advance(MEDIA_PATIENCE);
    expect(w.bodies()).toEqual([
      expect.stringMatching(/^С файлом\n\n\[Файл .*появится здесь позже\]$/u),
      "Дальше",
    ]);
  });
  ready(open(PDF));
  await soon(() => expect(files(w)).toHaveLength(1));
  await settled(w);
  await runtime.stop();
  const [text, , file] = w.shown();
  expect([text?.body, file?.reply]).toEqual(["С файлом", text?.id]);
  expect(opened(w, file?.content ?? {})).toEqual(PDF);
});

test("a removal takes away every event of an announcement: its text, files, edits and what was said of it", async () => {
  const w = await world();
  w.source.files.set("f", open(PDF));
  const runtime = run(w);
  const with1 = { attachments: [media("f")] };
  w.source.tell(posted(post(1, "Экзамен 12 июня", with1)), posted(post(2, "Останется")));
  await settled(w);
  w.source.tell(edited(1, "Экзамен 14 июня", 5, with1));
  await settled(w);
  w.source.tell(removed(1));
  await settled(w);
  await runtime.stop();
  expect(w.bodies()).toEqual(["Останется"]);
  expect(w.server.events.map((e) => e.redacted)).toEqual([true, true, false, true, true]);
});

test("where removals are struck out, the text stays crossed out with a word, and its files go", async () => {
  const w = await world({ mappings: [mapping({ removals: "strike" })] });
  w.source.files.set("f", open(PDF));
  const runtime = run(w);
  w.source.tell(posted(post(1, "Пара отменена", { attachments: [media("f")] })));
  await settled(w);
  w.source.tell(removed(1));
  await settled(w);
  await runtime.stop();
  expect(w.shown()).toHaveLength(1);
  expect(w.shown()[0]?.content).toMatchObject({
    body: "Пара отменена\n\nЭто объявление удалено в исходном канале.",
    formatted_body: "<del>Пара отменена</del><br><br>Это объявление удалено в исходном канале.",
  });
});

test("of a file that the server does not take a line says so, and the rest comes without delay", async () => {
  const w = await world();
  w.server.uploadLimit = 10;
  w.source.files.set("f", open(PDF));
  w.source.files.set("big", open(Buffer.concat([PDF, Buffer.alloc(2_000_000)])));
  const runtime = run(w);
  w.source.tell(
    posted(post(1, "С файлом", { attachments: [media("f"), media("big")] })),
    posted(post(2, "Дальше")),
  );
  await settled(w);
  await runtime.stop();
  expect(w.bodies()).toEqual([
    expect.stringMatching(
      /^С файлом\n\n\[Файл file-2026-11-02-1\.bin: слишком велик.*\]\n\n\[Файл .*-2\.bin: слишком велик/u,
    ),
    "Дальше",
  ]);
  // What is larger than the server says it takes is not even begun.
  expect(w.server.calls.filter((c) => c.path.endsWith("/upload"))).toHaveLength(1);
});

test("a file that never goes through is left out with a line in the end; while the server is away nothing is", async () => {
  const w = await world();
  w.source.files.set("f", open(PDF));
  let away = true;
  let tries = 0;
  w.server.trouble = (call) => {
    if (away) return { instead: { kind: "lost", code: "server_error", retryAfter: null } };
    if (!call.path.endsWith("/upload")) return null;
    tries++;
    return { instead: lost };
  };
  const runtime = run(w);
  w.source.tell(posted(post(1, "С файлом", { attachments: [media("f")] })), posted(post(2, "Дальше")));
  await spooled(w);
  await soon(() => {
    w.clock.advance(300_000);
    expect(w.server.calls.filter((c) => c.path.endsWith("/versions")).length).toBeGreaterThan(3);
  });
  expect(w.shown()).toEqual([]);
  away = false;
  await settled(w);
  await runtime.stop();
  expect(w.bodies()).toEqual([
    expect.stringMatching(/^С файлом\n\n\[Файл .*сервер этой комнаты не принял/u),
    "Дальше",
  ]);
  expect(tries).toBeGreaterThan(0);
});

test("a spooled file that is lost is fetched anew, and sent", async () => {
  const w = await world();
  let fetched = 0;
  w.source.files.set("f", () => {
    fetched++;
    return open(PDF);
  });
  w.now.place = null;
  const runtime = run(w);
  w.source.tell(posted(post(1, "С файлом", { attachments: [media("f")] })));
  await spooled(w);
  for (const id of w.bridge.store.media.spools()) await w.bridge.spool.remove(MediaId.parse(id));
  w.now.place = PLACE;
  await settled(w);
  await runtime.stop();
  expect(fetched).toBe(2);
  expect(opened(w, files(w)[0]?.content ?? {})).toEqual(PDF);
});

test("in a room that took another's place edits come as posts, and a removal takes both away", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const next = RoomId.parse("!next:example.org");
  const runtime = run(w);
  w.source.tell(posted(post(1, "Раз")), posted(post(2, "Два")));
  await settled(w);
  w.now.place = next;
  w.source.tell(edited(1, "Раз!", 5));
  await settled(w);
  expect([w.bodies(), w.shown(next).map((s) => s.body)]).toEqual([["Раз", "Два"], ["Раз!"]]);
  w.source.tell(removed(1), removed(2));
  await settled(w);
  await runtime.stop();
  expect([w.bodies(), w.shown(next)]).toEqual([[], []]);
});

test("a pin that the server does not allow holds up nothing", async () => {
  const w = await world({ mappings: [mapping({ pin: [{ kind: "hashtag", tag: "#важно" }] })] });
  w.server.trouble = (call) =>
    call.path.includes("pinned_events") ? { instead: refused(403, "M_FORBIDDEN") } : null;
  const runtime = run(w);
  w.source.tell(posted(post(1, "#важно Раз")), posted(post(2, "Два")));
  await settled(w);
  await runtime.stop();
  expect(w.bodies()).toEqual(["#важно Раз", "Два"]);
});
