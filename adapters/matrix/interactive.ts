import type { Answer, Api, ApiCall } from "./api.ts";
import type { UserId } from "./ids.ts";
import { Interactive } from "./wire.ts";

/** What an interactive authentication may be answered with. */
export interface Password {
  readonly user: UserId;
  readonly password: string;
}

/** A call whose body may carry an `auth`. */
export type AskingCall = ApiCall & { readonly body: Readonly<Record<string, unknown>> };

/**
 * Makes a call that the server may want to be authenticated anew (401 with stages), by the password. Where it wants
 * something else, or there is no password, the answer is that 401, its code `password_needed` or `other_proof_needed`;
 * a password that is wrong is `M_FORBIDDEN`.
 */
export async function withPassword(
  api: Api,
  call: AskingCall,
  password: Password | null,
  signal: AbortSignal,
): Promise<Answer> {
  const first = await api.call(call, signal);
  if (first.kind !== "refused" || first.status !== 401) return first;
  const asked = Interactive.safeParse(first.body);
  if (!asked.success) return first;
  const enough = asked.data.flows.some((flow) => flow.stages.every((stage) => stage === "m.login.password"));
  if (!enough) return { ...first, errcode: "other_proof_needed" };
  if (password === null) return { ...first, errcode: "password_needed" };
  const auth = {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: password.user },
    password: password.password,
    ...(asked.data.session === undefined ? {} : { session: asked.data.session }),
  };
  const second = await api.call({ ...call, body: { ...call.body, auth } }, signal);
  // A stage that failed is told with the stages once more, and with why.
  if (second.kind === "refused" && second.status === 401 && second.errcode.startsWith("HTTP_"))
    return { ...second, errcode: "M_FORBIDDEN" };
  return second;
}
