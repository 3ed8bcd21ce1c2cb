import { measureParts, type Suite } from '../suite.ts';
import { measureCpu } from './cpu.ts';
import { measureGrowth } from './growth.ts';
import { measureHttp } from './http.ts';
import { measureRestart } from './restart.ts';

const PARTS: Readonly<Record<string, Suite>> = {
  http: measureHttp,
  cpu: measureCpu,
  growth: measureGrowth,
  restart: measureRestart,
};

/** The engine: what an authorization costs, with and without HTTP, and what does not grow. */
export const runEngineSuite: Suite = (options) => measureParts('engine', PARTS, options);
