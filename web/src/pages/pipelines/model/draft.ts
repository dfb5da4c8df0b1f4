/* A pipeline while it is edited: the API's JSON, loosely typed, so that what this page does not know is kept whole. Every function
 * returns a new draft and leaves what did not change as it was, the same object. Pure. */

export interface TaskDraft {
    type: string; input?: Record<string, unknown>; endpoints?: Record<string, string>; preCondition?: string; ignoreFailure?: boolean;
    [other: string]: unknown;
}
export interface StageDraft { taskOrder?: string[]; tasks?: Record<string, TaskDraft>; description?: string; tags?: string[]; [other: string]: unknown }
export interface PipelineDraft {
    name: string; project: string; description?: string; enabled?: boolean; concurrency?: number; concurrencyPolicy?: string; options?: string[]; input?: Record<string, unknown>; output?: Record<string, unknown>;
    stageOrder?: string[]; stages?: Record<string, StageDraft>; rollbacks?: Rollback[]; notifications?: Notifications; [other: string]: unknown;
}
export interface Rollback { stage: string; task?: string; name: string; inputs?: Record<string, unknown>; [other: string]: unknown }
export interface Entry { event: string; stage?: string; task?: string; [other: string]: unknown }
export interface Notifications { [kind: string]: Entry[] | undefined }

export interface Place { stage: string; task?: string }

/* What a stage or task may be called, as Code Stream has it: letters, digits, space, "-", "_"; no dot, which parts a reference. */
export const NAME = /^[\p{L}\p{N} _-]{1,80}$/u;

export const stageNames = (d: PipelineDraft): string[] => {
    const all = Object.keys(d.stages ?? {}), order = (d.stageOrder ?? []).filter((name) => all.includes(name));
    return [...order, ...all.filter((name) => !order.includes(name))];
};

/* The rows of a stage, each with the tasks that run side by side. */
export function rowsOf(stage: StageDraft | undefined): string[][] {
    const all = Object.keys(stage?.tasks ?? {});
    const rows = (stage?.taskOrder ?? []).map((row) => row.split(',').map((name) => name.trim()).filter((name) => all.includes(name))).filter((row) => row.length);
    const known = new Set(rows.flat());
    return [...rows, ...all.filter((name) => !known.has(name)).map((name) => [name])];
}
const orderOf = (rows: string[][]): string[] => rows.filter((row) => row.length).map((row) => row.join(','));

export const taskAt = (d: PipelineDraft, at: Place): TaskDraft | undefined => (at.task === undefined ? undefined : d.stages?.[at.stage]?.tasks?.[at.task]);
export const isDockerStarted = (d: PipelineDraft): boolean => (d.options ?? []).includes('DOCKER_TRIGGER') || Object.keys(d.input ?? {}).some((name) => name.startsWith('DOCKER_'));

/* "Task", "Task 2", ... : the first that is free. */
export function freeName(taken: string[], wish: string): string {
    for (let n = 1; ; n++) {
        const name = n === 1 ? wish : `${wish} ${n}`;
        if (!taken.includes(name)) return name;
    }
}

const withStage = (d: PipelineDraft, name: string, stage: StageDraft): PipelineDraft => ({ ...d, stageOrder: stageNames(d), stages: { ...d.stages, [name]: stage } });

// ---- what stands beside stages and tasks and names them: rollbacks and notifications

/* Each follows its stage or task to where "follow" says; null: what it was for is gone, and so is it. */
function withPlaces(d: PipelineDraft, follow: (at: Place) => Place | null): PipelineDraft {
    const moved = <T extends { stage?: string; task?: string }>(all: T[]): T[] => all.flatMap((one) => {
        if (!one.stage) return [one];
        const at: Place = { stage: one.stage, ...(one.task ? { task: one.task } : {}) }, to = follow(at);
        return !to ? [] : to === at ? [one] : [{ ...one, ...to }];
    });
    const kept = (all: Entry[] | undefined) => (Array.isArray(all) ? moved(all) : all);
    return { ...d, ...(Array.isArray(d.rollbacks) ? { rollbacks: moved(d.rollbacks) } : {}),
        ...(d.notifications ? { notifications: Object.fromEntries(Object.entries(d.notifications).map(([kind, all]) => [kind, kept(all)])) } : {}) };
}

const isOf = (one: { stage?: string; task?: string }, at: Place) => one.stage === at.stage && (one.task || undefined) === at.task;
export const rollbackIndex = (d: PipelineDraft, at: Place): number => (Array.isArray(d.rollbacks) ? d.rollbacks : []).findIndex((one) => isOf(one, at));
export const rollbackOf = (d: PipelineDraft, at: Place): Rollback | undefined => d.rollbacks?.[rollbackIndex(d, at)];

/* null: none. What an entry has beside name and inputs stays. */
export function withRollback(d: PipelineDraft, at: Place, some: Partial<Rollback> | null): PipelineDraft {
    const all = Array.isArray(d.rollbacks) ? d.rollbacks : [], index = rollbackIndex(d, at);
    const { rollbacks: _old, ...rest } = d;
    if (!some) return index < 0 ? d : all.length > 1 ? { ...d, rollbacks: all.filter((_, i) => i !== index) } : rest as PipelineDraft;
    const made = { ...(all[index] ?? { stage: at.stage, ...(at.task === undefined ? {} : { task: at.task }), name: '' }), ...some };
    if (made.inputs === undefined) delete made.inputs;
    return { ...d, rollbacks: index < 0 ? [...all, made] : all.map((one, i) => (i === index ? made : one)) };
}

/* undefined: the entry goes; index behind the last: a new one. A list or table that becomes empty goes too. */
export function withEntry(d: PipelineDraft, kind: string, index: number, entry: Entry | undefined): PipelineDraft {
    const old = d.notifications?.[kind] ?? [];
    const list = entry === undefined ? old.filter((_, i) => i !== index) : index < old.length ? old.map((one, i) => (i === index ? entry : one)) : [...old, entry];
    const { [kind]: _gone, ...others } = d.notifications ?? {};
    const all: Notifications = list.length ? (d.notifications && kind in d.notifications ? { ...d.notifications, [kind]: list } : { ...others, [kind]: list }) : others;
    const { notifications: _old, ...rest } = d;
    return Object.keys(all).length ? { ...d, notifications: all } : rest as PipelineDraft;
}

// ---- stages

export function addStage(d: PipelineDraft, wish: string): [PipelineDraft, Place] {
    const name = freeName(stageNames(d), wish);
    return [{ ...d, stageOrder: [...stageNames(d), name], stages: { ...d.stages, [name]: { taskOrder: [], tasks: {} } } }, { stage: name }];
}

export function removeStage(d: PipelineDraft, name: string): PipelineDraft {
    const { [name]: _gone, ...stages } = d.stages ?? {};
    return withPlaces({ ...d, stageOrder: stageNames(d).filter((n) => n !== name), stages }, (at) => (at.stage === name ? null : at));
}

export function moveStage(d: PipelineDraft, name: string, by: -1 | 1): PipelineDraft {
    const order = stageNames(d), at = order.indexOf(name), to = at + by;
    if (at < 0 || to < 0 || to >= order.length) return d;
    order.splice(at, 1);
    order.splice(to, 0, name);
    return { ...d, stageOrder: order };
}

export const changeStage = (d: PipelineDraft, name: string, some: Partial<StageDraft>): PipelineDraft => withStage(d, name, { ...d.stages?.[name], ...some });

// ---- tasks

/* after: the row behind which it goes; -1: first. beside: into that row. */
export function addTask(d: PipelineDraft, stage: string, wish: string, where: { after: number } | { beside: number }, task: TaskDraft): [PipelineDraft, Place] {
    const old = d.stages?.[stage] ?? {};
    const name = freeName(Object.keys(old.tasks ?? {}), wish), rows = rowsOf(old);
    if ('beside' in where && rows[where.beside]) rows[where.beside] = [...rows[where.beside]!, name];
    else rows.splice('after' in where ? where.after + 1 : rows.length, 0, [name]);
    return [withStage(d, stage, { ...old, taskOrder: orderOf(rows), tasks: { ...old.tasks, [name]: task } }), { stage, task: name }];
}

function takeOut(d: PipelineDraft, at: Place): PipelineDraft {
    const old = d.stages?.[at.stage];
    if (!old || at.task === undefined) return d;
    const { [at.task]: _gone, ...tasks } = old.tasks ?? {};
    return withStage(d, at.stage, { ...old, taskOrder: orderOf(rowsOf(old).map((row) => row.filter((n) => n !== at.task))), tasks });
}

export const removeTask = (d: PipelineDraft, at: Place): PipelineDraft => withPlaces(takeOut(d, at), (one) => (one.stage === at.stage && one.task === at.task ? null : one));

/* A key that becomes undefined goes. */
export function changeTask(d: PipelineDraft, at: Place, some: Partial<TaskDraft>): PipelineDraft {
    const old = d.stages?.[at.stage], task = taskAt(d, at);
    if (!old || !task) return d;
    const next = Object.fromEntries(Object.entries({ ...task, ...some }).filter(([key, value]) => value !== undefined || !(key in some))) as TaskDraft;
    return withStage(d, at.stage, { ...old, tasks: { ...old.tasks, [at.task!]: next } });
}

/* To another place, also in another stage: behind row "after", or into row "beside" (rows as they are before the move). */
export function moveTask(d: PipelineDraft, from: Place, stage: string, where: { after: number } | { beside: number }): [PipelineDraft, Place] {
    const task = taskAt(d, from);
    if (!task) return [d, from];
    const same = from.stage === stage, rows = rowsOf(d.stages?.[stage]);
    const row = same ? rows.findIndex((r) => r.includes(from.task!)) : -1, alone = row >= 0 && rows[row]!.length === 1;
    if ('beside' in where && where.beside === row) return [d, from];
    const shift = (at: number) => (alone && at >= row && row >= 0 ? at - 1 : at);
    const to = 'beside' in where ? { beside: alone && where.beside > row ? where.beside - 1 : where.beside } : { after: shift(where.after) };
    const [next, at] = addTask(takeOut(d, from), stage, from.task!, to, task);
    return [withPlaces(next, (one) => (one.stage === from.stage && one.task === from.task ? at : one)), at];
}

/* One step for the keyboard: up, down, or to the stage before or behind. */
export function stepTask(d: PipelineDraft, at: Place, way: 'up' | 'down' | 'left' | 'right'): [PipelineDraft, Place] {
    const rows = rowsOf(d.stages?.[at.stage]), row = rows.findIndex((r) => r.includes(at.task ?? '')), alone = rows[row]?.length === 1;
    if (row < 0) return [d, at];
    if (way === 'up') return alone ? (row ? moveTask(d, at, at.stage, { after: row - 2 }) : [d, at]) : moveTask(d, at, at.stage, { after: row - 1 });
    if (way === 'down') return alone ? (row < rows.length - 1 ? moveTask(d, at, at.stage, { after: row + 1 }) : [d, at]) : moveTask(d, at, at.stage, { after: row });
    const order = stageNames(d), to = order[order.indexOf(at.stage) + (way === 'left' ? -1 : 1)];
    return to === undefined ? [d, at] : moveTask(d, at, to, { after: rowsOf(d.stages?.[to]).length - 1 });
}

// ---- renaming: references follow

function mapTexts(value: unknown, change: (text: string) => string): unknown {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map((v) => mapTexts(v, change));
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, mapTexts(v, change)]));
    return value;
}

const renamed = (text: string, from: string, to: string): string => text.split('${' + from + '.').join('${' + to + '.');

const inOrder = <T>(all: Record<string, T> | undefined, from: string, to: string): Record<string, T> => Object.fromEntries(Object.entries(all ?? {}).map(([k, v]) => [k === from ? to : k, v]));

export function renameStage(d: PipelineDraft, from: string, to: string): PipelineDraft {
    const next = mapTexts(d, (text) => renamed(text, from, to)) as PipelineDraft;
    return withPlaces({ ...next, stageOrder: stageNames(d).map((n) => (n === from ? to : n)), stages: inOrder(next.stages, from, to) }, (at) => (at.stage === from ? { ...at, stage: to } : at));
}

export function renameTask(d: PipelineDraft, at: Place, to: string): PipelineDraft {
    const from = at.task ?? '', next = mapTexts(d, (text) => renamed(text, `${at.stage}.${from}`, `${at.stage}.${to}`)) as PipelineDraft;
    const stage = next.stages?.[at.stage];
    const made = withStage(next, at.stage, { ...stage, taskOrder: orderOf(rowsOf(d.stages?.[at.stage]).map((row) => row.map((n) => (n === from ? to : n)))), tasks: inOrder(stage?.tasks, from, to) });
    return withPlaces(made, (one) => (one.stage === at.stage && one.task === from ? { ...one, task: to } : one));
}

// ---- what is missing

export interface Missing { at: Place; field: string }

const NEEDED: Record<string, string[]> = { Condition: ['condition'], Jenkins: ['job'], REST: ['action', 'url'], POLL: ['url', 'exitCriteria'], SSH: ['script', 'host', 'username'], PowerShell: ['script', 'host', 'username'] };

/* What a task cannot run without; the server knows the rest. */
export function missingOf(task: TaskDraft): string[] {
    const input = task.input ?? {};
    if (task.type === 'Image' && String(input.action ?? '').toLowerCase() === 'retag' && !input.tags) return ['tags'];
    if (task.type === 'Jenkins' && !task.endpoints?.jenkinsServer) return ['jenkinsServer'];
    if (task.type !== 'K8S') return task.type ? (NEEDED[task.type] ?? []).filter((name) => String(input[name] ?? '').trim() === '') : ['type'];
    const action = String(input.action ?? '').toUpperCase(), has = (name: string) => String(input[name] ?? '').trim() !== '';
    const missing: string[] = [];
    if (!task.endpoints?.kubernetesServer) missing.push('kubernetesServer');
    if (!action) missing.push('action');
    if (action === 'ROLLBACK') missing.push(...['resourceType', 'resourceName'].filter((name) => !has(name)));
    else if (action && !has('yaml') && !has('filePath') && !has('filepath')) missing.push('yaml');
    return missing;
}
