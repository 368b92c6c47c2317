// The ring that needs a real cluster: `npm run test:system` starts one and then jest inside its network.
export default {
  rootDir: "../..",
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/{contract,cluster}/**/*.system.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {},
  testSequencer: "<rootDir>/test/cluster/sequencer.mjs",
  globalTeardown: "<rootDir>/test/cluster/global-teardown.ts",
  testTimeout: 300_000,
  maxWorkers: 1,
  verbose: true,
};
