import type { Storage, StoredRoom } from "../../../adapters/web/reader/room/storage.ts";

const bytes = (n: number) => new Uint8Array(4).fill(n);
const key = (n: number) => ({ serial: 1, restart: 0, epoch: n, key: new Uint8Array(32).fill(n) });
const room = (more: Partial<StoredRoom>): StoredRoom => ({
  id: "aa",
  rootPk: bytes(1),
  salt: bytes(2),
  keys: [key(1)],
  origins: ["https://a.example"],
  refused: [],
  certs: [bytes(3)],
  heads: [],
  read: null,
  contact: null,
  ...more,
});

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What every place for rooms must do; answers what it found at each step, as plain data. */
export async function tryStorage(storage: Storage): Promise<readonly unknown[]> {
  const said: unknown[] = [await storage.rooms()];
  const one = async () => plain((await storage.rooms()).find((r) => r.id === "aa"));

  await storage.saveRoom(room({ read: [256, 4], contact: 9 }), true);
  await storage.saveRoom(room({ id: "bb" }), true);
  await storage.saveRecords("aa", [{ hash: "01", bytes: bytes(1), shown: true }]);
  await storage.saveRecords("aa", [
    { hash: "01", bytes: bytes(1), shown: false },
    { hash: "02", bytes: bytes(2), shown: false },
  ]);
  await storage.saveRecords("bb", [{ hash: "03", bytes: bytes(3), shown: false }]);
  said.push(await one(), plain(await storage.records("aa")), plain(await storage.records("bb")));

  // Another page, which knows other things of the same room.
  const other = {
    keys: [key(2)],
    origins: ["https://b.example"],
    refused: ["https://a.example", "https://c.example"],
    certs: [bytes(4)],
    read: [256, 2] as const,
    contact: 7,
  };
  await storage.saveRoom(room(other), false);
  said.push(await one());

  await storage.forget("aa");
  said.push(plain(await storage.records("aa")));
  // What is still under way for a room that was forgotten.
  await storage.saveRoom(room({}), false);
  await storage.saveRecords("aa", [{ hash: "01", bytes: bytes(1), shown: true }]);
  said.push(
    plain(await storage.records("aa")),
    (await storage.rooms()).map((r) => r.id),
  );
  await storage.saveRoom(room({}), true);
  said.push((await storage.rooms()).map((r) => r.id).toSorted(), plain(await storage.records("bb")));
  return said;
}
