import { readFileSync } from 'node:fs';
import { subscribeToKafka } from '@faultline/client';

const { BROKERS = '', REGISTRY = '', AUTHORITY = '', USER_NAME = '', PASSWORD = '' } = process.env;

const subscription = subscribeToKafka({
  kafka: {
    brokers: BROKERS.split(','),
    ssl: { ca: readFileSync(AUTHORITY, 'utf8') },
    sasl: { mechanism: 'scram-sha-512', username: USER_NAME, password: PASSWORD },
  },
  registry: { url: REGISTRY },
  group: `${USER_NAME}.tickets`,
  topics: ['fault.hardware', 'maintenance.outcomes'],
  onEvent: (event) => {
    switch (event.type) {
      case 'FaultChanged':
        process.stdout.write(`${event.id} ${event.node} ${event.data.type} ${event.data.change}\n`);
        break;
      case 'ProcessEnded':
        process.stdout.write(`${event.id} ${event.node} ${event.data.workflow} ${event.data.outcome}\n`);
        break;
      default:
        break;
    }
  },
  onTrouble: (message) => process.stderr.write(`${message}\n`),
});
process.once('SIGTERM', () => void subscription.stop());
await subscription.ended;
