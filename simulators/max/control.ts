import { ControlError } from "./compose.ts";
import { channelOperations } from "./control-channels.ts";
import { postOperations } from "./control-posts.ts";
import { updateOperations } from "./control-updates.ts";
import { FaultChanceInput, FaultInput } from "./faults.ts";
import { AddMediaInput, CertificateInput, ClockInput, ExpireMediaInput, RequestsInput } from "./inputs.ts";
import { operation, query } from "./operation.ts";
import { Settings } from "./settings.ts";
import type { Simulator } from "./simulator.ts";

/** Every operation of the control interface, by the name it has in the process and under /_control/. */
export function createOperations(sim: Simulator) {
  return {
    ...channelOperations(sim),
    ...postOperations(sim),
    ...updateOperations(sim),

    /** Adds a medium: bytes, or a size and a seed to generate them from. */
    addMedia: operation(AddMediaInput, (input) => {
      const { generated: g, bytes } = input;
      const source =
        g === undefined
          ? (bytes ?? new Uint8Array())
          : { size: g.size, seed: g.seed ?? 1, head: g.head ?? new Uint8Array() };
      const { contentType, filename } = input;
      const medium = sim.media.add({
        source,
        ...(contentType === undefined ? {} : { contentType }),
        ...(filename === undefined ? {} : { filename }),
      });
      return { mediaId: medium.id, size: medium.size, token: medium.token };
    }),

    /** Expires the links given out so far, of one medium or of all. Fetching the message again gives new ones. */
    expireMedia: operation(ExpireMediaInput.prefault({}), ({ mediaId }) => {
      sim.media.expire(mediaId);
      return {};
    }),

    /** Changes settings; what is not given stays. Answers all. */
    set: operation(Settings.partial(), (input) => {
      const given = Object.entries(input).filter(([, value]) => value !== undefined);
      Object.assign(sim.settings, Object.fromEntries(given));
      return { ...sim.settings };
    }),

    /** Sets the clock's offset, or moves it on. Answers the offset and the time now, ms. */
    setClock: operation(ClockInput, ({ offsetMs, advanceMs }) => {
      sim.clock.offset = (offsetMs ?? sim.clock.offset) + (advanceMs ?? 0);
      return { offsetMs: sim.clock.offset, now: sim.clock.now() };
    }),

    /** Shows another certificate (PEM) from now on, one that clients cannot trust; without input its own again. */
    certificate: operation(CertificateInput.prefault({}), ({ cert, key }) => {
      if (sim.changeCertificate === null) throw new ControlError("it serves no https");
      if ((cert === undefined) !== (key === undefined)) throw new ControlError("cert and key go together");
      sim.changeCertificate(cert === undefined || key === undefined ? null : { cert, key });
      return {};
    }),

    /** The next `times` (default 1) requests that fit meet a fault. */
    fault: operation(FaultInput, (input) => {
      sim.faults.plan(input);
      return { planned: sim.faults.planned };
    }),

    /** From now on requests that fit meet faults with a probability, from a seed. Replaces earlier rules. */
    faultChance: operation(FaultChanceInput, (input) => {
      sim.faults.chance(input);
      return { rules: input.rules.length };
    }),

    /** Forgets planned faults and chances. */
    clearFaults: query(() => {
      sim.faults.clear();
      return {};
    }),

    /** All counters. */
    stats: query(() => ({
      requests: sim.stats.total,
      statuses: sim.stats.statuses,
      faults: sim.faults.counts,
      faultsPlanned: sim.faults.planned,
      met: sim.stats.met.all,
      writes: sim.stats.writes,
      mediaWithToken: sim.stats.mediaWithToken,
      mediaBytes: sim.stats.mediaBytes,
      updates: sim.updates.state,
    })),

    /** The latest requests (2,000 at most), oldest first; `path` may hold `*`. */
    requests: operation(RequestsInput.prefault({}), ({ path }) =>
      sim.stats.requests(path).map((r) => ({ ...r })),
    ),
  };
}

/** The control interface within the process: the operations of the HTTP one, and two that wait. */
export type Control = ReturnType<typeof createOperations> & Waits;

interface Waits {
  /** Resolves once every update queued so far is committed: a client has passed a marker behind it. */
  whenCommitted(): Promise<void>;
  /** Resolves once `n` requests (counted from the start) fit `path`, which may hold `*`. */
  whenRequested(path: string, n: number): Promise<void>;
  /** Resolves once `n` clients wait in GET /updates. */
  whenWaiting(n: number): Promise<void>;
}

export function createControl(sim: Simulator): Control {
  return {
    ...createOperations(sim),
    whenCommitted: () => {
      const { next } = sim.updates.state;
      return sim.stats.when(() => sim.updates.state.committed >= next);
    },
    whenRequested: (path, n) => sim.stats.when(() => sim.stats.requests(path).length >= n),
    whenWaiting: (n) => sim.stats.when(() => sim.updates.state.waiting >= n),
  };
}
