import { seeded } from "./chance.ts";
import type { OffsetClock } from "./clock.ts";
import { Composer } from "./compose.ts";
import { Faults } from "./faults.ts";
import { MediaStore } from "./media.ts";
import { Renderer } from "./render.ts";
import { defaultSettings, type Settings } from "./settings.ts";
import { Stats } from "./stats.ts";
import type { ChangeCertificate } from "./tls.ts";
import { UpdateQueue } from "./updates.ts";
import { World } from "./world.ts";

/** The parts of one simulated MAX, as the API and the control interface share them. */
export interface Simulator {
  readonly clock: OffsetClock;
  /** Changed in place. */
  readonly settings: Settings;
  readonly world: World;
  readonly media: MediaStore;
  readonly updates: UpdateQueue;
  readonly render: Renderer;
  readonly compose: Composer;
  readonly faults: Faults;
  readonly stats: Stats;
  /** Chance of the updates that come twice. */
  readonly chance: () => number;
  readonly token: string;
  /** null: it serves no https. */
  changeCertificate: ChangeCertificate | null;
}

/** `base` answers the URL it is served at, without a slash at the end. */
export function createSimulator(deps: {
  clock: OffsetClock;
  settings: Partial<Settings>;
  token: string;
  base: () => string;
}): Simulator {
  const { clock, token } = deps;
  const settings = { ...defaultSettings, ...deps.settings };
  const world = new World(clock.now());
  const media = new MediaStore(clock, settings);
  return {
    clock,
    settings,
    world,
    media,
    updates: new UpdateQueue(clock, settings),
    render: new Renderer({ world, media, settings, base: deps.base }),
    compose: new Composer(world, media, () => clock.now()),
    faults: new Faults(),
    stats: new Stats(),
    chance: seeded(1),
    token,
    changeCertificate: null,
  };
}
