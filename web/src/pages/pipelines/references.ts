/* What may stand between ${ and }, as far as a draft tells; and what is written at a place of its YAML. */
import type { Complete, Completion } from '../../editor';
import { type PipelineDraft, stageNames } from './model/draft';

/* What a task of this type leaves behind (docs of Code Stream); K8S is what runs here. */
const OUTPUTS: Record<string, string[]> = {
    K8S: ['output.response'], REST: ['output.responseBody', 'output.responseJson', 'output.responseHeaders', 'output.status'], POLL: ['output.responseBody', 'output.responseJson', 'output.status'],
    CI: ['output.exports', 'output.artifacts'], SSH: ['output.response', 'output.exitCode'], PowerShell: ['output.response', 'output.exitCode'], Pipeline: ['output.outputProperties', 'output.executionStatus'],
    UserOperation: ['output.respondedBy', 'output.comments'], Condition: ['output.result'], Image: ['output.image', 'output.digest', 'output.target'],
};
const DEFAULTS = ['name', 'requestBy', 'executionId', 'executionIndex', 'executionUrl', 'status', 'statusMessage', 'comments'];

export const inputReferences = (d: PipelineDraft) => Object.keys(d.input ?? {}).map((name) => `input.${name}`);

export function taskReferences(d: PipelineDraft): string[] {
    return stageNames(d).flatMap((stage) => Object.entries(d.stages?.[stage]?.tasks ?? {}).flatMap(([name, task]) =>
        [...(OUTPUTS[task.type] ?? ['output']), 'status'].map((what) => `${stage}.${name}.${what}`)));
}

export const references = (d: PipelineDraft) => [...inputReferences(d), ...taskReferences(d), ...DEFAULTS];

// ---- completion of YAML

const KEYS = ['project', 'kind', 'name', 'description', 'enabled', 'concurrency', 'concurrencyPolicy', 'onFailedVerification', 'windows', 'options', 'tags', 'icon', 'input', '_inputMeta', 'output', 'starred', 'workspace', 'stageOrder', 'stages', 'notifications', 'rollbacks'];
const TASK_KEYS = ['type', 'ignoreFailure', 'preCondition', 'endpoints', 'input', 'timeout', 'retries', 'onCrash', 'description'];
const K8S_INPUT = ['action', 'timeout', 'yaml', 'continueOnConflict', 'filterByLabel', 'namespace', 'resourceType', 'resourceName', 'revision', 'pinImages', 'force', 'imagePullSecret'];
const TYPES = Object.keys(OUTPUTS);
const VALUES: Record<string, string[]> = {
    onFailedVerification: ['restoreAndHold', 'restore', 'hold'], type: TYPES, action: ['APPLY', 'CREATE', 'GET', 'DELETE', 'ROLLBACK'], kind: ['PIPELINE'], enabled: ['true', 'false'], ignoreFailure: ['true', 'false'],
    continueOnConflict: ['true', 'false'], pinImages: ['true', 'false'], onCrash: ['retry', 'fail'], resourceType: ['Deployment', 'StatefulSet', 'DaemonSet'],
};

/* The keys that a line stands under, outermost first: by indentation, which is how the server writes them. */
function pathOf(text: string, at: number, indent: number): string[] {
    const path: string[] = [];
    let inner = indent;
    const above = text.slice(0, at).split('\n');
    for (let i = above.length - 1; i >= 0 && inner > 0; i--) {
        const found = /^( *)([^\s#'"-][^:]*):/.exec(above[i]!);
        if (!found || found[1]!.length >= inner) continue;
        inner = found[1]!.length;
        path.unshift(found[2]!);
    }
    return path;
}

const keysAt = (path: string[]): string[] => (!path.length ? KEYS : path[0] !== 'stages' ? [] : path.length === 2 ? ['taskOrder', 'tasks'] : path.length === 4 ? TASK_KEYS
    : path.length === 5 && path[4] === 'input' ? K8S_INPUT : path.length === 5 && path[4] === 'endpoints' ? ['kubernetesServer'] : []);

const option = (type: string, close = '') => (label: string): Completion => ({ label, type, ...(close ? { apply: label + close } : {}) });

export function completeWith(draft: () => PipelineDraft, variables: () => string[], endpoints: () => string[]): Complete {
    return (line, text, at) => {
        const open = line.lastIndexOf('${');
        if (open >= 0 && !line.slice(open).includes('}')) return { from: open + 2, options: [...references(draft()), ...variables().map((v) => `var.${v}`)].map(option('variable', '}')) };
        const value = /^ *(?:- )?(\w+): +(\S*)$/.exec(line);
        if (value) {
            const known = value[1] === 'kubernetesServer' ? endpoints() : VALUES[value[1]!] ?? [];
            return known.length ? { from: line.length - value[2]!.length, options: known.map(option('constant')) } : null;
        }
        const order = /^( *)- +(.*)$/.exec(line);
        if (order) {
            const path = pathOf(text, at, order[1]!.length + 1), last = path[path.length - 1];
            const names = last === 'stageOrder' ? stageNames(draft()) : last === 'taskOrder' ? Object.keys(draft().stages?.[path[1] ?? '']?.tasks ?? {}) : last === 'options' ? ['DOCKER_TRIGGER'] : [];
            return names.length ? { from: line.length - order[2]!.length, options: names.map(option('constant')) } : null;
        }
        const key = /^( *)(\w*)$/.exec(line);
        const keys = key ? keysAt(pathOf(text, at, key[1]!.length)) : [];
        return key && keys.length ? { from: key[1]!.length, options: keys.map(option('property', ': ')) } : null;
    };
}
