import { clusterName } from './bench-site.js';
import { productNodes } from './fleet.js';

/** Every so-manieth report opens a fault, and as many clear one again, so that there is always one to open. */
const oneInFifty = 50;

const openingTypes = [
  'CpuFailure',
  'MemoryFailure',
  'PowerFailure',
  'NetworkFailure',
  'KernelDeadlock',
  'ReadonlyFilesystem',
  'NodeNotReady',
  'RuntimeUnhealthy',
  'KubeletUnhealthy',
];

/** How many openings before a fault is cleared: long enough for its process to have ended. */
const openFor = 1_000;

/**
 * Distinct reports without end, as agents write them: each with its own sequence number and words. 2 % open a fault,
 * 2 % clear one, the others say once more what is known already.
 */
export class ReportStream {
  #number = 0;
  #opened = 0;

  /** How many of the reports given out so far open a fault. */
  get opened(): number {
    return this.#opened;
  }

  /** One report per node that opens the fault which most of the others repeat. */
  beginning(): readonly string[] {
    return productNodes.map((node) => this.#line(node, 'DiskFailure', 'firing'));
  }

  next(count: number): readonly string[] {
    return Array.from({ length: count }, () => this.#one());
  }

  #one(): string {
    const place = this.#number % oneInFifty;
    if (place === 10) {
      const [node, type] = pairOf(this.#opened);
      this.#opened += 1;
      return this.#line(node, type, 'firing');
    }
    if (place === 35 && this.#opened > openFor) {
      const [node, type] = pairOf(this.#opened - openFor - 1);
      return this.#line(node, type, 'cleared');
    }
    return this.#line(productNodes[this.#number % productNodes.length] ?? '', 'DiskFailure', 'firing');
  }

  #line(node: string, type: string, status: 'firing' | 'cleared'): string {
    this.#number += 1;
    const sequence = this.#number;
    return `{"cluster":"${clusterName}","node":"${node}","type":"${type}","status":"${status}","source":"agent","sequence":${sequence},"observedAt":"2026-11-24T10:00:00Z","message":"smartd: device sda, ${sequence} currently unreadable sectors","evidence":{"device":"sda","count":"${sequence}"}}`;
  }
}

/** Nodes in a mixed order, so that neighbours in the log are not neighbours in time. */
function pairOf(opening: number): readonly [node: string, type: string] {
  const node = productNodes[(opening * 331) % productNodes.length] ?? '';
  const type = openingTypes[Math.floor(opening / productNodes.length) % openingTypes.length] ?? '';
  return [node, type];
}
