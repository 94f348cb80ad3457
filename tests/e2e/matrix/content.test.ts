import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startWorld } from "./bridge.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { type Shown, startReader } from "./nio.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 120_000, interval: 200 });
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.skipIf(environment === null)("what is announced", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  test("comes through a real homeserver as it was published, in order, each once; the homeserver holds no word of it", async () => {
    const world = await startWorld({
      server,
      mapping: "silence: off, largest_file: 200 MB, pin: ['#важно'], urgent: ['#срочно']",
    });
    onTestFinished(() => world.close());
    const nio = await startReader({ url: server.url, account: await server.register("student") });
    onTestFinished(() => nio.close());
    await world.invite(nio.user);
    await nio.join(world.room);
    const running = world.start();
    await world.reading();

    const { control } = world.max;
    const chatId = world.channel;
    const add = (bytes: Uint8Array, filename: string) => control.addMedia({ bytes, filename }).mediaId;
    const large = randomBytes(100_000_000);
    const pdf = Buffer.from("%PDF-1.4 канарейка-в-файле");
    const photo = await sharp(randomBytes(1_200 * 900 * 3), {
      raw: { width: 1_200, height: 900, channels: 3 },
    })
      .jpeg({ quality: 90 })
      .toBuffer();
    const plain = (r: number) =>
      sharp({ create: { width: 60, height: 40, channels: 3, background: { r, g: 90, b: 160 } } })
        .jpeg()
        .toBuffer();
    const [dark, light] = [await plain(10), await plain(250)];
    const exam = control.publish({
      chatId,
      text: "Экзамен-канарейка 12 июня, подробности",
      markup: [
        { type: "strong", from: 0, length: 17 },
        { type: "emphasized", from: 10, length: 15 },
        { type: "link", from: 27, length: 11, url: "https://example.org/kanarejka" },
      ],
    });
    control.publish({
      chatId,
      text: "#важно Альбом-канарейка",
      attachments: [
        { type: "image", media: add(photo, "фото.jpg") },
        { type: "image", media: add(light, "светлая.jpg") },
        { type: "image", media: add(dark, "тёмная.jpg") },
        { type: "file", media: add(pdf, "план.pdf") },
      ],
    });
    control.publish({ chatId, text: "Ответ-канарейка", replyTo: exam.mid });
    control.publish({
      chatId,
      text: "Большой",
      attachments: [{ type: "file", media: add(large, "лекция.bin") }],
    });
    const gone = control.publish({ chatId, text: "Лишнее-канарейка" });
    control.publish({ chatId, text: "#срочно Последнее" });

    const change = "Изменено: 12 июня → 14 июня; убрано https://example.org/kanarejka";
    const look = () => nio.shown(world.room);
    const bodies = (all: readonly Shown[]) => all.map((s) => s.body);
    await soon(async () => expect((await look()).at(-1)?.body).toBe("#срочно Последнее"));
    await soon(async () => expect((await look()).filter((s) => s.file !== null)).toHaveLength(5));
    control.edit({ mid: exam.mid, text: "Экзамен-канарейка 14 июня" });
    control.remove({ mid: gone.mid });
    await soon(async () => expect(bodies(await look())).not.toContain("Лишнее-канарейка"));
    await soon(async () => expect(bodies(await look()).at(-1)).toBe(change));

    const all = await look();
    const files = all.filter((s) => s.file !== null);
    expect(bodies(all.filter((s) => s.file === null && s.body !== ""))).toEqual([
      "Экзамен-канарейка 14 июня",
      "#важно Альбом-канарейка",
      "Ответ-канарейка",
      "Большой",
      "#срочно Последнее",
      change,
    ]);
    expect(all.every((s) => s.kind !== "does not open")).toBe(true);
    expect(all[0]).toMatchObject({ edits: 1, html: null });
    const first = (await nio.timeline(world.room)).find((e) => e.event === all[0]?.event);
    expect(first?.content).toMatchObject({
      body: "Экзамен-канарейка 12 июня, подробности (https://example.org/kanarejka)",
      formatted_body:
        '<strong>Экзамен-ка<em>нарейка</em></strong><em> 12 июня</em>, <a href="https://example.org/kanarejka">подробности</a>',
    });
    expect(all.find((s) => s.body === "Ответ-канарейка")?.replyTo).toBe(all[0]?.event);
    expect(all.at(-1)?.replyTo).toBe(all[0]?.event);
    const [image, second, third, plan, lecture] = files;
    expect(files.map((s) => s.kind)).toEqual(["m.image", "m.image", "m.image", "m.file", "m.file"]);
    const saved = path.join(world.folder, "picture.jpg");
    for (const [one, red] of [
      [second, 250],
      [third, 10],
    ] as const) {
      await nio.download(one?.file, saved);
      const mean = (await sharp(await readFile(saved)).stats()).channels[0]?.mean ?? Number.NaN;
      expect(Math.abs(mean - red)).toBeLessThan(5);
    }
    expect(image?.info).toMatchObject({ w: 1_200, h: 900, mimetype: "image/jpeg" });
    expect((await nio.download(image?.info.thumbnail_file)).size).toBeGreaterThan(1_000);
    expect((await nio.download(image?.file)).size).toBe(image?.info.size);
    expect(await nio.download(plan?.file)).toEqual({ size: pdf.length, sha256: sha256(pdf) });
    expect(await nio.download(lecture?.file)).toEqual({ size: large.length, sha256: sha256(large) });
    const pinned = server.rows(
      "SELECT json FROM event_json JOIN current_state_events USING (event_id) WHERE type = 'm.room.pinned_events'",
    );
    const albumText = all.find((s) => s.body === "#важно Альбом-канарейка")?.event ?? "?";
    expect(JSON.stringify(pinned)).toContain(albumText);

    await world.stop(running);
    await server.stop();
    expect(server.search(["канарейка", "kanarejka", "план.pdf", "лекция.bin", "file-2", "photo-2"])).toEqual(
      [],
    );
  }, 400_000);
});
