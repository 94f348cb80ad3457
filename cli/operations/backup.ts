import { readFile } from "node:fs/promises";
import { z } from "zod";
import { makeBackup } from "../../bridge/backup/backup.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { AccountName, RoomName } from "../../bridge/model/ids.ts";
import type { Core } from "../core.ts";
import { keptOf } from "../matrix/accounts.ts";
import { matrixRooms } from "../room-kinds.ts";
import { operation } from "./operation.ts";

const rooms = z.array(RoomName);

/** Writes a backup to `file`, an absolute path, while everything goes on. */
export const backup = operation({
  name: "backup",
  changes: false,
  deadline: 3_600_000,
  input: z.object({ file: z.string() }),
  output: z.discriminatedUnion("ok", [
    z.object({
      ok: z.literal(true),
      size: z.number(),
      opens: z.array(rooms),
      /** Matrix accounts whose recovery code opens it too. */
      accounts: z.array(AccountName),
      closed: rooms,
    }),
    z.object({
      ok: z.literal(false),
      code: z.enum(["exists", "no_rooms", "no_code", "no_space", "unwritable", "damaged", "not_verified"]),
    }),
  ]),
  async run({ core }, { file }) {
    const codes = await accountCodes(core);
    const made = await makeBackup({
      lib: core.lib,
      disk: systemDisk,
      db: core.db,
      seal: core.bridge.store.seal,
      dataFolder: core.config.data,
      others: codes,
      roomFile: (room, id) => core.bridge.files.path(room, id),
      vaultKey: core.key,
      settings: await readFile(core.config.file).then(
        (text) => new Uint8Array(text),
        () => null,
      ),
      file,
      now: core.clock.now(),
    });
    if (!made.ok) return made;
    const accounts = codes.map(({ account }) => account);
    return { ...made, opens: made.opens.map((group) => [...group]), accounts, closed: [...made.closed] };
  },
});

/** The recovery codes of Matrix accounts open a backup too. */
async function accountCodes(core: Core) {
  const codes: {
    readonly account: AccountName;
    readonly publicKey: Uint8Array;
    readonly rooms: readonly RoomName[];
  }[] = [];
  for (const name of core.config.matrix.keys()) {
    const found = (await keptOf(core, name)).backup.get();
    const rooms = matrixRooms(core.config).flatMap((room) => (room.account === name ? [room.name] : []));
    if (found === null) continue;
    codes.push({ account: name, publicKey: new Uint8Array(Buffer.from(found, "base64url")), rooms });
  }
  return codes;
}
