import { atomically, type Db } from "./db.ts";

/** Calls `flush` once, when what is asked for at the same time has been asked for. */
export type Gather = (flush: () => void) => void;

interface Job {
  /** Does the work. Answers how its caller is told once it is on the disk. */
  readonly attempt: () => () => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * Transactions that are asked for at about the same time (by several rooms) share one commit, so that they wait for the
 * disk once. Each stands or falls by itself; each resolves when it is on the disk, and rejects when nothing of it is.
 */
export function groupCommit(db: Db, gather: Gather) {
  let waiting: Job[] = [];

  const flush = (): void => {
    const jobs = waiting;
    waiting = [];
    try {
      const told = atomically(db, () => jobs.map((job) => job.attempt()));
      for (const tell of told) tell();
    } catch (error) {
      for (const job of jobs) job.refuse(error);
    }
  };

  return <T>(work: () => T extends Promise<unknown> ? never : T): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const alone = db.transaction(work);
      const attempt = (): (() => void) => {
        try {
          const result = alone();
          return () => resolve(result);
        } catch (error) {
          // A full disk ends the whole of it, and all are told of that.
          if (!db.inTransaction) throw error;
          return () => reject(error);
        }
      };
      waiting.push({ attempt, refuse: reject });
      if (waiting.length === 1) gather(flush);
    });
}
