export { type HubServer, startHubServer } from './hub-server.ts';
