/* A pipeline between the page and the server: what is its definition, what changed, and what the server says of it. */
import { type Finding, P, call } from '../../api';
import type { PipelineDraft } from './model/draft';

export interface Saved extends PipelineDraft { id: string; version: string; state: string; enabled: boolean; updatedBy: string; _updateTimeInMicros: number; _warnings?: Finding[] }

/* What the server makes; never sent back. "state" neither: "enabled" says it, and a released pipeline stays released. */
const MADE = ['id', 'version', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', '_link', '_createTimeInMicros', '_updateTimeInMicros', '_createdBy', '_updatedBy', '_projectId', '_warnings', 'state'];

export const definitionOf = (draft: PipelineDraft): PipelineDraft => Object.fromEntries(Object.entries(draft).filter(([key]) => !MADE.includes(key))) as PipelineDraft;
const madeOf = (draft: PipelineDraft) => Object.fromEntries(Object.entries(draft).filter(([key]) => MADE.includes(key)));

/* The order of keys means nothing, but for inputs and outputs, whose order is what people see. */
function sorted(value: unknown, keep = false): unknown {
    if (Array.isArray(value)) return value.map((one) => sorted(one));
    if (!value || typeof value !== 'object') return value;
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    if (!keep) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([k, v]) => [k, sorted(v, k === 'input' || k === 'output')]);
}
/* What is not written is what it stands for, so that writing it out is no change. */
const whole = (draft: PipelineDraft) => ({ description: '', global: false, concurrency: 10, enabled: false, kind: 'PIPELINE', ...definitionOf(draft) });
export const same = (a: PipelineDraft, b: PipelineDraft) => a === b || JSON.stringify(sorted(whole(a))) === JSON.stringify(sorted(whole(b)));

/* The definition of "text" over what is saved: ids and times stay. */
export const withDefinition = (draft: PipelineDraft, definition: PipelineDraft): PipelineDraft => ({ ...madeOf(draft), ...definition } as PipelineDraft);

// ---- asked of the server: only it reads YAML as it will be read

export interface Checked { pipeline: PipelineDraft | null; yaml: string; problems: Finding[] }

export const checkDraft = (draft: PipelineDraft, enabling = false, signal?: AbortSignal) => call<Checked>('POST', `${P}/pipeline-drafts`, { pipeline: definitionOf(draft), enabling }, signal);
export const checkText = (yaml: string, signal?: AbortSignal) => call<Checked>('POST', `${P}/pipeline-drafts`, { yaml }, signal);

export const save = (draft: PipelineDraft) => ('id' in draft
    ? call<Saved>('PUT', `${P}/pipelines/${String(draft.id)}`, definitionOf(draft))
    : call<Saved>('POST', `${P}/pipelines`, definitionOf(draft)));

export const exportPath = (p: { name: string; project: string }) => `${P}/export?pipelines=${encodeURIComponent(p.name)}&project=${encodeURIComponent(p.project)}`;

/* A file that the browser keeps. A link to the export would carry no session. */
export async function download(p: { name: string; project: string }): Promise<void> {
    const text = await call<string>('GET', exportPath(p));
    const url = URL.createObjectURL(new Blob([text], { type: 'application/x-yaml' }));
    const link = Object.assign(document.createElement('a'), { href: url, download: `${p.name.replace(/[^\p{L}\p{N} ._-]/gu, '_')}.yaml` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// ---- new ones

const NO_INPUTS = { DOCKER_EVENT_OWNER_NAME: '', DOCKER_IMAGE: '', DOCKER_REPO_NAME: '', DOCKER_REPO_NAMESPACE: '', DOCKER_TAG: '' };
/* What a webhook for Docker fills in: Code Stream's five, then ours. */
export const DOCKER_INPUTS: Record<string, string> = { ...NO_INPUTS, DOCKER_REGISTRY: '', DOCKER_DIGEST: '' };

const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: default
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: \${input.DOCKER_IMAGE}:\${input.DOCKER_TAG}
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: default
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: 8080
`;

export function newPipeline(template: 'blank' | 'docker', project: string): PipelineDraft {
    const blank = { kind: 'PIPELINE', project, name: '', description: '', enabled: false, concurrency: 10, stageOrder: [], stages: {} };
    if (template === 'blank') return blank;
    const task = { type: 'K8S', endpoints: { kubernetesServer: '' }, input: { action: 'APPLY', timeout: 5, yaml: MANIFEST } };
    return { ...blank, concurrency: 1, options: ['DOCKER_TRIGGER'], input: { ...DOCKER_INPUTS }, starred: { input: 'DOCKER_TAG' },
        stageOrder: ['Deploy'], stages: { Deploy: { taskOrder: ['Apply'], tasks: { Apply: task } } } };
}
