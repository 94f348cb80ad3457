import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { generateBytes } from "../../../simulators/max/generated.ts";
import { startWorld } from "./bridge.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { type Shown, startReader } from "./nio.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 120_000, interval: 200 });
const CANARY = "Канарейка-Qz7";
const LARGE = 100 * 1024 * 1024;
const PHOTO: readonly [number, number] = [1600, 1000];
const SMALL: readonly [number, number] = [320, 200];

describe.skipIf(environment === null)("what MAX publishes", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  test("comes to a student of another make: text, formatting, photo, 100 MB, album, reply, edit, removal, in order and once", async () => {
    const world = await startWorld({
      server,
      mapping: "silence: off, edits: announce, largest_file: 120 MB",
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
    const picture = async (red: number, [width, height] = SMALL): Promise<string> => {
      const background = { r: red, g: 90, b: 160 };
      const create = { width, height, channels: 3, background } as const;
      // A large one is noisy: what is small in bytes is its own preview.
      const noise = { type: "gaussian", mean: red, sigma: 40 } as const;
      const made = sharp({ create: width > 500 ? { ...create, noise } : create });
      const bytes = new Uint8Array(await made.jpeg().toBuffer());
      return control.addMedia({ bytes, filename: `${CANARY}.jpg` }).mediaId;
    };
    const bold = { type: "strong", from: 0, length: CANARY.length };
    const link = { type: "link", from: CANARY.length + 1, length: 3, url: "https://example.org/plan" };
    const formatted = control.publish({
      chatId,
      text: `${CANARY} тут <b>не тег</b>`,
      markup: [bold, link],
    });
    const photo = await picture(128, PHOTO);
    control.publish({ chatId, text: `${CANARY} фото`, attachments: [{ type: "image", media: photo }] });
    const head = Buffer.from(`${CANARY} в большом файле`);
    const large = control.addMedia({ generated: { size: LARGE, seed: 7, head }, filename: "big.bin" });
    control.publish({ chatId, attachments: [{ type: "file", media: large.mediaId }] });
    const album = await Promise.all([10, 120, 250].map((red) => picture(red)));
    control.publish({
      chatId,
      text: `${CANARY} альбом`,
      attachments: album.map((media) => ({ type: "image" as const, media })),
    });
    control.publish({ chatId, text: `${CANARY} ответ`, replyTo: formatted.mid });
    const edited = control.publish({ chatId, text: `${CANARY} экзамен в 9:00` });
    const removed = control.publish({ chatId, text: `${CANARY} ошибка` });

    const view = async (): Promise<readonly Shown[]> => nio.shown(world.room);
    const bodies = (all: readonly Shown[]) => all.filter((m) => m.file === null).map((m) => m.body);
    await soon(async () => expect(bodies(await view()).at(-1)).toBe(`${CANARY} ошибка`));
    control.edit({ mid: edited.mid, text: `${CANARY} экзамен в 10:00` });
    control.remove({ mid: removed.mid });
    // The large file may come after what was published later: it is not waited for longer than 20 s.
    const all = await soon(async () => {
      const now = await view();
      expect(now.filter((m) => m.file !== null)).toHaveLength(5);
      expect(bodies(now)).not.toContain(`${CANARY} ошибка`);
      expect(now.find((m) => m.edits > 0)?.body).toBe(`${CANARY} экзамен в 10:00`);
      expect(now.filter((m) => m.replyTo !== null && /10:00/.test(m.body))).toHaveLength(1);
      return now;
    });
    await world.stop(running);

    const told = await nio.timeline(world.room);
    expect(told.filter((e) => e.sender === world.bot.user && !e.opens && !e.redacted)).toEqual([]);
    const posts = all.filter((m) => m.sender === world.bot.user);
    const [first, second, ...rest] = posts;
    expect(first).toMatchObject({ kind: "m.text" });
    expect(first?.html).toContain(`<strong>${CANARY}</strong>`);
    expect(first?.html).toContain('<a href="https://example.org/plan">тут</a>');
    expect(first?.html).toContain("&lt;b&gt;не тег&lt;/b&gt;");
    expect(second?.body).toBe(`${CANARY} фото`);
    const reply = rest.find((m) => m.body === `${CANARY} ответ`);
    expect(reply?.replyTo).toBe(first?.event);
    const order = bodies(posts).filter((body) => body.startsWith(CANARY));
    expect(order).toEqual([
      `${CANARY} тут (https://example.org/plan) <b>не тег</b>`,
      ...["фото", "альбом", "ответ", "экзамен в 10:00"].map((what) => `${CANARY} ${what}`),
    ]);

    const images = posts.filter((m) => m.kind === "m.image");
    expect(images).toHaveLength(4);
    const saved = path.join(tmpdir(), `${path.basename(world.folder)}.jpg`);
    onTestFinished(() => rm(saved, { force: true }));
    const reds: number[] = [];
    for (const [i, image] of images.entries()) {
      await nio.download(image.file, saved);
      const { width, height, format } = await sharp(saved).metadata();
      expect([width, height, format]).toEqual([...(i === 0 ? PHOTO : SMALL), "jpeg"]);
      expect(image.info).toMatchObject({ w: width, h: height, mimetype: "image/jpeg" });
      reds.push(Math.round((await sharp(await readFile(saved)).stats()).channels[0]?.mean ?? 0));
    }
    // In the order of the album.
    for (const [i, red] of [128, 10, 120, 250].entries())
      expect(Math.abs((reds[i] ?? -99) - red)).toBeLessThan(6);
    await nio.download(images[0]?.info.thumbnail_file, saved);
    expect((await sharp(saved).metadata()).width).toBeLessThan(900);

    const hash = createHash("sha256");
    for (const chunk of generateBytes({ size: LARGE, seed: 7, head }, 0, LARGE)) hash.update(chunk);
    const file = posts.find((m) => m.kind === "m.file");
    expect(await nio.download(file?.file)).toEqual({ size: LARGE, sha256: hash.digest("hex") });
    expect(file?.info).toMatchObject({ size: LARGE });

    expect(server.search([CANARY, "экзамен в", "example.org/plan"])).toEqual([]);
  }, 300_000);
});
