import type { RoomName } from "../../bridge/model/ids.ts";
import { renewal } from "../../bridge/seal/link.ts";
import { type Asked, type Configured, configured, sealedRoomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { pageOf } from "../join-link.ts";
import { roomCertify as operation } from "../operations/keys.ts";
import { roomState } from "../operations/rooms.ts";
import type { Reached } from "../reach.ts";
import { reachBridge } from "../reach-bridge.ts";
import { sealedRooms } from "../room-kinds.ts";
import { typedCode } from "../typed-code.ts";

export interface RoomCertifyOptions extends Asked {
  /** null: the only room there is, or all of the code with `all`. */
  readonly room: string | null;
  readonly all: boolean;
  readonly codeStdin: boolean;
  /** Go on though no place of a room answers. */
  readonly yes: boolean;
}

/** `postern room certify`: a new certificate from the recovery code; the renewal link alone on stdout. */
export async function roomCertify(io: Io, options: RoomCertifyOptions): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const tell = (text: string): void => io.err(`${text}\n`);
  const named = options.room === null ? null : sealedRoomCalled(io, loaded, options.room);
  if (options.room !== null && named === null) return 1;
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  if (found.reached === null) {
    tell(words.keys.certify.noKeys);
    return 2;
  }
  const { reached } = found;
  try {
    return await certified(io, options, loaded, reached, named);
  } finally {
    await reached.close();
  }
}

async function certified(
  io: Io,
  options: RoomCertifyOptions,
  loaded: Configured,
  reached: Reached,
  named: RoomName | null,
): Promise<ExitCode> {
  const { config, words } = loaded;
  const say = words.keys.certify;
  const tell = (text: string): void => io.err(`${text}\n`);
  const keyed: RoomName[] = [];
  for (const room of sealedRooms(config))
    if ((await reached.ask(roomState, { room })) !== null) keyed.push(room);
  const [first] = keyed;
  const only = named ?? (keyed.length === 1 && first !== undefined ? first : null);
  if (first === undefined || (named !== null && !keyed.includes(named))) {
    tell(named === null ? say.noKeys : words.room.noKeys(named));
    return 2;
  }
  if (only === null && !options.all) {
    tell(say.which(keyed));
    return 1;
  }
  const seed = await typedCode(io, words, { room: options.all ? null : only, stdin: options.codeStdin });
  if (seed === null) return 1;
  const rooms = options.all || only === null ? null : [only];
  let done = await reached.ask(operation, { seed: seed.slice(), rooms, unheard: options.yes });
  if (done.kind === "unheard") {
    tell(say.unheard(done.rooms));
    const goOn = io.ask === null ? null : await io.ask.confirm(say.goOn, words.keys.yes, words.keys.no);
    if (goOn !== true) tell(io.ask === null ? say.unheardScript : words.keys.code.cancelled);
    else done = await reached.ask(operation, { seed: seed.slice(), rooms, unheard: true });
  }
  seed.fill(0);
  if (done.kind === "unheard") return 1;
  if (done.kind === "other_root") {
    tell(done.rooms.length === 0 ? say.noneOfIt : say.otherRoot(done.rooms));
    return 1;
  }
  if (done.kind === "used_up") {
    tell(say.usedUp);
    return 2;
  }
  tell(say.done(done.rooms, new Date(done.ends).toISOString().slice(0, 10)));
  const left = keyed.filter((room) => !done.rooms.includes(room));
  if (options.all && left.length > 0) tell(say.left(left));
  const page = pageOf(config);
  if (page === null) {
    tell(words.room.noPage);
    return 0;
  }
  tell(say.renewal);
  io.out(`${renewal(page, done.cert)}\n`);
  if (page.startsWith("http:")) tell(words.room.localPage);
  return 0;
}
