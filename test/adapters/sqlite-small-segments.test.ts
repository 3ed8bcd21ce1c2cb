import { describeEventLogContract } from '../contracts/event-log.contract.ts';
import { sqliteLogOpener } from '../contracts/sqlite-log-opener.ts';

const open = sqliteLogOpener({ tailLimit: 5, knownRevisionLimit: 3 });

describeEventLogContract('the SQLite log with an index of many small segments', open, 6);
