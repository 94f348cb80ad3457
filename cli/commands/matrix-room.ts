import { boundedText } from "../../bridge/model/bounded.ts";
import type { MatrixRoomConfig } from "../../config/config.ts";
import type { Configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { faultText, heldText, outText } from "../matrix/asked.ts";
import { matrixRoomSetUp } from "../operations/matrix.ts";
import { reachBridge } from "../reach-bridge.ts";

const Address = boundedText(0, 255).regex(/^(?:![^\s]+|#[^:\s]+:\S+)$/);

/** `postern room init` for a Matrix room: makes it on its server, or takes over one that exists. */
export async function matrixRoomInit(
  io: Io,
  { config, lang, words }: Configured,
  { name, account }: MatrixRoomConfig,
  { adopt, anew }: { readonly adopt: string | null; readonly anew: boolean },
): Promise<ExitCode> {
  const say = words.matrix;
  const tell = (text: string): void => io.err(`${text}\n`);
  if (adopt !== null && !Address.safeParse(adopt).success) {
    tell(say.room.badAddress);
    return 1;
  }
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  if (found.reached === null) {
    tell(say.noLogin(account));
    return 2;
  }
  const { reached } = found;
  try {
    const done = await reached.ask(matrixRoomSetUp, { room: name, adopt, anew });
    if (done.kind === "fault") {
      if (done.code === "was_sealed") tell(say.wasSealed(name));
      else tell(outText(done.code, account, say) ?? say.room.failed(name, faultText(done.code, say)));
      return 2;
    }
    if (done.kind === "exists" || done.kind === "inside") {
      tell(say.room[done.kind](name));
      return 1;
    }
    tell(say.room[done.kind](name));
    for (const flaw of done.flaws) tell(say.room.flaw(heldText(flaw, say)));
    return done.kind === "unsafe" ? 2 : 0;
  } finally {
    await reached.close();
  }
}
