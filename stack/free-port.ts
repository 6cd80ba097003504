export { freePort, freePorts } from '../adapters/loopback/free-port.js';
