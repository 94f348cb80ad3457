import type sodium from "libsodium-wrappers";
import { z } from "zod";
import type { LogRow, SealState, SealStore } from "../store/seal.ts";
import { readCert } from "./cert.ts";
import { dayKey } from "./keys.ts";
import { openRecord } from "./record.ts";
import { chainNumber } from "./restart-rules.ts";

const Kind = z.object({ k: z.string() });

/** The kind of a record, opened with the room's own keys; null: they do not open it (any more). */
function kindOf(lib: typeof sodium, store: SealStore, state: SealState, row: LogRow): string | null {
  const before = state.keyFrom !== null && chainNumber(row) < chainNumber(state.keyFrom);
  if (before || row.epoch < state.keyEpoch) return null;
  const bytes = store.certs(state.rootPk).find((one) => one.serial === row.serial)?.cert;
  const cert =
    bytes === undefined ? null : readCert(lib, new Uint8Array(bytes), new Uint8Array(state.rootPk));
  if (cert === null) return null;
  const key = dayKey(lib, state.key, state.keyEpoch, row.epoch);
  const opened = openRecord(lib, new Uint8Array(row.record), cert.onlinePk, key);
  if (!opened.ok) return null;
  const found = Kind.safeParse(JSON.parse(opened.json));
  return found.success ? found.data.k : null;
}

/** Whether a record is an `info`. One that cannot be opened any more counts as none, but where a chain begins. */
export const isInfo = (lib: typeof sodium, store: SealStore, state: SealState, row: LogRow): boolean =>
  row.seq === 0 || kindOf(lib, store, state, row) === "info";
