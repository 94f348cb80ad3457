import { type Asked, configured, sealedRoomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { roomRekey as operation } from "../operations/keys.ts";
import { reachBridge } from "../reach-bridge.ts";

export interface RoomRekeyOptions extends Asked {
  readonly room: string;
  readonly yes: boolean;
}

/** `postern room rekey`: a new key for a room, after one question: every reader needs the new link. */
export async function roomRekey(io: Io, options: RoomRekeyOptions): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.keys.rekey;
  const tell = (text: string): void => io.err(`${text}\n`);
  const room = sealedRoomCalled(io, loaded, options.room);
  if (room === null) return 1;
  const sure = async (question: string): Promise<boolean> =>
    options.yes ||
    (io.ask !== null && (await io.ask.confirm(question, words.keys.yes, words.keys.no)) === true);
  if (!(await sure(say.sure(room)))) {
    tell(io.ask === null ? say.needsYes : words.keys.code.cancelled);
    return 1;
  }
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  if (found.reached === null) {
    tell(words.room.noKeys(room));
    return 2;
  }
  const { reached } = found;
  try {
    let done = await reached.ask(operation, { room, unheard: false });
    if (done === "unheard") {
      tell(words.keys.certify.unheard([room]));
      if (await sure(words.keys.certify.goOn)) done = await reached.ask(operation, { room, unheard: true });
    }
    const said = {
      rekeyed: say.done(room),
      no_keys: words.room.noKeys(room),
      certificate: say.certificate(room),
      unheard: words.keys.code.cancelled,
    };
    tell(said[done]);
    return done === "rekeyed" ? 0 : 2;
  } finally {
    await reached.close();
  }
}
