import { z } from "zod";

import { RoomName } from "../../bridge/model/ids.ts";

import type { Lasting } from "../../bridge/notices/port.ts";

import type { Lang } from "../../config/config.ts";
import type { Accounts } from "../matrix/accounts.ts";
import type { Bots } from "../telegram/bots.ts";

/** What came of {@link Live.reload}, to be told as it stands. */
export const Reloaded = z.discriminatedUnion("kind", [
  /** In force. `restart`: settings that were changed too, but count from the next start on. */
  z.object({
    kind: z.literal("reloaded"),
    warnings: z.array(z.string()),
    /** Rooms that are not set up yet. */
    keyless: z.array(RoomName),
    restart: z.array(z.string()),
  }),
  /** It cannot yet: nothing was read. `refused`: the old settings stay in force; what is wrong with the new ones, a line each: file, line, key. */
  z.object({ kind: z.literal("not_now"), why: z.string() }),
  z.object({ kind: z.literal("refused"), errors: z.array(z.string()), warnings: z.array(z.string()) }),
]);
export type Reloaded = z.infer<typeof Reloaded>;

/** What an operation may ask of the bridge that runs. */
export interface Live {
  /** The Matrix accounts as they run; null: they do not at the moment. */
  readonly accounts: Accounts | null;
  /** The same of Telegram bots. */
  readonly bots: Bots | null;
  /** Something was queued: the lanes are looked at. */
  wake(): void;
  /** Lets what runs follow the store: a room that got keys or others is served from now on. */
  renew(): Promise<void>;
  /** Reads the configuration anew. Nothing is lost or doubled; a wrong one changes nothing. `lang`: of the answer. */
  reload(lang: Lang): Promise<Reloaded>;
  /** What the rep was told of and lasts. */
  troubles(): readonly Lasting[];
}
