import { z } from "zod";
import { UserId } from "../../adapters/matrix/ids.ts";
import { AccountName } from "../../bridge/model/ids.ts";
import { keptOf, settingsOf } from "../matrix/accounts.ts";
import { operation } from "./operation.ts";

/** Ends an account's session on its server, and erases it here. The account's rooms wait from then on. */
export const matrixLogOut = operation({
  name: "matrix.logout",
  changes: true,
  // The server may ask to wait.
  deadline: 180_000,
  input: z.object({ account: AccountName, forgetIdentity: z.boolean() }),
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("out"), user: UserId }),
    z.object({ kind: z.literal("none") }),
    z.object({ kind: z.literal("fault"), code: z.string() }),
  ]),
  async run({ core, live }, { account, forgetIdentity }) {
    const config = core.config.matrix.get(account);
    if (config === undefined) return fault("no_account");
    const { logOut } = await import("../../adapters/matrix/log-out.ts");
    const done = await logOut(
      {
        settings: await settingsOf(core.config, config),
        kept: await keptOf(core, account),
        forgetIdentity,
        settled: async () => live?.renew(),
        clock: core.clock,
      },
      new AbortController().signal,
    );
    return done.kind === "fault" ? fault(done.code) : done;
  },
});

const fault = (code: string) => ({ kind: "fault" as const, code });
