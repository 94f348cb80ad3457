import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { z } from "zod";
import { generateBytes } from "../../../simulators/max/generated.ts";
import { Message, mediaPath, startMax } from "./max.helper.ts";

async function withFile(size = 1000) {
  const started = await startMax();
  const { control } = started;
  const { chatId } = control.createChannel();
  const spec = { size, seed: 5 };
  const { mediaId } = control.addMedia({
    generated: spec,
    contentType: "application/pdf",
    filename: "a.pdf",
  });
  const { mid } = control.publish({ chatId, attachments: [{ type: "file", media: mediaId }] });
  const link = async () => mediaPath(await started.read(`/messages/${mid}`, Message));
  const whole = Buffer.concat([...generateBytes({ ...spec, head: new Uint8Array() }, 0, size)]);
  return { ...started, chatId, mediaId, mid, link, whole };
}

test("a link gives the bytes with their honest size, and HEAD the size alone", async () => {
  const { max, link, whole, control } = await withFile();
  const response = await fetch(max.url + (await link()));
  expect(response.headers.get("content-length")).toBe("1000");
  expect(response.headers.get("content-type")).toBe("application/pdf");
  expect(Buffer.from(await response.arrayBuffer()).equals(whole)).toBe(true);
  const head = await fetch(max.url + (await link()), { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, "1000"]);
  expect(control.stats().mediaWithToken).toBe(0);
});

test("a token sent to a media link is counted", async () => {
  const { ask, link, control } = await withFile();
  await ask(await link());
  expect(control.stats().mediaWithToken).toBe(1);
});

test.each([
  ["bytes=0-9", 0, 10],
  ["bytes=990-", 990, 1000],
  ["bytes=-5", 995, 1000],
  ["bytes=10-5000", 10, 1000],
])("the range %s is answered exactly", async (range, start, end) => {
  const { max, link, whole } = await withFile();
  const response = await fetch(max.url + (await link()), { headers: { range } });
  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/1000`);
  expect(Buffer.from(await response.arrayBuffer()).equals(whole.subarray(start, end))).toBe(true);
});

test("a range beyond the end is 416", async () => {
  const { max, link } = await withFile();
  const response = await fetch(max.url + (await link()), { headers: { range: "bytes=1000-" } });
  expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */1000"]);
});

test("an expired link is 403 until the message is fetched again", async () => {
  const { ask, control, link, mediaId } = await withFile();
  const old = await link();
  expect(await link()).toBe(old);
  control.expireMedia({ mediaId });
  expect((await ask(old)).status).toBe(403);
  const renewed = await link();
  expect(renewed).not.toBe(old);
  expect((await ask(renewed)).status).toBe(200);
  expect((await ask(old)).status).toBe(403);
});

test("links expire after the media TTL, those in queued updates too", async () => {
  const { ask, clock, control, link, poll } = await withFile();
  control.set({ mediaTtlMs: 60_000 });
  const message = (await poll()).updates[0]?.message;
  const queued = message === undefined ? "" : mediaPath(message);
  clock.advance(59_999);
  expect((await ask(queued)).status).toBe(200);
  clock.advance(1);
  expect((await ask(queued)).status).toBe(403);
  expect((await ask(await link())).status).toBe(200);
});

test("100 MB are generated while they are read, the same each time, with the head asked for", async () => {
  const { max, control, read } = await startMax();
  const { chatId } = control.createChannel();
  const size = 100 * 1024 * 1024;
  const head = new TextEncoder().encode("%PDF-1.7\n");
  const { mediaId } = control.addMedia({ generated: { size, seed: 9, head } });
  const { mid } = control.publish({ chatId, attachments: [{ type: "file", media: mediaId }] });
  const response = await fetch(max.url + mediaPath(await read(`/messages/${mid}`, Message)));
  const hash = createHash("sha256");
  let got = 0;
  for await (const chunk of response.body ?? []) {
    if (got === 0) expect(Buffer.from(chunk).subarray(0, 9).toString()).toBe("%PDF-1.7\n");
    hash.update(chunk);
    got += chunk.length;
  }
  const expected = createHash("sha256");
  for (const chunk of generateBytes({ size, seed: 9, head }, 0, size)) expected.update(chunk);
  expect([got, hash.digest("hex")]).toEqual([size, expected.digest("hex")]);
});

test("a video's own url is a page; /videos has the files, or null where switched", async () => {
  const { ask, control, get, read } = await startMax();
  const { chatId } = control.createChannel();
  const add = (size: number) => control.addMedia({ generated: { size } }).mediaId;
  const [large, small, picture] = [add(900), add(300), add(10)];
  const qualities = { mp4_1080: large, mp4_360: small };
  const video = { type: "video", media: large, qualities, thumbnail: picture, duration: 12 } as const;
  const { mid } = control.publish({ chatId, attachments: [video] });
  const payload = (await read(`/messages/${mid}`, Message)).body.attachments?.[0]?.payload;
  const page = await ask(new URL(payload?.url ?? "none:").pathname);
  expect(page.headers.get("content-type")).toContain("text/html");
  const Details = z.object({ urls: z.record(z.string(), z.string()).nullable(), duration: z.number() });
  const details = await read(`/videos/${payload?.token}`, Details);
  expect([Object.keys(details.urls ?? {}), details.duration]).toEqual([["mp4_1080", "mp4_360"], 12]);
  const file = new URL(details.urls?.mp4_360 ?? "none:");
  expect((await ask(file.pathname + file.search)).headers.get("content-length")).toBe("300");
  control.set({ videoUrls: false });
  expect(await get(`/videos/${payload?.token}`)).toMatchObject({ urls: null });
  expect((await ask("/videos/unknown")).status).toBe(404);
});

test("unknown attachment types and lies about the size come as they were given", async () => {
  const { control, read } = await startMax();
  const { chatId } = control.createChannel();
  const { mediaId } = control.addMedia({ bytes: new Uint8Array(3) });
  const json = { type: "hologram", payload: { deep: [1, null] } };
  const lie = { type: "file", media: mediaId, filename: "x", size: 99 } as const;
  const { mid } = control.publish({ chatId, attachments: [{ type: "raw", json }, lie] });
  const { attachments } = (await read(`/messages/${mid}`, Message)).body;
  expect(attachments).toMatchObject([json, { type: "file", filename: "x", size: 99 }]);
});
