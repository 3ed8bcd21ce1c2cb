export { type EventStoreLogOptions, openEventStoreLog } from './eventstoredb-log.ts';
