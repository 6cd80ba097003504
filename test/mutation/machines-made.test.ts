import { expect, it } from 'vitest';

// Imported within the test: a file that can't even be loaded has no test that fails, and a mutant in it would seem to live.
it('every machine can be made, and every version that is active is one of them', async () => {
  const { activeVersion, begin, knowsWorkflow } = await import('../../workflows/catalog.js');
  const { contextOf } = await import('../workflows/workflow-spec.js');
  const { workflowNames } = await import('../../domain/node-state.js');
  for (const workflow of workflowNames) {
    const version = activeVersion[workflow];
    expect(knowsWorkflow(workflow, version)).toBe(true);
    expect(begin(workflow, version, contextOf()).stage).not.toBe('');
  }
});
