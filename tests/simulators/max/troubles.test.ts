import { Agent, request } from "undici";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Fault } from "../../../simulators/max/faults.ts";
import { type Trouble, troubleNames } from "../../../simulators/max/troubles.ts";
import { root, stranger, tls } from "../../max-bot/tls.helper.ts";
import { startMax } from "./max.helper.ts";

type Max = Awaited<ReturnType<typeof startMax>>;

/** A channel with one update waiting. */
async function channel(m: Max): Promise<string> {
  const { chatId } = m.control.createChannel({ announce: false });
  m.control.publish({ chatId, text: "пост" });
  return chatId;
}

const posted = (m: Max, input: object) => async () => {
  m.control.publish({ chatId: await channel(m), ...input });
  await m.poll();
};

const faulty = (m: Max, fault: Fault) => async () => {
  m.control.fault({ path: "/me", fault });
  await m.ask("/me", { signal: AbortSignal.timeout(50) }).catch(() => {});
};

const video = async (m: Max) => {
  const { mediaId, token } = m.control.addMedia({ generated: { size: 9 } });
  m.control.publish({ chatId: await channel(m), attachments: [{ type: "video", media: mediaId }] });
  m.control.set({ videoUrls: false });
  await m.ask(`/videos/${token}`);
};

/** An https server's answer to one that trusts its authority alone. */
const secure = async (m: Max, change: boolean) => {
  if (change) m.control.certificate(stranger);
  const agent = new Agent({ connect: { ca: root } });
  onTestFinished(() => agent.destroy());
  return request(`${m.max.url}/me`, { dispatcher: agent }).catch(() => null);
};

/** How each is switched on and met. */
const ways: Readonly<Record<Trouble, (m: Max) => unknown>> = {
  async token_refused(m) {
    m.control.set({ refuse: "token" });
    expect((await m.ask("/me")).status).toBe(401);
  },
  async token_deprecated(m) {
    m.control.set({ refuse: "deprecated" });
    expect((await m.ask("/me")).text).toContain("deprecated.token");
  },
  chats_gone: (m) => m.ask("/chats"),
  async no_marker_latest(m) {
    await channel(m);
    await m.poll();
  },
  async no_marker_uncommitted(m) {
    await channel(m);
    m.control.set({ noMarker: "uncommitted" });
    await m.poll();
  },
  async updates_expired(m) {
    await channel(m);
    m.control.set({ updateTtlMs: 1 });
    m.clock.advance(1);
    expect((await m.poll()).updates).toEqual([]);
  },
  async too_many_polls(m) {
    m.control.set({ updatesPerSecond: 1 });
    await m.poll();
    expect((await m.ask("/updates?timeout=0")).status).toBe(429);
  },
  async too_many_requests(m) {
    m.control.set({ requestsPerSecond: 1 });
    await m.ask("/me");
    expect((await m.ask("/me")).status).toBe(429);
  },
  rate_limit: (m) => faulty(m, { kind: "rate_limit" })(),
  async limit_capped(m) {
    const chatId = await channel(m);
    m.control.set({ updatesCap: 1, noMarker: "uncommitted" });
    m.control.publish({ chatId });
    expect((await m.poll("&limit=100")).updates).toHaveLength(1);
  },
  async hold_capped(m) {
    m.control.set({ holdCapSeconds: 0 });
    expect((await m.ask("/updates?timeout=30")).text).toContain('"updates":[]');
  },
  async webhook_405(m) {
    m.control.webhook({ url: "https://hook.example/" });
    expect((await m.ask("/updates?timeout=0")).status).toBe(405);
    m.control.webhook({ url: null });
    expect((await m.ask("/updates?timeout=0")).status).toBe(200);
  },
  async webhook_empty(m) {
    m.control.set({ pollingWithWebhook: "empty" });
    await channel(m);
    m.control.webhook({ url: "https://hook.example/" });
    expect((await m.poll()).updates).toEqual([]);
  },
  html: (m) => faulty(m, { kind: "html" })(),
  server_error: (m) => faulty(m, { kind: "status", status: 503 })(),
  hang: (m) => faulty(m, { kind: "hang" })(),
  slow: (m) => faulty(m, { kind: "slow" })(),
  reset: (m) => faulty(m, { kind: "reset" })(),
  reset_in_body: (m) => faulty(m, { kind: "reset", when: "body" })(),
  cut_in_body: (m) => faulty(m, { kind: "cut" })(),
  async denied(m) {
    const chatId = await channel(m);
    m.control.setBot({ chatId, admin: false });
    expect((await m.ask(`/messages?chat_id=${chatId}`)).status).toBe(403);
  },
  async withheld(m) {
    const chatId = await channel(m);
    m.control.setBot({ chatId, permissions: ["write"] });
    m.control.publish({ chatId });
  },
  async unknown_edit(m) {
    m.control.unknownEdit({ chatId: await channel(m), at: 5 });
    expect(JSON.stringify(await m.poll())).toContain('"timestamp":5');
  },
  async unknown_removal(m) {
    m.control.unknownRemoval({ chatId: await channel(m) });
    await m.poll();
  },
  empty_forward: (m) => posted(m, { forward: { text: "раз" } })(),
  seq_beyond_2_53: (m) => posted(m, {})(),
  async unknown_update(m) {
    m.control.update({ update: { update_type: "something_new" } });
    await m.poll();
  },
  unknown_attachment: (m) => posted(m, { attachments: [{ type: "raw", json: { type: "poll" } }] })(),
  unknown_markup: (m) => posted(m, { text: "раз", markup: [{ type: "blink", from: 0, length: 1 }] })(),
  async media_expired(m) {
    const { mediaId } = m.control.addMedia({ generated: { size: 9 } });
    expect((await m.ask(`/media/${mediaId}?sig=old`)).status).toBe(403);
  },
  video_without_urls: video,
  async repeated_update(m) {
    m.control.set({ duplicates: 1, noMarker: "uncommitted" });
    await channel(m);
    expect((await m.poll()).updates).toHaveLength(2);
  },
  private_ca: async (m) => expect((await secure(m, false))?.statusCode).toBe(401),
  strange_certificate: async (m) => expect(await secure(m, true)).toBeNull(),
};

test.each(troubleNames)("%s: can be switched on, and is counted when a client meets it", async (name) => {
  const secured = name === "private_ca" || name === "strange_certificate";
  const m = await startMax(secured ? { tls } : {});
  const met = () => m.control.stats().met;
  expect(Object.keys(met())).toEqual([...troubleNames]);
  expect(new Set(Object.values(met()))).toEqual(new Set([0]));
  await ways[name](m);
  await vi.waitFor(() => expect(met()[name]).toBeGreaterThan(0));
  const besides = troubleNames.filter((other) => other !== name && (met()[other] ?? 0) > 0);
  const common = ["seq_beyond_2_53", "no_marker_latest", "no_marker_uncommitted", "token_refused"];
  if (name === "limit_capped" || name === "webhook_405") common.push("hold_capped");
  expect(besides.filter((other) => !common.includes(other))).toEqual([]);
});

test("a certificate that is changed back is trusted again", async () => {
  const m = await startMax({ tls });
  expect(await secure(m, true)).toBeNull();
  m.control.certificate({});
  expect((await secure(m, false))?.statusCode).toBe(401);
});
