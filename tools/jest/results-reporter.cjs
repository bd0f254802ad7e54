const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** Writes one project's counts beside its package.json, where `tools/test.mjs` adds them up. */
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
  }
};
