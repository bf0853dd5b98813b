// For every run of mocha: a run ends when its tests have ended. What a test left open (a server, a child, a timer) would keep the process, and
// with it everything that waits for it, for ever; such a run says what is open and fails.
const GRACE_MS = 20_000;

export const mochaHooks = {
  afterAll() {
    setTimeout(() => {
      const open = process.getActiveResourcesInfo();
      process.stderr.write(
        `\nThe tests ended ${GRACE_MS / 1000} s ago, and the process did not. It holds: ${open.join(', ')}.\n`,
      );
      // After mocha's own listener, which sets the number of failed tests.
      process.once('exit', () => {
        process.exitCode ||= 1;
      });
      process.exit();
    }, GRACE_MS).unref();
  },
};
