// Stryker's plugin for mocha wants files that mocha 12 no longer has: this one runs mocha by its API, in one process, its files
// loaded once. https://stryker-mutator.io/docs/stryker-js/plugins/
import Mocha from 'mocha';
import { globSync } from 'node:fs';
import path from 'node:path';
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';

class MochaRunner {
  #mocha;
  #patterns;
  #tests = [];
  /** Where the instrumented code looks for the mutant that is on, and notes what was reached. */
  #instrumenter = (globalThis.__stryker__ ??= {});
  #countsPerTest = false;

  constructor(options) {
    this.#patterns = options.mochaSpecs;
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    const results = this.#tests;
    function Reporter(runner) {
      const note = (test, result) => results.push({ id: test.fullTitle(), name: test.fullTitle(), ...result });
      runner.on('pass', (test) => note(test, { status: TestStatus.Success, timeSpentMs: test.duration ?? 0 }));
      runner.on('fail', (test, error) =>
        note(test, {
          status: TestStatus.Failed,
          timeSpentMs: test.duration ?? 0,
          failureMessage: String(error?.message ?? error),
        }),
      );
    }
    this.#mocha = new Mocha({ ui: 'bdd', reporter: Reporter, timeout: 3_000 });
    this.#mocha.cleanReferencesAfterRun(false);
    for (const file of globSync(this.#patterns)) this.#mocha.addFile(path.resolve(file));
    const self = this;
    this.#mocha.suite.beforeEach(function () {
      if (self.#countsPerTest) self.#instrumenter.currentTestId = this.currentTest?.fullTitle();
    });
    await this.#mocha.loadFilesAsync();
  }

  async dryRun({ coverageAnalysis, disableBail }) {
    this.#countsPerTest = coverageAnalysis === 'perTest';
    const result = await this.#run(disableBail);
    this.#countsPerTest = false;
    return coverageAnalysis === 'off' ? result : { ...result, mutantCoverage: this.#instrumenter.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, disableBail, hitLimit }) {
    this.#instrumenter.hitLimit = hitLimit;
    this.#instrumenter.hitCount = hitLimit ? 0 : undefined;
    this.#instrumenter.activeMutant = activeMutant.id;
    const wanted = testFilter?.map((title) => `^${title.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`).join('|') ?? '';
    this.#mocha.grep(new RegExp(wanted));
    const result = await this.#run(disableBail);
    return toMutantRunResult(determineHitLimitReached(this.#instrumenter.hitCount, hitLimit) ?? result);
  }

  #run(disableBail) {
    bailAll(this.#mocha.suite, !disableBail);
    this.#tests.length = 0;
    return new Promise((resolve) => {
      this.#mocha.run(() => resolve({ status: DryRunStatus.Complete, tests: [...this.#tests] }));
    });
  }
}

function bailAll(suite, bail) {
  suite.bail(bail);
  for (const child of suite.suites) bailAll(child, bail);
}

const create = (options) => new MochaRunner(options);
create.inject = tokens(commonTokens.options);

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'fanout-mocha', create)];
