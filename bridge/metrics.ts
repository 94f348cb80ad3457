/** One measured thing under one name. Labels are codes and names of the configuration, never ids. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is counted since the start. */
const counted = {
  postern_announcements_total: "Posts of a source: accepted, edited, removed, ignored.",
  postern_source_troubles_total: "Times that a source could not be read, by reason.",
  postern_deliveries_total: "Tries of deliveries to a room, by outcome.",
  postern_media_total: "Tries to fetch attachments, by result.",
  postern_carrier_failures_total: "Copies of a room's log that failed.",
  postern_feed_requests_total: "Requests to the feed.",
} as const;
export type Counted = keyof typeof counted;

export interface Counters {
  add(name: Counted, labels: Readonly<Record<string, string>>, n?: number): void;
  families(): readonly MetricFamily[];
}

/** Counts in memory. */
export function createCounters(): Counters {
  const samples = new Map<
    Counted,
    Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>
  >();
  return {
    add(name, labels, n = 1) {
      const own = samples.get(name) ?? new Map();
      samples.set(name, own);
      const key = JSON.stringify(labels);
      const sample = own.get(key) ?? { labels, value: 0 };
      own.set(key, sample);
      sample.value += n;
    },
    families: () =>
      Object.entries(counted).map(([name, help]): MetricFamily => {
        const own = [...samples].find(([known]) => known === name)?.[1];
        return { name, help, type: "counter", samples: [...(own?.values() ?? [])] };
      }),
  };
}
