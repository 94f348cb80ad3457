import { expect, test } from "vitest";
import { memoryStorage, type Storage } from "../../../adapters/web/reader/room/storage.ts";
import { bundle } from "../../../bridge/seal/bundle.ts";
import { locator, renewal } from "../../../bridge/seal/link.ts";
import { device, Net, rest, until } from "./net.helper.ts";
import { edit, hashOf, NOW, post, RoomWriter, seed, TODAY } from "./writer.helper.ts";

const PAGE = "https://reader.example/";

/** A room with posts "1", "2"…, kept at one host. */
function room(n: number, o: { net?: Net; writer?: number; origin?: string } = {}) {
  const net = o.net ?? new Net();
  const w = new RoomWriter(o.writer ?? 1);
  const chain = w.begin(1, 0);
  for (let i = 1; i <= n; i++) chain.add(post(i, `${i}`));
  const origin = o.origin ?? "a.example";
  const a = net.host(origin);
  a.put(w);
  return { net, w, chain, a, link: w.link({ origins: [origin] }) };
}

const blob = (...parts: readonly Uint8Array[]) => new Blob(parts.map((p) => p.slice()));

test("a link opens its room, is taken out of the address bar at once, and the page says to keep it", async () => {
  const { net, link } = room(2);
  const d = await device(net, link);
  expect(d.cleared()).toBeGreaterThan(0);
  expect(d.view().joined).toBe(true);
  await until(() => expect(d.texts()).toEqual(["1", "2"]));
  d.actions.dismissJoined();
  expect(d.view().joined).toBe(false);
});

test("a link without places means the page's own folder", async () => {
  const { net, w } = room(1, { origin: "reader.example/files" });
  const d = await device(net, w.link({ origins: [] }), { page: "https://reader.example/files" });
  await until(() => expect(d.texts()).toEqual(["1"]));
});

test("a page from disk, with a link that names no place, lives on files alone", async () => {
  const { net, w, chain, a } = room(3);
  const d = await device(net, w.link({ origins: [] }), { page: null });
  await until(() => expect(d.kinds()).toEqual(["offline"]));
  d.actions.takeFiles(blob(bundle(w.certs[0] ?? seed(0), chain.records.slice(0, 2))));
  await until(() => expect(d.texts()).toEqual(["1"]));
  d.actions.takeFiles(blob(bundle(w.certs[0] ?? seed(0), [chain.last])));
  await until(() => expect(d.texts()).toEqual(["1", "3"]));
  await until(() => expect(d.room().banners.find((b) => b.kind === "gap")).toMatchObject({ local: true }));
  expect(a.asked).toEqual([]);
});

test("damaged links and other texts are said, and nothing is opened", async () => {
  const { net, link } = room(1);
  const d = await device(net, null);
  for (const [text, error] of [
    ["hello", "not-a-link"],
    [`${link.slice(0, 60)}A${link.slice(61)}`, "link-checksum"],
    [link.slice(0, 60), "link-checksum"],
    [`${PAGE}#p.0123`, "not-a-link"],
  ] as const) {
    d.actions.enterLink(text);
    expect(d.view().error).toBe(error);
    d.actions.dismissError();
    expect(d.view().error).toBeNull();
  }
  expect(d.view()).toMatchObject({ open: null, rooms: [] });
});

test("a link of a room already held adds its key and places after one question", async () => {
  const { net, w, a, link } = room(1);
  w.rekey();
  w.begin(1, 1).add(post(2, "2"));
  a.put(w);
  const d = await device(net, link);
  await until(() => expect(d.kinds()).toContain("rekeyed"));
  expect(d.texts()).toEqual(["1"]);
  const next = w.link({ restart: 1, epoch: TODAY, origins: ["a.example", "b.example"] });
  d.actions.enterLink(next);
  await until(() =>
    expect(d.view().question).toEqual({ kind: "merge-link", room: w.id, origins: ["https://b.example"] }),
  );
  d.actions.answer(false);
  await rest();
  expect(d.kinds()).toContain("rekeyed");
  d.follow(next);
  await until(() => expect(d.view().question?.kind).toBe("merge-link"));
  d.actions.answer(true);
  await until(() => expect(d.texts()).toEqual(["1", "2"]));
  expect(d.kinds()).not.toContain("rekeyed");
  // The same link again asks nothing.
  d.actions.enterLink(next);
  await rest();
  expect(d.view().question).toBeNull();
  d.gone();
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.texts()).toEqual(["1", "2"]));
});

test("a device that missed the last posts before a new key still gets them, though it cannot read on", async () => {
  const { net, w, chain, a, link } = room(18);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(18));
  d.gone();
  for (let n = 19; n <= 40; n++) chain.add(post(n, `${n}`));
  w.rekey();
  w.begin(1, 1).add(post(41, "41"));
  a.put(w);
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.kinds()).toEqual(["rekeyed", "history-begins"]));
  await until(() => expect(again.texts()).toEqual(Array.from({ length: 40 }, (_, i) => `${i + 1}`)));
});

test("a page that is opened with a new link of a room it holds is there to ask about it", async () => {
  const { net, w, link } = room(1);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toEqual(["1"]));
  d.gone();
  const again = await device(net, w.link({ epoch: TODAY }), { storage: d.storage });
  await until(() => expect(again.view().question?.kind).toBe("merge-link"));
});

test("a renewal is taken by every room of its root, and one of another root refused", async () => {
  const { net, w, chain, link } = room(1);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toEqual(["1"]));
  d.actions.enterLink(renewal(PAGE, new RoomWriter(9).cert(2, NOW, NOW + 1)));
  expect(d.view().error).toBe("certificate-refused");
  d.actions.dismissError();
  const cert = w.cert(2, NOW, NOW + 86_400 * 400);
  d.actions.enterLink(renewal(PAGE, cert));
  await until(async () => expect((await d.storage.rooms())[0]?.certs).toHaveLength(2));
  expect(d.view().error).toBeNull();
  expect(chain.records).toHaveLength(2);
});

test("a locator shows its room, and says where Telegram and the feed disagree", async () => {
  const { net, w, chain, link } = room(2);
  const at = { roomId: w.roomId, serial: 1, restart: 0, seq: 2 };
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(2));
  d.actions.closeRoom();
  d.actions.enterLink(locator(PAGE, at, hashOf(chain.last)));
  expect(d.room().id).toBe(w.id);
  expect(d.kinds()).not.toContain("locator-disagrees");
  d.actions.enterLink(locator(PAGE, at, new Uint8Array(32)));
  expect(d.kinds()).toContain("locator-disagrees");
  d.actions.enterLink(locator(PAGE, { ...at, roomId: new Uint8Array(16) }, hashOf(chain.last)));
  expect(d.view().error).toBe("other-room");
});

test("bundles by hand: taken with their certificate and kept, and what is wrong with others is said", async () => {
  const { net, w, chain, link } = room(2);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(2));
  w.certify(2);
  const next = w.begin(2, 0);
  next.add(post(3, "3"));
  d.actions.takeFiles(blob(bundle(w.certs[1] ?? seed(0), next.records)));
  await until(() => expect(d.texts()).toEqual(["1", "2", "3"]));
  const said = async (...parts: readonly Uint8Array[]) => {
    d.actions.takeFiles(blob(...parts));
    await until(() => expect(d.view().error).not.toBeNull());
    const { error } = d.view();
    d.actions.dismissError();
    return error;
  };
  const cert = w.certs[0] ?? seed(0);
  const other = new RoomWriter(5);
  expect(await said(new TextEncoder().encode("hello"))).toBe("bundle-unreadable");
  expect(await said(new Uint8Array())).toBe("bundle-unreadable");
  expect(await said(cert, chain.last.slice(0, -1))).toBe("bundle-unreadable");
  expect(await said(other.certs[0] ?? seed(0), other.begin(1, 0).last)).toBe("other-room");
  const old = chain.make(post(9, "9"), { epoch: TODAY - 15 });
  expect(await said(cert, old)).toBe("older-than-link");
  expect(await said(cert, chain.make(post(9, "9"), { signer: w.online(7).privateKey }))).toBe(
    "bundle-unreadable",
  );
  expect(d.texts()).toEqual(["1", "2", "3"]);
  d.gone();
  net.host("a.example").trouble = "down";
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.texts()).toEqual(["1", "2", "3"]));
  // What came whole out of a file that is cut off is used, and the damage said.
  const cut = [next.add(post(4, "4")), next.add(post(5, "5")).slice(0, -9)];
  again.actions.takeFiles(blob(w.certs[1] ?? seed(0), ...cut));
  await until(() => expect(again.texts()).toEqual(["1", "2", "3", "4"]));
  expect(again.view().error).toBe("file-damaged");
});

test("no record is kept before the certificate that verifies it when the page is opened again", async () => {
  const { net, link } = room(20);
  const memory = memoryStorage();
  const certs: number[] = [];
  const storage: Storage = {
    ...memory,
    async saveRecords(id, records) {
      certs.push((await memory.rooms())[0]?.certs.length ?? 0);
      await memory.saveRecords(id, records);
    },
  };
  const d = await device(net, link, { storage });
  await until(() => expect(d.texts()).toHaveLength(20));
  expect(certs.length).toBeGreaterThan(0);
  expect(certs).not.toContain(0);
});

test("a certificate by hand is a renewal", async () => {
  const { net, w, link } = room(1);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(1));
  d.actions.takeFiles(blob(w.cert(2, NOW, NOW + 1000)));
  await until(async () => expect((await d.storage.rooms())[0]?.certs).toHaveLength(2));
});

test("a page opened again, and one without network, shows the same room with the same banners", async () => {
  const { net, w, chain, a, link } = room(4);
  // Two histories that only a head tells of, an edit, and a hole.
  chain.add(edit(1, 1, "1 edited", { was: "1" }));
  chain.add(post(6, "6"));
  a.put(w);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(5));
  await until(() => expect(a.paths.at(-1)).toContain("after="));
  chain.add(post(7, "7"));
  a.files.set(`${w.id}/head`, chain.head({ seq: 5, made: NOW, hash: new Uint8Array(32).fill(1) }));
  d.actions.retry();
  await until(() => expect(d.kinds()).toContain("two-histories"));
  const before = d.room();
  d.gone();
  a.trouble = "down";
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.kinds()).toContain("offline"));
  expect(again.room().items).toEqual(before.items);
  expect(again.room()).toMatchObject({ title: before.title, compare: before.compare, unread: before.unread });
  // The rest of the banners tell of the connection.
  expect(before.banners.map((b) => b.kind)).toEqual(["two-histories", "rolled-back", "history-begins"]);
  expect(again.kinds()).toEqual(["two-histories", "offline", "history-begins"]);
});

test("a device that keeps nothing shows everything, and says that it is full", async () => {
  const { net, link } = room(2);
  const full = async () => Promise.reject(new Error("full"));
  const storage: Storage = { rooms: full, saveRoom: full, records: full, saveRecords: full, forget: full };
  const d = await device(net, link, { storage });
  await until(() => expect(d.texts()).toEqual(["1", "2"]));
  await until(() => expect(d.view().error).toBe("storage-full"));
  expect(d.room().loading).toBe(false);
});

test("unread posts are counted in every room, also in one that is not open, and reading is kept", async () => {
  const net = new Net();
  const one = room(2, { net });
  const two = room(3, { net, writer: 20, origin: "b.example" });
  const d = await device(net, one.link);
  await until(() => expect(d.texts()).toHaveLength(2));
  d.follow(two.link);
  await until(() => expect(d.texts()).toHaveLength(3));
  const counts = () => d.view().rooms.map((r) => r.unread);
  expect(counts()).toEqual([2, 3]);
  d.actions.markRead(two.w.id, d.room().items[1]?.id ?? "");
  expect(counts()).toEqual([2, 1]);
  expect(d.room().items.map((i) => i.unread)).toEqual([false, false, true]);
  // Reading something older takes nothing back.
  d.actions.markRead(two.w.id, d.room().items[0]?.id ?? "");
  d.actions.markRead(two.w.id, "unknown");
  expect(counts()).toEqual([2, 1]);
  // The list of rooms asks what is new in those that are not open.
  one.chain.add(post(3, "3"));
  one.a.put(one.w);
  d.actions.closeRoom();
  await until(() => expect(counts()).toEqual([3, 1]));
  d.gone();
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.view().rooms.map((r) => r.unread)).toEqual([3, 1]));
  expect(again.view().open).toBeNull();
  // An edit of something read is not unread again.
  two.chain.add(edit(1, 1, "1 edited"));
  two.a.put(two.w);
  again.actions.openRoom(two.w.id);
  await until(() => expect(again.texts()[0]).toBe("1 edited"));
  expect(again.view().rooms.map((r) => r.unread)).toEqual([3, 1]);
});

test("forgetting a room is asked, erases all of it, and nothing under way brings it back", async () => {
  const { net, w, chain, a, link } = room(2);
  chain.add({ ...w.info(chain), origins: ["b.example"] });
  a.put(w);
  const d = await device(net, link);
  await until(() => expect(d.view().question?.kind).toBe("new-origins"));
  d.actions.forgetRoom(w.id);
  d.actions.answer(false);
  await until(() => expect(d.view().question?.kind).toBe("forget-room"));
  d.actions.answer(false);
  await rest();
  expect(d.view().rooms).toHaveLength(1);
  d.gone();

  const other = await device(net, link);
  await until(() => expect(other.view().question?.kind).toBe("new-origins"));
  // Another question about the same room waits when the answer to forget it comes.
  other.actions.enterLink(w.link({ epoch: TODAY }));
  other.actions.forgetRoom(w.id);
  other.actions.answer(false);
  other.actions.answer(false);
  await until(() => expect(other.view().question?.kind).toBe("forget-room"));
  other.actions.enterLink(w.link({ epoch: TODAY - 1 }));
  other.actions.answer(true);
  await until(() => expect(other.view()).toMatchObject({ rooms: [], open: null, question: null }));
  expect(await other.storage.rooms()).toEqual([]);
  expect(await other.storage.records(w.id)).toEqual([]);
  const before = a.asked.length;
  chain.add(post(4, "4"));
  a.put(w);
  net.clock.advance(60_000);
  await rest();
  expect(a.asked).toHaveLength(before);
  expect(await other.storage.rooms()).toEqual([]);
  expect(await other.storage.records(w.id)).toEqual([]);
});

test("two pages of one device lose nothing of each other, and what one forgot does not come back", async () => {
  const { net, w, chain, a, link } = room(1);
  const storage = memoryStorage();
  const one = await device(net, link, { storage });
  await until(() => expect(one.texts()).toEqual(["1"]));
  const two = await device(net, null, { storage });
  await until(() => expect(two.texts()).toEqual(["1"]));
  two.actions.enterLink(w.link({ epoch: TODAY - 3, origins: ["b.example"] }));
  await until(() => expect(two.view().question?.kind).toBe("merge-link"));
  two.actions.answer(true);
  await until(async () => expect((await storage.rooms())[0]?.keys).toHaveLength(2));
  one.actions.markRead(w.id, one.room().items[0]?.id ?? "");
  await until(async () => expect((await storage.rooms())[0]?.read).toEqual([256, 1]));
  expect((await storage.rooms())[0]?.keys).toHaveLength(2);
  expect((await storage.rooms())[0]?.origins).toContain("https://b.example");
  two.actions.forgetRoom(w.id);
  two.actions.answer(true);
  await until(async () => expect(await storage.rooms()).toEqual([]));
  chain.add(post(2, "2"));
  a.put(w);
  await until(() => expect(one.texts()).toEqual(["1", "2"]));
  await rest();
  expect(await storage.rooms()).toEqual([]);
  expect(await storage.records(w.id)).toEqual([]);
});
