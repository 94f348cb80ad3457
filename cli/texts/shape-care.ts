import type { RouteName } from "../../bridge/notices/port.ts";
import type { DeliveryAction } from "../../bridge/outbox/port.ts";

/** Dead letters and notices. */
export interface CareWords {
  readonly help: {
    readonly dead: string;
    readonly retry: string;
    readonly drop: string;
    readonly id: string;
    readonly room: string;
    readonly all: string;
    readonly notices: string;
    readonly test: string;
  };
  readonly dead: {
    readonly none: string;
    /** What each kind of delivery was to do. */
    readonly actions: Readonly<Record<DeliveryAction, string>>;
    readonly letter: (id: number, room: string, action: string, ago: string, code: string) => string;
    /** What it would bring is no longer kept. */
    readonly gone: string;
    readonly hint: string;
    /** Which letters are meant was not said, or said twice. */
    readonly which: string;
    readonly unknown: (id: number) => string;
    readonly queued: (id: number) => string;
    readonly superseded: (id: number) => string;
    readonly dropped: (id: number) => string;
    readonly goneOne: (id: number) => string;
    /** Tried again, but no bridge runs that would. */
    readonly stopped: string;
  };
  readonly notices: {
    readonly routes: Readonly<Record<RouteName, string>>;
    readonly arrived: (route: string) => string;
    readonly failed: Readonly<Record<RouteName, string>>;
    /** No way but the log is set up. */
    readonly only: string;
    readonly second: (routes: readonly string[]) => string;
  };
}
