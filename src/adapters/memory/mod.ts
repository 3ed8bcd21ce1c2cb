export {
  type CommitChoice,
  createMemoryEventLog,
  type MemoryEventLog,
  type MemoryEventLogOptions,
} from './memory-event-log.ts';
