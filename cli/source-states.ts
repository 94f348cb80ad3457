import type { IntakeReport } from "../bridge/intake.ts";
import type { Clock } from "../bridge/model/effects.ts";
import type { Millis, SourceName } from "../bridge/model/ids.ts";
import type { SourceState } from "../bridge/readiness.ts";
import type { Config } from "../config/config.ts";

/** A mapping that tells its rooms of no silence lets its source go unread so long. */
const LIMIT: Millis = 6 * 3_600_000;

interface State {
  heardAt: Millis | null;
  newest: Millis;
  trouble: string | null;
}

/** How each source stands since the start. */
export function createSourceStates(clock: Clock) {
  const states = new Map<SourceName, State>();
  const own = (source: SourceName): State => {
    const known = states.get(source) ?? { heardAt: null, newest: Number.NEGATIVE_INFINITY, trouble: null };
    states.set(source, known);
    return known;
  };
  return {
    /** Takes note of a report. Answers whether the source was read, and not only a pause noted down. */
    note(report: IntakeReport): boolean {
      const state = own(report.source);
      if (report.kind === "trouble" || report.kind === "stopped") state.trouble = report.code;
      if (report.kind !== "accepted" || report.readAt <= state.newest) return false;
      state.newest = report.readAt;
      state.heardAt = clock.now();
      state.trouble = null;
      return true;
    },
    of: (config: Config): readonly SourceState[] =>
      [...config.sources.keys()]
        .filter((name) => config.mappings.some((m) => m.source === name))
        .map((name) => {
          const limits = config.mappings.flatMap((m) => (m.source === name ? [m.silence ?? LIMIT] : []));
          const { heardAt, trouble } = own(name);
          return { name, heardAt, trouble, limit: Math.min(...limits) };
        }),
  };
}
export type SourceStates = ReturnType<typeof createSourceStates>;
