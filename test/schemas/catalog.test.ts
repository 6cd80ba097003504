import { describe, expect, it } from 'vitest';
import { classOfFaultType } from '../../domain/fault.js';
import {
  catalog,
  deadLetterTopic,
  eventOfTopic,
  faultTopic,
  inputTopics,
  topicsOf,
  topicsOfEvent,
} from '../../schemas/catalog.js';
import { allEvents } from '../../schemas/codec.js';

describe('the catalog', () => {
  it('has a topic for every event, and each leads back to it', () => {
    for (const event of allEvents) {
      expect(topicsOfEvent(event).length).toBeGreaterThan(0);
      for (const topic of topicsOfEvent(event)) expect(eventOfTopic(topic)).toBe(event);
    }
  });

  it('gives every topic that maintenance reads its dead letters', () => {
    expect(inputTopics).toEqual(['fault.reports', 'maintenance.signals', 'migration.replies']);
    const names = catalog.map((entry) => entry.topic);
    expect(names).toEqual(expect.arrayContaining(inputTopics.map(deadLetterTopic)));
    expect(new Set(names).size).toBe(names.length);
  });

  it('publishes every class of faults on a topic of its own', () => {
    for (const faultClass of Object.values(classOfFaultType)) {
      expect(eventOfTopic(faultTopic(faultClass))).toBe('FaultChanged');
    }
  });

  it('has one partition count for all topics', () => {
    expect(new Set(topicsOf(12).map((topic) => topic.partitions))).toEqual(new Set([12]));
    expect(() => topicsOf(0)).toThrow(/at least 1/);
    expect(() => topicsOf(1.5)).toThrow(/whole number/);
  });
});
