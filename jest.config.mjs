/** Runs the TypeScript sources of every project as they are; `--rootDir <project>` chooses the project. */
export default {
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  testEnvironment: `${import.meta.dirname}/tools/jest/host-realm-environment.cjs`,
  testEnvironmentOptions: { customExportConditions: ['facet-source', 'node', 'require', 'default'] },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  reporters: ['default', `${import.meta.dirname}/tools/jest/results-reporter.cjs`],
  maxWorkers: 1,
  passWithNoTests: true,
  testTimeout: 30_000,
};
