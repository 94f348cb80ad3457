import { createHash } from "node:crypto";
import path from "node:path";
import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { AccountName, Millis } from "../../bridge/model/ids.ts";
import type { DeviceId, UserId } from "./ids.ts";

/** What is configured of one account. */
export interface AccountSettings {
  readonly name: AccountName;
  readonly baseUrl: string;
  readonly proxy: string | null;
  /** Certificates to trust besides the usual ones, PEM. */
  readonly ca: string | null;
  readonly deviceName: string;
  readonly deadlines: { readonly call: Millis; readonly file: Millis };
  /** Where the account's crypto stores lie: a folder of its own. */
  readonly folder: string;
}

export interface Effects {
  readonly clock: Clock;
  readonly random: Random;
}

/** The file of a device's crypto store. A device's id comes from outside, so no part of the name is made of it. */
export function storeFile(folder: string, user: UserId, device: DeviceId): string {
  const name = createHash("sha256").update(`${user} ${device}`).digest("hex").slice(0, 16);
  return path.join(folder, `${name}.db`);
}
