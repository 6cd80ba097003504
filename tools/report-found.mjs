// A reporter of vitest: writes what each file found, with everything that failed in one line, to the file that FAULTLINE_FOUND names.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { firstLine } from './first-line.mjs';

export default class ReportFound {
  onTestRunEnd(modules, unhandledErrors) {
    const files = modules.map(foundIn);
    // Errors that belong to no test, as a promise that nobody waited for.
    const unhandled = unhandledErrors.map(({ message }) => `in no test: ${firstLine(message)}`);
    writeFileSync(process.env.FAULTLINE_FOUND, JSON.stringify({ files, unhandled }));
  }
}

function foundIn(module) {
  const tests = [...module.children.allTests()].map((test) => ({ test, ...test.result() }));
  const count = (wanted) => tests.filter(({ state }) => state === wanted).length;
  const diagnostic = module.diagnostic();
  return {
    file: module.relativeModuleId,
    ms: diagnostic.collectDuration + diagnostic.duration,
    passed: count('passed'),
    leftOut: tests.length - count('passed') - count('failed'),
    failures: [
      ...linesOf('', module.errors()),
      // As of a hook before all tests: then none of them ran.
      ...[...module.children.allSuites()].flatMap((suite) => linesOf(suite.fullName, suite.errors())),
      ...tests.flatMap(({ test, errors = [] }) => linesOf(test.fullName, errors, test.meta().told)),
    ],
  };
}

/** One for all errors of one thing: a test that failed counts once. What it told of itself stands indented below. */
function linesOf(name, errors, told = []) {
  const [first] = errors;
  if (first === undefined) return [];
  return [[`${name === '' ? '' : ` > ${name}`}: ${firstLine(first.message)}`, ...told].join('\n      ')];
}
