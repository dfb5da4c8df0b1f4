/* A pipeline as a list shows it. */
import type { Made, Pipeline } from '../../model';

export interface RunBrief { id: string; index: number; status: string; _requestTimeInMicros: number; _durationInMicros: number }
export interface Brief extends Made {
    enabled: boolean; state: string; global: boolean; _stageCount: number; _taskCount: number; _lastRuns: RunBrief[];
    input?: Record<string, unknown>; _inputMeta?: Pipeline['_inputMeta'];
}

/* Disabled and never run is what Code Stream calls a draft. */
export const isDraft = (p: Brief) => !p.enabled && !p._lastRuns.length;
