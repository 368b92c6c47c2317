// One configuration for the rings run by jest; each ring names the folders it wants.
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/{src,roles,test}/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {},
  globalSetup: "<rootDir>/test/helpers/global-setup.ts",
  globalTeardown: "<rootDir>/test/helpers/global-teardown.ts",
  testTimeout: 300_000,
  maxWorkers: 3,
};
