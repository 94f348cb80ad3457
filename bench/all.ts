import type { Measurement } from "./measured.ts";

/** Every measurement by its name, loaded only where it is made, and the longest that it may take, ms. */
export const measurements: Readonly<
  Record<string, { readonly load: () => Promise<Measurement>; readonly limit: number }>
> = {
  accept: { load: async () => (await import("./accept.ts")).accept, limit: 40_000 },
  claims: { load: async () => (await import("./claims.ts")).claims, limit: 90_000 },
  pipeline: { load: async () => (await import("./pipeline.ts")).pipeline, limit: 60_000 },
  spawn: { load: async () => (await import("./spawn.ts")).spawnToReady, limit: 60_000 },
  idle: { load: async () => (await import("./idle.ts")).idle, limit: 80_000 },
  matrix: { load: async () => (await import("./matrix.ts")).matrix, limit: 120_000 },
  "matrix-file": { load: async () => (await import("./memory.ts")).matrixFile, limit: 150_000 },
  "telegram-file": { load: async () => (await import("./memory.ts")).telegramFile, limit: 150_000 },
  memory: { load: async () => (await import("./memory.ts")).memory, limit: 150_000 },
  reader: { load: async () => (await import("./reader.ts")).reader, limit: 60_000 },
};
