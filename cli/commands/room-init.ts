import { randomBytes } from "node:crypto";
import { recoveryCode } from "../../bridge/seal/recovery.ts";
import { agreedCode } from "../agreed-code.ts";
import type { OpenBridge } from "../bridge-api.ts";
import { type Asked, configured, roomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { openBridge } from "../open-bridge.ts";
import { isSealed, matrixRoom } from "../room-kinds.ts";
import type { RoomWords } from "../texts/shape.ts";
import { matrixRoomInit } from "./matrix-room.ts";

export interface RoomInitOptions extends Asked {
  readonly room: string;
  /** For scripts: the code goes to stdout and is not asked back. */
  readonly printCode: boolean;
  /** For a Matrix room: the address or id of one that exists, which is taken over. */
  readonly adopt?: string | null;
  /** For a Matrix room: whether it takes the place of one that the bridge is no more in. */
  readonly anew?: boolean;
}

/**
 * `postern room init`: makes a room; a sealed one's keys, or a Matrix room on its server. The recovery code is shown once and asked back; until it was, nothing
 * of the room is made, and it is stored nowhere.
 */
export async function roomInit(
  io: Io,
  options: RoomInitOptions,
  open: OpenBridge = openBridge,
): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.room;
  const tell = (text: string): void => io.err(`${text}\n`);
  const room = roomCalled(io, loaded, options.room);
  if (room === null) return 1;
  const onServer = matrixRoom(config, room);
  const { adopt = null, anew = false } = options;
  if (onServer !== null) return matrixRoomInit(io, loaded, onServer, { adopt, anew });
  if (!isSealed(config, room)) {
    tell(words.telegram.isTelegram(room));
    return 1;
  }
  if (adopt !== null || anew) {
    tell(words.matrix.notSealed(adopt !== null ? "--adopt" : "--anew"));
    return 1;
  }
  if (!options.printCode && io.ask === null) {
    tell(say.needsTerminal);
    return 1;
  }
  // First, so that nobody writes down a code that then cannot be used.
  const opened = await open(config, { io, lang, make: true });
  if (!opened.ok) {
    tell(words.open[opened.problem.code](opened.problem.where));
    return 2;
  }
  const { bridge } = opened;
  try {
    if ((await bridge.rooms.state(room)) !== null) {
      tell(say.exists(room));
      return 1;
    }
    const seed =
      options.printCode || io.ask === null
        ? printed(io, say)
        : await agreedCode(io.ask, say, say.intro(room), tell);
    if (seed === null) return 1;
    const made = await bridge.rooms.init(room, seed);
    seed.fill(0);
    tell(made === "exists" ? say.exists(room) : say.made(room));
    if (made === "unserved") tell(say.unserved);
    return made === "exists" ? 1 : 0;
  } finally {
    await bridge.close();
  }
}

function printed(io: Io, say: RoomWords): Uint8Array {
  const seed = randomBytes(32);
  io.out(`${recoveryCode(seed)}\n`);
  io.err(`${say.printed}\n`);
  return seed;
}
