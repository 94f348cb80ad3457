import type { Account } from "../../adapters/matrix/account.ts";
import type { RoomName } from "../../bridge/model/ids.ts";

/** The longest that is waited for what an engine at work answers in between, ms. */
const LONGEST = 5_000;

/**
 * How many devices of those in a strict room get no keys, since their owners have not confirmed them; null: it is not
 * known now.
 */
export async function unreadIn(account: Account, room: RoomName): Promise<number | null> {
  const { engine, members, user, watch } = account;
  const id = watch.idOf(room);
  if (id === null) return null;
  const late = AbortSignal.timeout(LONGEST);
  const over = new Promise<null>((resolve) =>
    late.addEventListener("abort", () => resolve(null), { once: true }),
  );
  const count = async (): Promise<number | null> => {
    const all = await members.of(id, late);
    return all.kind === "fault" ? null : engine.unsigned(all.value.filter((one) => one !== user));
  };
  return Promise.race([count().catch(() => null), over]);
}
