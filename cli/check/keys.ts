import { statSync } from "node:fs";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Config } from "../../config/config.ts";
import type { BridgeCommands } from "../bridge-api.ts";
import { sealedRooms } from "../room-kinds.ts";
import type { Words } from "../texts/shape.ts";
import { fine, type Line, note, wrong } from "./line.ts";

const DAY: Millis = 86_400_000;
/** Before a certificate ends, days. */
const SOON = 30;

/** Whether the rooms have keys, and how long their certificates last. */
export async function checkKeys(
  config: Config,
  bridge: BridgeCommands,
  words: Words,
  now: Millis,
): Promise<readonly Line[]> {
  const { check: say } = words;
  const lines: Line[] = [bridge.exists ? fine(say.vaultOpens) : note(say.noDatabase)];
  if (openToOthers(config.data)) lines.push(note(say.dataOpen(config.data)));
  for (const room of sealedRooms(config)) {
    const state = await bridge.rooms.state(room);
    if (state === null) {
      lines.push(wrong(say.roomNoKeys(room)));
      continue;
    }
    const left = state.certificateEnds - now;
    if (left <= 0) lines.push(wrong(say.certificateOver(room)));
    else {
      lines.push(fine(say.roomKeys(room)));
      const days = Math.floor(left / DAY);
      if (days <= SOON) lines.push(note(say.certificateSoon(room, days)));
    }
  }
  return lines;
}

/** Whether others of this machine may look into a folder. */
function openToOthers(folder: string): boolean {
  try {
    return process.platform !== "win32" && (statSync(folder).mode & 0o077) !== 0;
  } catch {
    return false;
  }
}
