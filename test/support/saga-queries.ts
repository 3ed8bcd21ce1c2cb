import type { SagaQuery } from '../../src/ports/saga-index.ts';

/** Every saga, whatever its kind and state. */
export const EVERY_SAGA: SagaQuery = {
  kind: null,
  status: null,
  id: null,
  isOpen: null,
  openedBeforeMs: null,
  offset: 0,
  limit: 100,
};
