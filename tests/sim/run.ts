import type { Statement } from "better-sqlite3";
import type sodium from "libsodium-wrappers";
import { ready } from "../../bridge/seal/sodium.ts";
import type { Db } from "../../bridge/store/db.ts";
import { Chance } from "./chance.ts";
import { Durable, type Image } from "./database.ts";
import { SimulatedDisk } from "./disk.ts";
import { begin, born, type Living, type Surroundings } from "./life.ts";
import { Chat } from "./messenger.ts";
import { judge } from "./oracle.ts";
import { Readers } from "./readers.ts";
import { CHANNELS, FEWEST_EVENTS, faultKinds, type Scenario, SURE } from "./scenario.ts";
import { SourceState } from "./source.ts";
import { standIn } from "./stand-in.ts";
import { Truth } from "./truth.ts";
import { World } from "./world.ts";

export interface RunResult {
  /** What the run found wrong; empty: nothing was lost, doubled or overtaken. */
  readonly violations: readonly string[];
  readonly hits: ReadonlyMap<string, number>;
  /** Source events that the bridge was told. */
  readonly events: number;
  readonly faults: number;
  readonly crashes: number;
  readonly trace: number;
  readonly story: readonly string[];
}

export interface RunOptions {
  /** The real cryptographic library instead of quick stand-ins. */
  readonly real?: boolean;
  /** Keep what happened, for a person. */
  readonly told?: boolean;
}

const FEWEST_FAULTS = 5;
/** What the last look at the history tells at least: a window over each channel. */
const AT_LAST = CHANNELS.length;
const START_AGAIN = 1_000;
const MOST_STEPS = 30_000;
const DAY = 86_400_000;

/** Plays a scenario to its end, over as many lives as it takes, and judges what readers have then. */
export async function run(scenario: Scenario, o: RunOptions = {}): Promise<RunResult> {
  const real = await ready();
  const world = new World(scenario, o.told === true);
  const library = (stream: number): typeof sodium =>
    o.real === true ? real : standIn(real, new Chance(scenario.seed, stream));
  const disk = new SimulatedDisk(world);
  const readers = new Readers(world);
  disk.appeared = (file, bytes) => readers.look(file, bytes);
  const s: Surroundings = {
    lib: library(3),
    checked: library(4),
    scenario,
    world,
    disk,
    durable: new Durable(o.real === true),
    truth: new Truth(world),
    source: new SourceState(),
    chat: new Chat(world),
  };
  const play = new Play(s);
  await play.toTheEnd();
  s.durable.close();
  const count = (of: (what: string) => boolean) =>
    [...world.hits].reduce((sum, [what, n]) => (of(what) ? sum + n : sum), 0);
  return {
    violations: world.violations,
    hits: world.hits,
    events: s.source.told,
    faults: count((what) => isFault(what)),
    crashes: count((what) => !isFault(what)),
    trace: world.trace,
    story: world.story ?? [],
  };
}

const faultNames: ReadonlySet<string> = new Set(faultKinds);
/** Everything else that is counted is a place where a life ended. */
export const isFault = (what: string): boolean => faultNames.has(what);

type Query<Row> = Statement<[], Row>;
interface RoomRow {
  readonly room_id: Buffer;
  readonly restart: number;
  readonly next_seq: number;
}

/** What a backup holds: the database of one moment, and the rooms' sealed files. */
interface Backup {
  readonly image: Image;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

class Play {
  readonly #s: Surroundings;
  #life: Living;
  #lives = 1;
  /** Images of the database at some moments, for one to be put back. */
  readonly #images: Backup[] = [];
  #restored = false;
  #putBack: Backup | null = null;
  #stopping: "no" | "asked" | "under way" | "done" = "no";
  #fullUntil = 0;
  #queries: { readonly db: Db; readonly open: Query<number>; readonly rooms: Query<RoomRow> } | null = null;

  constructor(s: Surroundings) {
    this.#s = s;
    this.#life = born(s, 1);
  }

  async toTheEnd(): Promise<void> {
    const { world, truth, source, durable } = this.#s;
    durable.full = () => world.mono < this.#fullUntil && world.chance.odds(0.7);
    truth.happened = () => source.wake();
    this.#start();
    truth.enough = () => source.told + source.untold(truth) + AT_LAST >= FEWEST_EVENTS;
    truth.play((index) => this.#strike(index));
    for (let steps = 0; ; steps++) {
      await world.breathe();
      if (this.#life.dead || this.#stopping === "done") {
        this.#bornAgain();
        // A life that has not drawn breath yet waits for nothing: that would look as if all had come to rest.
        await world.breathe();
      } else if (this.#life.broken && this.#stopping === "no") this.#stop();
      else if (this.#stopping === "asked" && this.#life.runtime !== null) this.#stop();
      else if (this.#atRest() && this.#ended()) break;
      if (world.violations.length > 0) return;
      if (!world.step() || steps > MOST_STEPS || world.mono > 30 * DAY) {
        world.wrong(`it does not come to rest: ${this.#unrest()}`);
        return;
      }
    }
    await this.#rest();
  }

  #start(): void {
    const { world } = this.#s;
    const life = this.#life;
    world.note(`life ${life.number}`);
    this.#s.source.idle = false;
    begin(this.#s, life, this.#restored).then(
      () => {
        this.#restored = false;
      },
      (error: unknown) => {
        if (life.dead) return;
        life.broken = true;
        this.#stopping = "under way";
        // Whoever watches over it starts it again after a moment: it does not take up all time on a full disk.
        world.later(world.mono + START_AGAIN, () => {
          if (!life.dead) this.#stopping = "done";
        });
        world.note(`did not start: ${error instanceof Error ? error.message : "?"}`);
        if (!(error instanceof Error && "code" in error)) world.wrong(`it did not start: ${String(error)}`);
      },
    );
  }

  /** The next life, from what the disk kept. */
  #bornAgain(): void {
    const { world, disk, durable } = this.#s;
    const before = this.#life;
    if (before.dead && this.#putBack === null && world.strikes("power.cut")) disk.cutPower();
    const putBack = this.#putBack;
    this.#restored ||= putBack !== null;
    this.#putBack = null;
    before.dead = true;
    this.#stopping = "no";
    durable.next(putBack?.image ?? null);
    if (putBack !== null) disk.putBack(putBack.files);
    this.#life = born(this.#s, ++this.#lives);
    this.#start();
  }

  #stop(): void {
    const { runtime } = this.#life;
    const life = this.#life;
    this.#stopping = "under way";
    void runtime?.stop().then(() => {
      if (!life.dead) this.#stopping = "done";
    });
  }

  #stopped = (): boolean => this.#stopping === "done";

  /** Faults that come with time, at one of the scenario's events. */
  #strike(index: number): void {
    const { world, truth, disk, scenario } = this.#s;
    const { chance } = world;
    const life = this.#life;
    if (scenario.faults.some((f) => f.kind === "restore") && index % 8 === 4 && !life.dead)
      this.#images.push({ image: this.#s.durable.image(), files: disk.copyOf("/data/files") });
    if (world.strikes("source.gap")) truth.lose(chance.between(2, 8));
    if (world.strikes("disk.full")) disk.fill(chance.between(5_000, 90_000));
    if (world.strikes("database.full")) this.#fillDatabase(chance.between(5_000, 60_000));
    if (world.strikes("clock.back")) world.clockError -= chance.between(1_000, 600_000);
    if (world.strikes("long.sleep")) world.mono += chance.between(3_600_000, 1.5 * DAY);
    if (world.strikes("stop")) this.#stopping = "asked";
    const image = this.#images.at(-chance.between(1, 2));
    if (image !== undefined && !life.dead && world.strikes("restore")) {
      this.#putBack = image;
      this.#s.chat.known(false, life);
      life.dead = true;
      life.freeze();
    }
    // The planned place may be one that this run does not come to.
    const crashes = scenario.crashes.length;
    const sure = Math.min(SURE, scenario.events.length);
    const late = Math.floor(((this.#crashes() + 1) * sure) / (crashes + 1));
    if (index >= late && world.crashAhead !== null) world.crashSoon();
  }

  #crashes = (): number =>
    [...this.#s.world.hits].reduce((sum, [what, n]) => (isFault(what) ? sum : sum + n), 0);

  #fillDatabase(ms: number): void {
    const { world } = this.#s;
    this.#fullUntil = world.mono + ms;
  }

  /** Everything was told and taken, and nothing waits. */
  #atRest(): boolean {
    const { source, truth, disk } = this.#s;
    const { db, runtime } = this.#life;
    if (!source.idle || !truth.over || runtime === null || this.#stopping !== "no") return false;
    if (this.#queries?.db !== db)
      this.#queries = {
        db,
        open: db
          .prepare<[], number>(
            "SELECT (SELECT count(*) FROM lanes) + (SELECT count(*) FROM media WHERE state = 'pending')",
          )
          .pluck(),
        rooms: db.prepare<[], RoomRow>("SELECT room_id, restart, next_seq FROM seal_rooms"),
      };
    if (this.#queries.open.get() !== 0) return false;
    const rooms = this.#queries.rooms.all();
    return rooms.every((room) => {
      const head = disk.bytes(`/feed/${room.room_id.toString("hex")}/head`);
      if (head === null) return false;
      const bytes = Buffer.from(head);
      return bytes[6] === room.restart && bytes.readUIntBE(25, 6) === room.next_seq - 1;
    });
  }

  /** Whether that was all; else the last look at the source's history is taken. */
  #ended(): boolean {
    const { source, truth, world, scenario } = this.#s;
    if (source.lastLook === "done") return true;
    if (truth.goesOn()) return false;
    if (world.crashAhead !== null) {
      world.crashSoon();
      source.wake();
      return false;
    }
    const missing = Math.min(FEWEST_FAULTS, scenario.faults.length) - this.#faults();
    if (missing > 0) {
      // What was planned had no occasion: the source fails that often instead.
      world.plan("source.trouble", missing);
      source.wake();
      return false;
    }
    world.calm = true;
    source.lastLook = "wanted";
    source.wake();
    return false;
  }

  #faults = (): number =>
    [...this.#s.world.hits].reduce((sum, [what, n]) => (isFault(what) ? sum + n : sum), 0);

  #unrest(): string {
    const { db } = this.#life;
    const all = (sql: string) => db.prepare(sql).all();
    return JSON.stringify({
      now: this.#s.world.now(),
      lanes: all("SELECT room, due_at, priority FROM lanes"),
      media: all("SELECT state, tries, retry_at FROM media WHERE state = 'pending'"),
      heads: all("SELECT room, restart, next_seq FROM seal_rooms"),
      source: this.#s.source,
    });
  }

  /** Stops it as an owner would, and judges. */
  async #rest(): Promise<void> {
    const { world } = this.#s;
    this.#stop();
    for (let steps = 0; !this.#stopped(); steps++) {
      await world.breathe();
      if (this.#stopped()) break;
      if (!world.step() || steps > 10_000) {
        world.wrong("it does not stop when it is asked to");
        return;
      }
    }
    await judge(this.#s, this.#life);
  }
}
