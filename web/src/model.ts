/* The API's documents, as far as the page reads them. */
import type { Window } from './windows';
export interface Made { id: string; name: string; project: string; description: string; _link: string; _updateTimeInMicros: number; updatedBy: string }

export interface Event {
    id: string; project: string; webhook: string; pipeline: string; status: string; executionStatus: string; message: string; owner: string; imageName: string;
    tag: string; registry: string; digest: string; delivery: string; foundBy: string; confirmMessage: string; timeStampInMicros: number; attempt: number;
    trace: { webhook: string; pipeline?: string; rule: string; why: string }[]; executionLink?: string; executionIndex?: number; _heldUntilInMicros?: number; hold?: Hold | null;
    pushedBy?: { executionLink: string; name: string; executionIndex: number };
}

/* A deployment failed its verification: what is pushed to that repository waits behind it. */
export interface Hold { imageName: string; tag: string; executionLink: string; name: string; executionIndex: number; reason: string; outcome: string; waiting: number; _sinceInMicros: number }

/* What a run pushed, and the runs that this started. */
export interface RunPush { image: string; repository: string; tag: string; digest: string; executions: { executionLink: string; name: string; executionIndex: number; status: string }[] }

export interface Delivery { id: string; remote: string; format: string; verdict: string; problem: string; repeats: number; matched: boolean; pushes?: { repository: string; tag: string }[]; headers?: unknown; body?: string; _createTimeInMicros: number }

/* A pod of a rollout; reason: why it does not start, in the cluster's words. */
export interface Pod { name: string; phase: string; ready: number; containers: number; restarts: number; reason: string }

export interface Task {
    name: string; type: string; status: string; statusMessage: string; failureMessage?: string; input: Record<string, unknown>; output: Record<string, unknown>;
    endpoints: Record<string, string>; preCondition: string; ignoreFailure: boolean; _startTime?: number; _durationInMicros: number; _attempt?: number;
    _retryTime?: number; _resolved?: { action?: string; cluster?: string }; _restore?: { status: string; statusMessage: string }; _detail?: { pods?: Pod[]; kind?: string; userOperation?: string; execution?: string };
}
export interface Stage { name: string; status: string; statusMessage: string; taskOrder: string[]; tasks: Record<string, Task>; _startTime?: number; _durationInMicros: number }
export interface Execution {
    id: string; name: string; project: string; index: number; status: string; statusMessage: string; comments: string; tags: string[]; _executedBy: string; _triggeredBy: string;
    _pipelineLink: string; _requestTimeInMicros: number; _startTime?: number; _durationInMicros: number; input: Record<string, unknown>; output: Record<string, unknown>;
    stageOrder: string[]; stages: Record<string, Stage>; starred: { input?: string }; reason?: string; _rerunOfLink?: string; _rerunOfIndex?: number; _windowTime?: number;
}
/* Of a list with view=brief. */
export interface ExecutionBrief extends Omit<Execution, 'stages' | 'output' | 'stageOrder'> { _stages: { name: string; status: string }[] }

export interface TaskModel { type: string; input?: Record<string, unknown>; endpoints?: Record<string, string> }
export interface Pipeline extends Made {
    enabled: boolean; state: string; concurrency: number; input?: Record<string, string>; _inputMeta?: Record<string, { description?: string; mandatory?: boolean }>;
    options?: string[]; stageOrder?: string[]; stages?: Record<string, { taskOrder?: string[]; tasks?: Record<string, TaskModel> }>;
}

export interface Heard { _atInMicros: number; verdict: string; recognised: string; problem: string }
export interface Webhook extends Made {
    enabled: boolean; endpoint: string; pipeline: string; input: Record<string, string>; imageNameRegExPattern: string; tagNamePattern: string; verifyPush: string;
    refreshToken: string; registration: string; sweep: string; senders: string[]; runLimit: number; recentRuns: number; heldEvents: number; holds: Hold[]; whenHeld: string; repoName: string; serverType: string;
    dockerHub: { state: string; message: string }; sweepStatus: { state: string; message: string; within?: string }; webhookUrl?: string; warnings?: string[]; firstDelivery?: Heard | null; lastDelivery?: Heard | null;
}

export interface Endpoint extends Made { type: string; isRestricted: boolean; cloudProxyId?: string; properties: Record<string, string> }
export interface ProxyInstance {
    id: string; status: string; hostName: string; version: string; address: string; enrolledBy: string; _keyChangedAtInMicros: number; _lastSeenInMicros?: number;
    latencyMillis?: number; streams?: number; allow?: string[]; credentials?: string[]; receives?: boolean; journalWaiting?: number;
}
export interface CloudProxy extends Made { status: string; connected: number; endpointCount: number; instances: ProxyInstance[] }
/* What a task behind a question will do, as far as it can be told when it is asked. */
export interface Bound { task: string; action?: string; cluster?: string; yaml?: string; objects?: string[]; byTag?: string[]; unknown: string[]; problem?: string; changes?: { object: string; would: string; diff?: string }[] }
export interface UserOperation {
    id: string; _link: string; project: string; name: string; task: string; index: string; summary: string; description: string; status: string; approvers: string[]; approverGroups: string[];
    _bound: { image?: string; digest?: string; tasks?: Bound[]; notCovered?: { task: string; type: string; why: string }[] }; executionLink: string; executionIndex: number; respondedBy: string; responseMessage: string; _expiresOnInMicros: number;
    _respondedOnInMicros?: number; _mayRespond: boolean;
}
export interface Variable extends Made { type: string; value: string }
export interface Integration extends Made { version: string; status: string; yaml: string; changeLog: string; sourceVersion: string; latest: boolean }
export interface Token { id: string; name: string; orgRole: string; serviceRole: string; revoked: boolean; createdAt: string; expiresAt?: string; usedAt?: string; token?: string }

/* Its time goes on. */
export const goes = (status: string) => status === 'RUNNING' || status === 'WAITING';
export const LIVE = ['QUEUED', 'RUNNING', 'STARTED', 'WAITING', 'PAUSED', 'PAUSING', 'RESUMING', 'CANCELING', 'NOT_STARTED', 'ROLLING_BACK'];
export const isLive = (status: string) => LIVE.includes(status);

/* "A,B" in an order means side by side. */
export const lanes = (order: string[] | undefined, all: object) => (order?.length ? order : Object.keys(all)).map((names) => names.split(',').map((n) => n.trim()));

/* "/codestream/api/executions/ID" is this page's /executions/ID. */
export const pageOf = (link: string) => link.replace('/codestream/api', '');

export interface Project { id: string; name: string; description: string; windows?: Window[] }
export interface Freeze { id: string; project: string; name: string; description: string; from: string; to: string; timeZone: string; pipelines: string[]; tags: string[]; _state: 'COMING' | 'ACTIVE' | 'OVER' }
export interface Member { userId: string; name: string; email: string; role: string }
export interface User { id: string; name: string; email: string; kind: string; orgRole: string; serviceRole: string; disabled: boolean; hasPassword: boolean }
