import { creating } from './cases/creating.js';
import { deleting } from './cases/deleting.js';
import { evicting } from './cases/evicting.js';
import { leaseCases } from './cases/leases.js';
import { listing } from './cases/listing.js';
import { nodePatches } from './cases/node-patches.js';
import { nodeValidity } from './cases/node-validity.js';
import { pathsAndAccess } from './cases/paths-and-access.js';
import { podCases } from './cases/pods.js';
import { updating } from './cases/updating.js';
import { watching } from './cases/watching.js';
import type { ContractCase } from './contract-case.js';

export const casesByTopic: Readonly<Record<string, readonly ContractCase[]>> = {
  'patching nodes': nodePatches,
  'what nodes may be': nodeValidity,
  creating,
  updating,
  deleting,
  evicting,
  pods: podCases,
  leases: leaseCases,
  listing,
  watching,
  'paths and access': pathsAndAccess,
};
