const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const AFTER_FAILURE_MS = 10_000;

/**
 * Writes one project's counts beside its package.json, where `tools/test.mjs` adds them up. A failed test may have left open what it would
 * have closed: such a run is ended. One that passed must end by itself.
 */
module.exports = class ResultsReporter {
  constructor(globalConfig) {
    this.file = join(globalConfig.rootDir, 'test-results.json');
  }

  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = results;
    const crashedSuites = results.testResults.filter((suite) => suite.testExecError).length;
    const counts = {
      passed: numPassedTests,
      failed: numFailedTests + Math.min(crashedSuites, numFailedTestSuites),
      skipped: numPendingTests,
    };
    writeFileSync(this.file, `${JSON.stringify(counts)}\n`);
    if (counts.failed > 0) setTimeout(() => process.exit(1), AFTER_FAILURE_MS).unref();
  }
};
