/** Name of the database in the folder of a log. */
export const LOG_FILE = 'events.sqlite';
