import { openHomeserver } from "./client.ts";
import type { AccountSettings, Effects } from "./homeserver.ts";
import type { UserId } from "./ids.ts";
import type { Kept } from "./kept.ts";
import { logout } from "./login.ts";
import { patient } from "./patience.ts";
import { PATIENCE, sweepStores } from "./set-up.ts";
import type { Fault } from "./wire.ts";

/** `out`: the server ended the session, and nothing of it is left here. A fault: nothing was changed here. */
export type LoggedOut = { readonly kind: "out"; readonly user: UserId } | { readonly kind: "none" } | Fault;

export interface LogOutOptions extends Pick<Effects, "clock"> {
  readonly settings: AccountSettings;
  readonly kept: Kept;
  /** Whether what the account's identity is made of goes too: from then on only the recovery code brings it back. */
  readonly forgetIdentity: boolean;
  /** Called when nothing of the session is kept any more: what works with it shall let it go. */
  readonly settled: () => Promise<void>;
}

/** Ends an account's session: on the server first, so that no token is lost that is still good for something. */
export async function logOut(o: LogOutOptions, signal: AbortSignal): Promise<LoggedOut> {
  const { settings, kept } = o;
  const session = kept.session.get();
  if (session !== null) {
    const server = openHomeserver({ ...settings, clock: o.clock });
    try {
      const done = await logout(patient(server.api(session.token), o.clock, PATIENCE), signal);
      if (done.kind === "fault") return done;
    } finally {
      await server.close();
    }
  }
  kept.together(() => {
    kept.session.drop();
    kept.sync.drop();
    if (!o.forgetIdentity) return;
    kept.identity.drop();
    kept.backup.drop();
  });
  await o.settled();
  await sweepStores(settings.folder, kept);
  return session === null ? { kind: "none" } : { kind: "out", user: session.user };
}
