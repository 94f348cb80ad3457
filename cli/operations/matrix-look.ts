import { z } from "zod";
import type { Account } from "../../adapters/matrix/account.ts";
import { AccountName, RoomName } from "../../bridge/model/ids.ts";
import type { AccountConfig, MatrixRoomConfig } from "../../config/config.ts";
import type { Core } from "../core.ts";
import { wishOf } from "../matrix/accounts.ts";
import { unreadIn } from "../matrix/unread.ts";
import { matrixRooms } from "../room-kinds.ts";
import { withAccount } from "./matrix.ts";
import { operation, type Place } from "./operation.ts";

const AccountLook = z.object({
  name: AccountName,
  trouble: z.string().nullable(),
  signed: z.boolean().nullable(),
  largest: z.number().nullable(),
});
type AccountLook = z.infer<typeof AccountLook>;

const RoomLook = z.object({
  name: RoomName,
  trouble: z.string().nullable(),
  flaws: z.array(z.object({ flaw: z.string(), unsafe: z.boolean() })),
  strict: z.boolean(),
  unread: z.number().nullable(),
});
type RoomLook = z.infer<typeof RoomLook>;

/** The longest that all questions to one server may take, ms. */
const LONGEST = 40_000;

/** Looks at every Matrix account and room, and asks the servers (bridge-api.ts says what each field means). It changes nothing there. */
export const matrixLook = operation({
  name: "matrix.look",
  changes: false,
  deadline: LONGEST + 20_000,
  input: z.object({}),
  output: z.object({ accounts: z.array(AccountLook), rooms: z.array(RoomLook) }),
  async run(at) {
    const { config } = at.core;
    const all = matrixRooms(config);
    const named = new Set(all.map((room) => room.account));
    const accounts = [...config.matrix.values()].filter(({ name }) => named.has(name));
    const looks = await Promise.all(
      accounts.map((account) =>
        lookAt(
          at,
          account,
          all.filter((room) => room.account === account.name),
        ),
      ),
    );
    return { accounts: looks.map((l) => l.account), rooms: looks.flatMap((l) => l.rooms) };
  },
});

interface Look {
  readonly account: AccountLook;
  readonly rooms: RoomLook[];
}

async function lookAt(at: Place, config: AccountConfig, rooms: readonly MatrixRoomConfig[]): Promise<Look> {
  const { name } = config;
  const signal = AbortSignal.timeout(LONGEST);
  const unseen = (trouble: string): Look => ({
    account: { name, trouble, signed: null, largest: null },
    rooms: [],
  });
  try {
    const found = await withAccount(at, name, async (account): Promise<Look> => {
      const { uploadLimit } = await import("../../adapters/matrix/upload-limit.ts");
      const { whoAmI } = await import("../../adapters/matrix/login.ts");
      const me = await whoAmI(account.api, signal);
      if (me.kind === "fault") return unseen(me.code);
      const [trust, largest] = await Promise.all([
        account.engine.trust(signal),
        uploadLimit(account.api, signal),
      ]);
      return {
        account: {
          name,
          trouble: null,
          signed: typeof trust === "string" ? trust === "signed_by_owner" : null,
          largest: largest.kind === "ok" ? largest.value : null,
        },
        rooms: await Promise.all(rooms.map((room) => lookAtRoom(at.core, account, room, signal))),
      };
    });
    return "account" in found ? found : unseen(found.code);
  } catch (error) {
    if (signal.aborted) return unseen("timeout");
    throw error;
  }
}

async function lookAtRoom(
  core: Core,
  account: Account,
  config: MatrixRoomConfig,
  signal: AbortSignal,
): Promise<RoomLook> {
  const { name } = config;
  const base = { name, flaws: [], strict: config.trust === "strict", unread: null };
  if (core.bridge.store.seal.get(name) !== null) return { ...base, trouble: "was_sealed" };
  const id = account.watch.idOf(name);
  if (id === null) return { ...base, trouble: "no_room" };
  const { checkRoom } = await import("../../adapters/matrix/room-check.ts");
  const found = await checkRoom(account.api, id, account.user, wishOf(config), signal);
  if (found.kind === "fault") return { ...base, trouble: found.code === "M_FORBIDDEN" ? "out" : found.code };
  return {
    ...base,
    unread: base.strict ? await unreadIn(account, name) : null,
    trouble: null,
    flaws: found.value.map(({ flaw, unsafe }) => ({ flaw, unsafe })),
  };
}
