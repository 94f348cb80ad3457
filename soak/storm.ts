import { builtPostern } from "../tests/e2e/built.ts";
import { storm as run } from "../tests/e2e/storm/storm.ts";
import type { Check, SoakOptions } from "./part.ts";

const ANNOUNCEMENTS = 10_000;
const MOMENTS = 20;
const SEED = 20_261_124;

/** A real bridge, killed over and over before a MAX that fails in every way, seen through its rooms' readers. */
export async function storm(o: SoakOptions): Promise<readonly Check[]> {
  const seed = o.seed ?? SEED;
  const announcements = Math.ceil((ANNOUNCEMENTS * o.percent) / 100);
  let told = 0;
  const result = await run({
    program: await builtPostern(),
    announcements,
    moments: Math.ceil((MOMENTS * o.percent) / 100),
    seed,
    say(line) {
      if (told++ % 6 === 0) o.say(line);
    },
  });
  o.say(
    `seed ${seed}: ${result.announcements} announcements, ${result.edits} edits, ${result.removals} removals, ${result.kills} kills with -9`,
  );
  o.say("MAX's troubles, and how often the bridge met them:");
  for (const [trouble, times] of Object.entries(result.met))
    o.say(`${String(times).padStart(8)}  ${trouble}`);
  for (const line of result.wrong) o.say(line);
  return [
    {
      name: `${result.announcements} announcements through kills and troubles: every room shows exactly its set (seed ${seed})`,
      ok: result.wrong.length === 0,
    },
  ];
}
