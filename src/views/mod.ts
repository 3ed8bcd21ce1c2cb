/** Declared views: compile one, and let its operator take events and tell which rows change. */
export { type CompiledView, compileView } from './compiled-view.ts';
export {
  finishRow,
  type InputEvent,
  type OperatorListener,
  type OperatorStore,
  type RowChange,
  type StoredPane,
  ViewOperator,
} from './view-operator.ts';
export { type EncodedWatermark, Watermark } from './watermark.ts';
