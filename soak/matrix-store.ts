import { type Killed, killOneStore } from "../tests/matrix/engine/kills.helper.ts";
import type { Part } from "./part.ts";

const STORES = 20;
const KILLS = 25;
const AT_ONCE = 2;
const SEED = 20_261_125;

/** The crypto store of a Matrix account, whose process is killed with -9 again and again. */
export const matrixStore: Part = async (o) => {
  const stores = o.seed === null ? Math.ceil((STORES * o.percent) / 100) : 1;
  const seeds = Array.from({ length: stores }, (_, i) => o.seed ?? SEED + i);
  const done: Killed[] = [];
  const work = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const life = await killOneStore(seed, KILLS);
      done.push(life);
      o.say(
        `seed ${seed}: ${life.kills} kills, ${life.said} messages said in ${life.sessions} sessions, ${life.heard} heard; ${life.crowd} silent devices, ${life.patched} starts over a patched session, ${life.compressed} over one that is compressed, too`,
      );
      for (const line of life.wrong) o.say(`  ${line}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const sum = (of: (life: Killed) => number): number => done.reduce((all, life) => all + of(life), 0);
  const where = new Map<string, number>();
  for (const life of done)
    for (const [place, times] of Object.entries(life.where))
      where.set(place, (where.get(place) ?? 0) + times);
  for (const [place, times] of where) o.say(`${String(times).padStart(8)}  killed at ${place}`);
  const kills = sum((life) => life.kills);
  o.say(`${kills} kills, ${sum((life) => life.said)} messages said, ${sum((life) => life.heard)} heard`);
  return [
    {
      name: `${kills} kills with -9 in mid-transaction: the store opens, its peers read all, no index is used twice`,
      ok: done.every((life) => life.wrong.length === 0 && life.kills === KILLS),
    },
    {
      name: "where a crowd is in the room, a bot is started over a session that was compressed, then patched",
      ok: done.every((life) => life.crowd === 0 || life.compressed > 0),
    },
  ];
};
