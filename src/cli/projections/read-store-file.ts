/** Name of the read store in the data folder: what projections make of the log, and can make again. */
export const READ_STORE_FILE = 'views.sqlite';
