import { expect, test } from "vitest";
import { memoryStorage } from "../../../adapters/web/reader/room/storage.ts";
import { device, type Host, Net, rest, until } from "./net.helper.ts";
import { NOW, post, RoomWriter } from "./writer.helper.ts";

/** A room with an info and `n` posts, kept at a.example (and b.example where `both`). */
function room(n: number, o: { both?: boolean } = {}) {
  const net = new Net();
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  for (let i = 1; i <= n; i++) chain.add(post(i, `${i}`));
  const [a, b] = [net.host("a.example"), net.host("b.example")];
  a.put(w);
  if (o.both === true) b.put(w);
  const link = w.link({ origins: ["a.example", "b.example"] });
  return { net, w, chain, a, b, link };
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
const segments = (host: Host) => host.asked.flatMap((a) => (a.path.includes("/s/") ? [a] : []));

test("a fresh device asks for certificates, head and whole segments, the newest first", async () => {
  const { net, w, a, b, link } = room(40);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toEqual(numbers(1, 40)));
  expect(a.paths.slice(0, 5)).toEqual(
    ["cert", "head", "s/1.0/2", "s/1.0/1", "s/1.0/0"].map((p) => `${w.id}/${p}`),
  );
  expect(a.asked.every((r) => r.from === null)).toBe(true);
  expect(b.asked).toEqual([]);
  expect(d.kinds()).toEqual(["history-begins"]);
});

test("every request carries nothing that tells who asks", async () => {
  const { net, w, chain, a, link } = room(20);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(20));
  chain.add(post(21, "21"));
  a.put(w);
  await until(() => expect(d.texts()).toHaveLength(21));
  expect(a.asked.length).toBeGreaterThan(5);
  for (const { init } of a.asked) {
    expect(init).toMatchObject({
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
    expect([...new Headers(init.headers).keys()].filter((name) => name !== "range")).toEqual([]);
    expect(init.method ?? "GET").toBe("GET");
    expect(init.body).toBeUndefined();
  }
});

test("within an open page it tells its place, and asks for the rest of a segment only", async () => {
  const { net, w, chain, a, link } = room(20);
  const d = await device(net, link);
  await until(() => expect(a.paths.at(-1)).toBe(`${w.id}/head?after=1.0.20`));
  const held = chain.records.slice(16).reduce((sum, r) => sum + r.length, 0);
  chain.add(post(21, "21"));
  a.put(w);
  await until(() => expect(d.texts()).toHaveLength(21));
  expect(segments(a).at(-1)).toMatchObject({ path: `${w.id}/s/1.0/1`, from: held });
  // A host that knows no ranges sends all of it.
  a.ranges = false;
  chain.add(post(22, "22"));
  a.put(w);
  await until(() => expect(d.texts()).toEqual(numbers(1, 22)));
});

test("a page opened again asks for whole segments from its last one on, whatever it has of that one", async () => {
  const asked = async (seen: number) => {
    const { net, w, a, link } = room(36);
    a.put(w, { upTo: seen });
    const first = await device(net, link);
    await until(() => expect(first.texts()).toHaveLength(seen - 1));
    first.gone();
    a.put(w);
    a.asked.length = 0;
    const second = await device(net, null, { storage: first.storage });
    await until(() => expect(second.texts()).toEqual(numbers(1, 36)));
    await until(() => expect(a.paths.at(-1)).toContain("after="));
    const until36 = a.asked.slice(0, -1);
    second.gone();
    return until36.map(({ path, from }) => [path.slice(33), from]);
  };
  const wanted = [
    ["head", null],
    ["s/1.0/2", null],
    ["s/1.0/1", null],
  ];
  expect(await asked(17)).toEqual(wanted);
  expect(await asked(30)).toEqual(wanted);
  expect(await asked(33)).toEqual(wanted.slice(0, 2));
  // Who has everything asks like who lacks the newest.
  expect(await asked(37)).toEqual(wanted.slice(0, 2));
});

test("a page that was hidden looks afresh, without telling its place", async () => {
  const { net, w, a, link } = room(20);
  const d = await device(net, link);
  await until(() => expect(a.paths.at(-1)).toBe(`${w.id}/head?after=1.0.20`));
  d.show(false);
  await rest();
  const before = a.asked.length;
  net.clock.advance(3_600_000);
  await rest();
  expect(a.asked).toHaveLength(before);
  d.show(true);
  await until(() => expect(a.asked.length).toBeGreaterThan(before + 2));
  expect(a.asked.slice(before, before + 2).map((r) => [r.path, r.from])).toEqual([
    [`${w.id}/head`, null],
    [`${w.id}/s/1.0/1`, null],
  ]);
});

test("a page that opens hidden asks nothing until it is looked at", async () => {
  const { net, a, link } = room(3);
  const d = await device(net, link, { visible: false });
  await rest();
  expect(a.asked).toEqual([]);
  expect(d.room().loading).toBe(true);
  d.show(true);
  await until(() => expect(d.texts()).toHaveLength(3));
});

test("the next place is asked where one is down, answers nonsense or has nothing; the one that worked comes first", async () => {
  for (const trouble of ["down", "error", "none"] as const) {
    const { net, a, b, w, link } = room(3, { both: true });
    a.trouble = trouble;
    if (trouble === "none") a.files.set(`${w.id}/cert`, new Uint8Array(300_000));
    const d = await device(net, link);
    await until(() => expect(d.texts()).toHaveLength(3));
    await until(() => expect(b.paths.at(-1)).toContain("after="));
    expect((await d.storage.rooms())[0]?.origins).toEqual(["https://b.example", "https://a.example"]);
    d.gone();
    const before = a.asked.length;
    const again = await device(net, null, { storage: d.storage });
    await until(() => expect(again.room().loading).toBe(false));
    expect(a.asked).toHaveLength(before);
  }
});

test("a place that sends no byte for 8 s is left for the next, at the beginning and midway", async () => {
  for (const trouble of ["frozen", "frozen-midway"] as const) {
    const { net, a, b, link } = room(3, { both: true });
    a.trouble = trouble;
    const d = await device(net, link);
    await until(() => expect(a.asked).toHaveLength(1));
    await rest();
    net.clock.advance(7_900);
    await rest();
    expect(b.asked).toEqual([]);
    net.clock.advance(200);
    await until(() => expect(d.texts()).toHaveLength(3));
    d.gone();
  }
});

test("a held question may be silent for as long as the feed holds it", async () => {
  const { net, w, chain, a, b, link } = room(3);
  const d = await device(net, link);
  await until(() => expect(a.paths.at(-1)).toContain("after="));
  const before = a.asked.length;
  net.clock.advance(24_000);
  await rest();
  expect(a.asked).toHaveLength(before);
  expect(b.asked).toEqual([]);
  chain.add(post(4, "4"));
  a.put(w);
  await until(() => expect(d.texts()).toHaveLength(4));
});

test("a place that does not hold is asked every 20 s", async () => {
  const { net, a, link } = room(3);
  a.holds = false;
  await device(net, link);
  await until(() => expect(a.paths.filter((p) => p.includes("after="))).toHaveLength(1));
  await rest();
  for (let i = 2; i <= 3; i++) {
    net.clock.advance(20_000);
    await until(() => expect(a.paths.filter((p) => p.includes("after="))).toHaveLength(i));
    await rest();
  }
});

test("a place that is behind is left for the next; where all are, the room says so and loses nothing", async () => {
  const { net, w, chain, a, b, link } = room(20, { both: true });
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(20));
  d.gone();
  // The first is rolled back, the second goes on.
  a.put(w, { upTo: 10 });
  chain.add(post(21, "21"));
  b.put(w);
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.texts()).toHaveLength(21));
  expect(again.kinds()).not.toContain("rolled-back");
  again.gone();
  b.put(w, { upTo: 10 });
  const third = await device(net, null, { storage: d.storage });
  await until(() => expect(third.kinds()).toContain("rolled-back"));
  expect(third.texts()).toHaveLength(21);
  expect(third.kinds()).not.toContain("offline");
});

test("of a torn or short segment the whole records are used, and the place counts as behind", async () => {
  const { net, w, chain, a, b, link } = room(10);
  const segment = new Uint8Array(Buffer.concat(chain.records.slice(0, 6)));
  a.files.set(`${w.id}/s/1.0/0`, segment.slice(0, -5));
  const d = await device(net, link);
  await until(() => expect(d.kinds()).toContain("rolled-back"));
  expect(d.texts()).toEqual(numbers(1, 4));
  expect(b.asked.length).toBeGreaterThan(0);
  b.put(w);
  net.clock.advance(4_000);
  await until(() => expect(d.texts()).toEqual(numbers(1, 10)));
  expect(d.kinds()).not.toContain("rolled-back");
});

test("a place with every record, whose last word is older, is good enough where no other answers", async () => {
  const { net, w, a, b, link } = room(5, { both: true });
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(5));
  d.gone();
  a.put(w, { made: NOW - 1800 });
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(b.asked.length).toBeGreaterThan(0));
  expect(again.room().loading).toBe(false);
  again.gone();
  b.trouble = "down";
  const third = await device(net, null, { storage: d.storage });
  await until(() => expect(third.kinds()).toEqual(["history-begins"]));
  expect(b.asked.length).toBeGreaterThan(0);
});

test("a gap is said only after one more try at every place, and not at all where another place fills it", async () => {
  const { net, w, chain, a, b, link } = room(5);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(5));
  d.gone();
  for (let i = 6; i <= 40; i++) chain.add(post(i, `${i}`));
  // The first has dropped the segments between; the second is old, and has the first of them.
  a.put(w, { first: 32 });
  b.put(w, { upTo: 16 });
  b.trouble = "frozen";
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.texts()).toHaveLength(5 + 9));
  await until(() => expect(b.asked.length).toBeGreaterThan(0));
  expect(again.kinds()).not.toContain("gap");
  b.trouble = "none";
  net.clock.advance(8_000);
  await until(() => expect(again.kinds()).toContain("gap"));
  again.gone();
  const third = await device(net, null, { storage: d.storage });
  await until(() => expect(third.texts()).toHaveLength(15 + 9));
  expect(third.room().banners).toContainEqual({
    kind: "gap",
    after: NOW - 3600 + 15 * 60,
    before: NOW - 3600 + 32 * 60,
    local: false,
  });
  third.gone();
  b.put(w);
  const last = await device(net, null, { storage: d.storage });
  await until(() => expect(last.texts()).toEqual(numbers(1, 40)));
  await until(() => expect(last.room().loading).toBe(false));
  expect(last.kinds()).not.toContain("gap");
});

test("while a new record is on its way no gap flickers", async () => {
  const { net, w, chain, a, link } = room(3);
  const d = await device(net, link);
  await until(() => expect(a.paths.at(-1)).toContain("after="));
  chain.add(post(4, "4"));
  const { answer } = a;
  a.answer = async (path, init, clock) => {
    if (path.includes("/s/")) await clock.sleep(5_000);
    return answer.call(a, path, init, clock);
  };
  a.put(w);
  await rest();
  expect(d.texts()).toHaveLength(3);
  expect(d.kinds()).not.toContain("gap");
  net.clock.advance(5_000);
  await until(() => expect(d.texts()).toHaveLength(4));
});

test("closed chains are fetched as far as the open one links them, also where a forger's records stand in the way", async () => {
  const { net, w, chain, a, link } = room(20);
  const forged = [19, 20].map((seq) => chain.make(post(90 + seq, "forged"), { seq }));
  const d = await device(net, link);
  a.put(w, { upTo: 19 });
  await until(() => expect(d.texts()).toHaveLength(18));
  d.gone();
  const { storage } = d;
  const byForger = new Net();
  byForger.host("a.example").put(w, { upTo: 19 });
  const b = byForger.host("a.example");
  b.files.set(`${w.id}/s/1.0/1`, new Uint8Array(Buffer.concat([...chain.records.slice(16, 19), ...forged])));
  b.files.set(`${w.id}/head`, chain.head({ seq: 20, hash: new Uint8Array(32).fill(1) }));
  const fooled = await device(byForger, null, { storage });
  await until(() => expect(fooled.kinds()).toContain("two-histories"));
  fooled.gone();
  const next = w.begin(1, 1);
  next.add(post(21, "21"));
  a.put(w);
  const again = await device(net, null, { storage });
  await until(() => expect(again.texts().filter((t) => !t.endsWith("?"))).toEqual(numbers(1, 21)));
  expect(again.kinds()).not.toContain("two-histories");
  await until(() => expect(again.room().loading).toBe(false));
  expect(again.kinds()).not.toContain("gap");
});

test("a new certificate is found in the list of all when a head is signed under it", async () => {
  const { net, w, a, link } = room(3);
  const d = await device(net, link);
  await until(() => expect(d.texts()).toHaveLength(3));
  d.gone();
  w.certify(2);
  w.begin(2, 0).add(post(4, "4"));
  a.put(w);
  a.asked.length = 0;
  const again = await device(net, null, { storage: d.storage });
  await until(() => expect(again.texts()).toEqual(numbers(1, 4)));
  expect(a.paths.slice(0, 2)).toEqual([`${w.id}/head`, `${w.id}/cert`]);
});

test("a head that claims a number beyond all bounds holds nothing up", async () => {
  const { net, w, chain, a, link } = room(3);
  a.files.set(`${w.id}/head`, chain.head({ seq: 2 ** 47, hash: new Uint8Array(32) }));
  const d = await device(net, link);
  await until(() => expect(a.asked.length).toBeGreaterThan(5));
  await rest();
  net.clock.advance(4_000);
  await until(() => expect(d.room().loading).toBe(false));
  expect(d.kinds()).toContain("rolled-back");
  expect(a.asked.length).toBeLessThan(20);
});

test("places that only an info names are asked after one question, and a refusal is remembered", async () => {
  const { net, w, chain, a, b } = room(2);
  chain.add({ ...w.info(chain), origins: ["a.example", "b.example"] });
  a.put(w);
  b.put(w);
  const link = w.link({ origins: ["a.example"] });
  const storage = memoryStorage();
  const d = await device(net, link, { storage });
  await until(() =>
    expect(d.view().question).toEqual({ kind: "new-origins", room: w.id, origins: ["https://b.example"] }),
  );
  expect(b.asked).toEqual([]);
  d.actions.answer(false);
  await until(async () => expect((await storage.rooms())[0]?.refused).toEqual(["https://b.example"]));
  d.gone();
  a.trouble = "down";
  const again = await device(net, null, { storage });
  await until(() => expect(again.kinds()).toContain("offline"));
  expect(again.view().question).toBeNull();
  expect(b.asked).toEqual([]);
  again.gone();

  a.trouble = "none";
  const other = await device(net, link);
  await until(() => expect(other.view().question?.kind).toBe("new-origins"));
  other.actions.answer(true);
  await until(async () =>
    expect((await other.storage.rooms())[0]?.origins).toEqual(["https://a.example", "https://b.example"]),
  );
});
