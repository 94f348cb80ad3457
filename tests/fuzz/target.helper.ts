import type { Dice } from "./dice.helper.ts";

/** One kind of decoder under test. */
export interface Target {
  /** An input: what an honest peer sends, with something wrong in it. The same for the same dice. */
  input(dice: Dice): Uint8Array;
  /**
   * Decodes it and looks at what came out. Throws where a promise is broken. Answers in a word how far the input got,
   * so that a run shows that its inputs are not all refused at the door.
   */
  run(bytes: Uint8Array): string | Promise<string>;
  close?(): Promise<void>;
}

/** A promise of a decoder that was broken. */
export class Broken extends Error {}

export function hold(held: boolean, promise: string): asserts held {
  if (!held) throw new Broken(promise);
}

const made: Readonly<Record<string, () => Promise<Target>>> = {
  max: async () => (await import("./targets/max.helper.ts")).max(),
  "psr1-bridge": async () => (await import("./targets/psr1.helper.ts")).psr1Bridge(),
  "psr1-reader": async () => (await import("./targets/psr1.helper.ts")).psr1Reader(),
  matrix: async () => (await import("./targets/matrix.helper.ts")).matrix(),
  room: async () => (await import("./targets/room.helper.ts")).room(),
  page: async () => (await import("./targets/page.helper.ts")).page(),
  config: async () => (await import("./targets/config.helper.ts")).config(),
  socket: async () => (await import("./targets/socket.helper.ts")).socket(),
  backup: async () => (await import("./targets/backup.helper.ts")).backup(),
  "control-crash": async () => (await import("./targets/control.helper.ts")).crash(),
  "control-hang": async () => (await import("./targets/control.helper.ts")).hang(),
  "control-memory": async () => (await import("./targets/control.helper.ts")).memory(),
  "control-leak": async () => (await import("./targets/control.helper.ts")).leak(),
};

/** Every decoder. Those called `control-` are broken on purpose and no part of a run. */
export const targets = Object.keys(made).filter((name) => !name.startsWith("control-"));

export function makeTarget(name: string): Promise<Target> {
  const make = made[name];
  if (make === undefined) throw new Error(`there is no target ${name}`);
  return make();
}
