/** Name of a projection's table in the file. */
export function nameOfTable(generation: number, table: string): string {
  return `g${generation}_${table}`;
}

/** Name of the index of words of a projection's table. */
export function nameOfWords(generation: number, table: string): string {
  return `${nameOfTable(generation, table)}_words`;
}

/** Name of what tells which words there are in the index of words of a projection's table. */
export function nameOfVocabulary(generation: number, table: string): string {
  return `${nameOfTable(generation, table)}_vocabulary`;
}

/** Name of the index of what lists of a projection's table are ordered by. */
export function nameOfOrders(generation: number, table: string): string {
  return `${nameOfTable(generation, table)}_orders`;
}
