import { expect, test } from "vitest";
import { sealFile } from "../../../bridge/seal/file.ts";
import { ready } from "../../../bridge/seal/sodium.ts";
import { fileContent } from "../../vectors/inputs.helper.ts";
import { device, Net, rest, until } from "./net.helper.ts";
import { hexOf, idOf, post, RoomWriter } from "./writer.helper.ts";

const lib = await ready();
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

/** A room whose post has one file, and the file as carried. */
async function room(mime = "application/pdf", size = 70_000, name = "a\u202efdp.exe") {
  const content = fileContent(size);
  const pieces: Uint8Array[] = [];
  const whole = (async function* () {
    yield content;
  })();
  const sealed = await sealFile(lib, whole, size, async (p) => void pieces.push(p.slice()));
  if (!sealed.ok) throw new Error(sealed.error);
  const carried = new Uint8Array(Buffer.concat(pieces));
  const w = new RoomWriter();
  const { id, key, hash } = sealed;
  const file = { id: text(id), key: text(key), hash: text(hash), size, name, mime };
  w.begin(1, 0).add(post(1, "1", { files: [file] }));
  const net = new Net();
  const [a, b] = [net.host("a.example"), net.host("b.example")];
  a.put(w);
  b.put(w);
  const path = `${w.id}/f/${hexOf(id)}`;
  const d = await device(net, w.link({ origins: ["a.example", "b.example"] }));
  await until(() => expect(d.texts()).toEqual(["1"]));
  const open = () => d.actions.openFile(w.id, idOf(1), text(id));
  const same = async (blob: Blob | null) =>
    blob !== null && Buffer.from(await blob.arrayBuffer()).equals(content);
  return { w, net, a, b, d, path, carried, open, same, file, id };
}

const turned = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 1000 ? byte ^ 1 : byte));

test("a file is fetched whole, checked, opened, and its name shown without what could disguise it", async () => {
  const { a, d, path, carried, open, same } = await room();
  a.files.set(path, carried);
  const blob = await open();
  expect(await same(blob)).toBe(true);
  expect(blob?.type).toBe("application/octet-stream");
  expect(a.asked.find((r) => r.path === path)?.from).toBeNull();
  expect(d.room().items[0]?.files[0]).toMatchObject({ name: "afdp.exe", size: 70_000 });
});

test("a name that is cut, or was broken before, has whole characters alone", async () => {
  for (const [name, shown] of [
    [`${"я".repeat(119)}😀.pdf`, `${"я".repeat(119)}\ufffd`],
    ["план\ud800.pdf", "план\ufffd.pdf"],
  ] as const) {
    const { d } = await room("application/pdf", 10, name);
    expect(d.room().items[0]?.files[0]?.name).toBe(shown);
  }
});

test("types that a browser may show keep their name, all others are a download", async () => {
  for (const [mime, type] of [
    ["image/jpeg", "image/jpeg"],
    ["image/svg+xml", "application/octet-stream"],
    ["text/html", "application/octet-stream"],
    ["video/mp4", "video/mp4"],
  ] as const) {
    const { a, path, carried, open } = await room(mime, 10);
    a.files.set(path, carried);
    expect((await open())?.type).toBe(type);
  }
});

test("a damaged copy at one place leads to the next; damaged everywhere, or nowhere, is said", async () => {
  const { a, b, d, path, carried, open, same } = await room();
  expect(await open()).toBeNull();
  expect(d.view().error).toBe("file-missing");
  a.files.set(path, turned(carried));
  expect(await open()).toBeNull();
  expect(d.view().error).toBe("file-damaged");
  a.files.set(path, carried.slice(0, -1));
  b.files.set(path, carried);
  d.actions.dismissError();
  expect(await same(await open())).toBe(true);
  expect(d.view().error).toBeNull();
  // A place that sends without end is left once it has sent too much.
  a.files.set(path, new Uint8Array(carried.length + 1));
  expect(await same(await open())).toBe(true);
});

test("a file given by hand opens its post's attachment; a damaged one does not hide the good copy of a place", async () => {
  const { net, a, d, path, carried, open, same } = await room();
  net.host("b.example").trouble = "down";
  d.actions.takeFiles(new Blob([turned(carried)]));
  await until(async () => {
    expect(await open()).toBeNull();
    expect(d.view().error).toBe("file-damaged");
  });
  a.files.set(path, carried);
  expect(await same(await open())).toBe(true);
  a.files.delete(path);
  d.actions.takeFiles(new Blob([carried]));
  await until(async () => expect(await same(await open())).toBe(true));
  d.actions.dismissError();
  const foreign = carried.slice();
  foreign.fill(7, 8, 24);
  d.actions.takeFiles(new Blob([foreign]));
  await until(() => expect(d.view().error).toBe("file-alone"));
});

test("a file of a post that is not here, or that nobody named, is not asked for", async () => {
  const { w, a, d } = await room();
  await rest();
  const before = a.asked.length;
  expect(await d.actions.openFile(w.id, idOf(2), "x")).toBeNull();
  expect(await d.actions.openFile(w.id, idOf(1), "x")).toBeNull();
  expect(await d.actions.openFile("x", idOf(1), "x")).toBeNull();
  expect(a.asked).toHaveLength(before);
});
