import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { atomically } from "../../bridge/store/db.ts";
import { core } from "../core.helper.ts";

const OWNER = "matrix.campus";

test("what is kept is read back by its owner and place, until it is dropped", async () => {
  const { bridge } = await core();
  const keep = bridge.store.kept.of(OWNER);
  expect(keep.get("session")).toBeUndefined();
  keep.put("session", { token: "слово" });
  keep.put("session", { token: "другое" });
  expect(keep.get("session")).toEqual({ token: "другое" });
  keep.put("room/faculty", null);
  expect(keep.get("room/faculty")).toBeNull();
  keep.drop("session");
  expect(keep.get("session")).toBeUndefined();
});

test("an owner sees nothing of another's", async () => {
  const { bridge } = await core();
  const { kept } = bridge.store;
  kept.of(OWNER).put("session", 1);
  const other = kept.of("matrix.other");
  expect(other.get("session")).toBeUndefined();
  expect(other.places("")).toEqual([]);
  other.drop("session");
  expect(kept.of(OWNER).get("session")).toBe(1);
});

test("places are listed by how they begin, and signs of a pattern are nothing but signs", async () => {
  const { bridge } = await core();
  const keep = bridge.store.kept.of(OWNER);
  for (const place of ["room/b", "room/a", "rooms", "room_x", "%"]) keep.put(place, place);
  expect(keep.places("room/")).toEqual(["room/a", "room/b"]);
  expect(keep.places("room_")).toEqual(["room_x"]);
  expect(keep.places("%")).toEqual(["%"]);
  expect(keep.places("")).toEqual(["%", "room/a", "room/b", "room_x", "rooms"]);
});

test("what is put together is put whole or not at all, also within a transaction", async () => {
  const { bridge, db } = await core();
  const keep = bridge.store.kept.of(OWNER);
  const half = (): void =>
    keep.together(() => {
      keep.put("session", 1);
      throw new Error("cut off");
    });
  expect(half).toThrow("cut off");
  expect(keep.get("session")).toBeUndefined();
  atomically(db, () => {
    keep.put("before", 1);
    expect(half).toThrow("cut off");
  });
  expect([keep.get("before"), keep.get("session")]).toEqual([1, undefined]);
});

test("it stands in the file in no clear form, and does not open in another place", async () => {
  const { bridge, db, folder } = await core();
  const keep = bridge.store.kept.of(OWNER);
  keep.put("session", { token: "canary-of-the-token" });
  const bytes = await Promise.all(
    ["postern.db", "postern.db-wal"].map((name) => readFile(path.join(folder, name)).catch(() => "")),
  );
  expect(bytes.join("")).toContain("session");
  expect(bytes.join("")).not.toContain("canary-of-the-token");
  db.prepare("UPDATE kept SET place = 'moved'").run();
  expect(() => keep.get("moved")).toThrow("does not open");
});
