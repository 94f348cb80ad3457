import type { OpenBridge } from "../bridge-api.ts";
import { type Asked, configured, sealedRoomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { pageOf } from "../join-link.ts";
import { openBridge } from "../open-bridge.ts";
import { pngQr, terminalQr } from "../qr.ts";
import { originsOf } from "../room-kinds.ts";

export interface RoomLinkOptions extends Asked {
  readonly room: string;
  readonly fromToday: boolean;
  /** Where the QR code goes as a picture; null: nowhere. */
  readonly png: string | null;
}

/** `postern room link`: the join link alone on stdout; what a person should know about it on stderr. */
export async function roomLink(
  io: Io,
  options: RoomLinkOptions,
  open: OpenBridge = openBridge,
): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const tell = (text: string): void => io.err(`${text}\n`);
  const room = sealedRoomCalled(io, loaded, options.room);
  if (room === null) return 1;
  const page = pageOf(config);
  if (page === null) {
    tell(words.room.noPage);
    return 1;
  }
  const opened = await open(config, { io, lang, make: false });
  if (!opened.ok) {
    tell(words.open[opened.problem.code](opened.problem.where));
    return 2;
  }
  const link = await opened.bridge.rooms.link(room, page, { fromToday: options.fromToday });
  await opened.bridge.close();
  if (link === null) {
    tell(words.room.noKeys(room));
    return 2;
  }
  io.out(`${link}\n`);
  if (io.errIsTerminal) io.err(terminalQr(link));
  tell(words.room.linkKeep);
  tell(words.room.linkCarrier);
  if (page.startsWith("http:")) tell(words.room.localPage);
  else if (originsOf(config, room).length < 2) tell(words.room.oneOrigin);
  if (options.png === null) return 0;
  const made = await pngQr(link, options.png);
  const said = { made: words.room.pngMade, exists: words.room.pngExists, failed: words.room.pngFailed };
  tell(said[made](options.png));
  return made === "made" ? 0 : 2;
}
