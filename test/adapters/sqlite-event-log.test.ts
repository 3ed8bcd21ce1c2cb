import { describeEventLogContract } from '../contracts/event-log.contract.ts';
import { sqliteLogOpener } from '../contracts/sqlite-log-opener.ts';

describeEventLogContract('the SQLite log', sqliteLogOpener({}), 2);
