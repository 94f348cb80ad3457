import { type Asked, configured, roomCalled } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { faultText, outText, userCalled } from "../matrix/asked.ts";
import { matrixInvite as operation } from "../operations/matrix.ts";
import { reachBridge } from "../reach-bridge.ts";
import { isSealed, matrixRoom } from "../room-kinds.ts";

export interface MatrixInviteOptions extends Asked {
  readonly room: string;
  readonly user: string;
}

/** `postern matrix invite`: the bot itself invites somebody. Nothing is written down of whom. */
export async function matrixInvite(io: Io, options: MatrixInviteOptions): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.matrix;
  const tell = (text: string): void => io.err(`${text}\n`);
  const room = roomCalled(io, loaded, options.room);
  if (room === null) return 1;
  const settings = matrixRoom(config, room);
  if (settings === null) {
    tell(isSealed(config, room) ? say.isSealed(room) : words.telegram.isTelegram(room));
    return 1;
  }
  const user = userCalled(io, loaded, options.user);
  if (user === null) return 1;
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  if (found.reached === null) {
    tell(say.noLogin(settings.account));
    return 2;
  }
  const { reached } = found;
  try {
    const done = await reached.ask(operation, { room, user });
    if (done.kind === "fault") {
      if (done.code === "already_there") {
        tell(say.invite.already(user, room));
        return 0;
      }
      const out = outText(done.code, settings.account, say);
      if (done.code === "no_room") tell(say.noRoom(room));
      else tell(out ?? say.invite.failed(user, faultText(done.code, say)));
      return 2;
    }
    tell(say.invite.done(user, room));
    const { history } = settings;
    if (done.keys === "shared") tell(say.invite.history(history));
    else if (done.keys !== "none") tell(say.invite.keysFailed(faultText(done.keys.code, say)));
    if (done.digest) tell(say.invite.digest(history));
    if (settings.trust === "strict") tell(say.invite.strict);
    return 0;
  } finally {
    await reached.close();
  }
}
