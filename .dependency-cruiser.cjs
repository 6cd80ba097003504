/** Who may import whom: DESIGN's layout, held by CI. */
module.exports = {
  forbidden: [
    {
      // Types alone make no cycle at run time.
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^domain/' },
      to: { path: '^(schemas|workflows|services|adapters|cli|world|simulation|stack|bench|test|tools)/' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^domain/' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
    {
      name: 'workflows-import-only-domain-and-xstate',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { pathNot: ['^workflows/', '^domain/', '^node_modules/xstate/'] },
    },
    {
      name: 'schemas-import-only-domain',
      severity: 'error',
      from: { path: '^schemas/' },
      to: { path: '^(workflows|services|adapters|cli|world|simulation|stack|bench|test|tools)/' },
    },
    {
      name: 'services-import-only-ports-of-adapters',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(adapters/(?!ports/)|cli/|world/|simulation/|stack/|bench/|test/|tools/)' },
    },
    {
      name: 'no-service-imports-another',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'ports-import-only-words',
      severity: 'error',
      from: { path: '^adapters/ports/' },
      to: { pathNot: ['^adapters/ports/', '^domain/', '^schemas/'] },
    },
    {
      name: 'adapters-know-no-service',
      severity: 'error',
      from: { path: '^adapters/' },
      to: { path: '^(services|cli|world|simulation|stack|bench|test|tools)/' },
    },
    {
      name: 'the-world-shares-no-code-with-faultline',
      severity: 'error',
      from: { path: '^world/' },
      to: { path: '^(domain|schemas|workflows|services|adapters|cli|simulation|bench|test|tools)/' },
    },
    {
      // It plays what is shipped on a world and adapters of its own; how an installation is put together is not its business.
      name: 'the-simulation-knows-no-command',
      severity: 'error',
      from: { path: '^simulation/' },
      to: { path: '^(cli|stack)/' },
    },
    {
      // Subscribers install it alone: of ours it is built with what makes an event of a record, and nothing else.
      name: 'the-client-stands-alone',
      severity: 'error',
      from: { path: '^packages/client/' },
      to: {
        path: '^(domain|schemas|workflows|services|adapters|cli|world|simulation|stack|bench|chaos|test|tools)/',
        pathNot: '^schemas/(wire-guard|wire-format|parse-cloud-event|state-coverage)\\.ts$',
      },
    },
    {
      name: 'faultline-knows-no-client',
      severity: 'error',
      from: { path: '^(domain|schemas|workflows|services|adapters|cli|world|simulation|stack|bench|chaos)/' },
      to: { path: '^packages/client/' },
    },
    {
      // Traps of the libraries by which Faultline and its client speak to Kafka and by HTTP.
      name: 'protocols-import-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/protocols/' },
      to: { path: '^(?!packages/protocols/|node_modules/)[^/]+/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'products-import-no-tests',
      severity: 'error',
      from: { path: '^(domain|schemas|workflows|services|adapters|cli|world|simulation|stack|packages)/' },
      to: { path: '^(bench|chaos|test|tools)/' },
    },
    {
      // It breaks and counts from outside what is shipped.
      name: 'chaos-runs-faultline-as-processes',
      severity: 'error',
      from: { path: '^chaos/' },
      to: { path: '^(domain|schemas|workflows|services|adapters|cli|simulation|bench|test|tools)/' },
    },
    {
      // It measures what is shipped, from outside; of Faultline it may know the client's settings and the topics.
      name: 'the-benchmark-runs-faultline-as-a-process',
      severity: 'error',
      from: { path: '^bench/' },
      to: { path: '^(domain|workflows|services|cli|world|simulation|test|tools)/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages/client/)?(dist|coverage)/' },
  },
};
