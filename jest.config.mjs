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
    '/node_modules/(hyparquet|hyparquet-compressors|hysnappy)/.*\\.js$': [
      '@swc/jest',
      { jsc: { target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // ESM-only packages that are small enough to be transformed.
  transformIgnorePatterns: ['/node_modules/(?!(hyparquet|hyparquet-compressors|hysnappy)/)'],
  // ESM-only packages in their own CommonJS bundles: Jest loads those in 0.1 s, without transforming 300 files.
  moduleNameMapper: {
    '^vega$': `${import.meta.dirname}/node_modules/vega/build/vega.js`,
    '^vega-lite$': `${import.meta.dirname}/node_modules/vega-lite/build/vega-lite.min.js`,
  },
  reporters: ['default', `${import.meta.dirname}/tools/jest/results-reporter.cjs`],
  maxWorkers: 1,
  passWithNoTests: true,
  testTimeout: 30_000,
};
