/** For tests of what comes after days: this process's clock is POSTERN_TEST_AHEAD ms ahead of the machine's. */
const ahead = Number(process.env.POSTERN_TEST_AHEAD ?? "0");
const now = Date.now;
Date.now = () => now() + ahead;
// The fast clock of tests measures from here.
Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + ahead });
