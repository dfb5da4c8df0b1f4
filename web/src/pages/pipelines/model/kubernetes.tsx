/* The Kubernetes task: cluster, action, and what is put there. */
import { useRef, useState } from 'preact/hooks';
import { list, may } from '../../../api';
import { useLoaded } from '../../../loading';
import type { Endpoint } from '../../../model';
import { Choice, Field, Text } from '../../../parts';
import { go } from '../../../router';
import { t } from '../../../texts';
import { EndpointForm } from '../../endpoints/form';
import { type PipelineDraft, type Place, changeTask, isDockerStarted, rowsOf, stageNames } from './draft';
import { Pairs } from './pairs';
import type { TaskProps } from './task';
import { webhookBody } from './webhook_body';

const ACTIONS = [['GET', 'actionGet'], ['CREATE', 'actionCreate'], ['APPLY', 'actionApply'], ['DELETE', 'actionDelete'], ['ROLLBACK', 'actionRollback']] as const;
const YAML_MOST = 512 * 1024;

const TEMPLATE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: \${input.DOCKER_IMAGE}:\${input.DOCKER_TAG}
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`;

interface Part { input: Record<string, unknown>; set: (some: Record<string, unknown>) => void; readOnly: boolean }
const textOf = (value: unknown) => (value === undefined || value === null ? '' : String(value));
const isOn = (value: unknown, standard: boolean) => (value === undefined || value === '' ? standard : String(value) === 'true');

function Check({ label, name, standard, input, set, readOnly }: Part & { label: string; name: string; standard: boolean }) {
    return <label class="check"><input type="checkbox" disabled={readOnly} checked={isOn(input[name], standard)} onChange={(e) => set({ [name]: e.currentTarget.checked })} /><span>{label}</span></label>;
}

function Plain({ label, hint, name, input, set, readOnly }: Part & { label: string; hint?: string; name: string }) {
    return <Field label={label} hint={hint}><Text value={textOf(input[name])} disabled={readOnly} set={(v) => set({ [name]: v })} /></Field>;
}

// ---- cluster and registry

function Endpoints({ draft, change, readOnly, at, task, fromGit }: TaskProps & { fromGit: boolean }) {
    const [making, make] = useState<'k8s' | 'git' | null>(null);
    const found = useLoaded(`endpoints of ${draft.project}`, ['endpoints'], async (s) => (await list<Endpoint>('/endpoints', { $top: 1000, $filter: `(project eq '${draft.project.replace(/'/g, "''")}')` }, s)).rows);
    const named = (type: string) => (found.data ?? []).filter((e) => e.type === type).map((e) => e.name);
    const set = (name: string, value: string) => {
        const { [name]: _old, ...others } = task.endpoints ?? {};
        change(changeTask(draft, at, { endpoints: value ? { ...others, [name]: value } : others }));
    };
    const choice = (name: string, type: string, none: string) => {
        const value = task.endpoints?.[name] ?? '', names = named(type);
        return <Choice value={value} disabled={readOnly} set={(v) => set(name, v)} options={[['', none], ...[...names, ...(value && !names.includes(value) ? [value] : [])].map((n) => [n, n] as const)]} />;
    };
    return (
        <>
            <Field label={t('clusterField')} wrong={found.data && !named('k8s').includes(task.endpoints?.kubernetesServer ?? '') && task.endpoints?.kubernetesServer && !task.endpoints.kubernetesServer.includes('${') ? t('noSuchEndpoint') : ''}>
                <span class="joined">{choice('kubernetesServer', 'k8s', t('choose'))}{!readOnly && may('develop', draft.project) && <button type="button" onClick={() => make('k8s')}>{t('createEndpoint')}</button>}</span></Field>
            <Field label={t('pullSecretField')} hint={t('pullSecretHint')}>{choice('dockerRegistry', 'dockerregistry', t('noPullSecret'))}</Field>
            {fromGit && <Field label={t('gitField')}><span class="joined">{choice('scm', 'git', t('choose'))}{!readOnly && may('develop', draft.project) && <button type="button" onClick={() => make('git')}>{t('createEndpoint')}</button>}</span></Field>}
            {making && <EndpointForm type={making} project={draft.project} close={(saved) => { make(null); found.reload(); if (saved) set(making === 'git' ? 'scm' : 'kubernetesServer', saved); }} />}
        </>
    );
}

// ---- the definition

/* What may stand in it: inputs, and what tasks before this one gave. */
function referencesOf(draft: PipelineDraft, at: Place): string[] {
    const all = Object.keys(draft.input ?? {}).map((name) => '${input.' + name + '}');
    for (const stage of stageNames(draft)) {
        for (const row of rowsOf(draft.stages?.[stage])) {
            if (stage === at.stage && row.includes(at.task ?? '')) return all;
            all.push(...row.map((task) => '${' + `${stage}.${task}.output.response` + '}'));
        }
    }
    return all;
}

function Definition({ draft, at, input, set, readOnly }: Part & { draft: PipelineDraft; at: Place }) {
    const area = useRef<HTMLTextAreaElement>(null), file = useRef<HTMLInputElement>(null);
    const [over, setOver] = useState(false), [problem, setProblem] = useState('');
    const yaml = textOf(input.yaml), told = webhookBody(yaml);
    const take = async (chosen: File | undefined) => {
        setProblem('');
        if (!chosen) return;
        if (chosen.size > YAML_MOST) setProblem(t('fileTooLarge', { most: '512 KB' })); else { set({ yaml: await chosen.text() }); area.current?.scrollTo(0, 0); }
    };
    const insert = (reference: string) => {
        const box = area.current;
        if (!box || !reference) return;
        set({ yaml: box.value.slice(0, box.selectionStart) + reference + box.value.slice(box.selectionEnd) });
        box.focus();
    };
    const simulate = () => { sessionStorage.setItem('slipway.simulate', yaml); go('/triggers/docker/simulate'); };
    return (
        <div class={problem ? 'field wrong' : 'field'}>
            <span id="local-yaml">{t('localYaml')}</span>
            {!readOnly && <div class="actions">
                <button type="button" onClick={() => file.current?.click()}>{t('chooseYaml')}</button>
                <input ref={file} type="file" class="hidden" tabIndex={-1} aria-hidden="true" accept=".yaml,.yml,.json,text/*" onChange={(e) => { void take(e.currentTarget.files?.[0]); e.currentTarget.value = ''; }} />
                <Choice aria-label={t('insertReference')} value="" set={insert} options={[['', t('insertReference')], ...referencesOf(draft, at).map((r) => [r, r] as const)]} />
                {!yaml.trim() && <button type="button" class="plain" onClick={() => set({ yaml: TEMPLATE })}>{t('yamlTemplate')}</button>}
            </div>}
            {told !== null && <div class="notice" role="status"><p>{t('webhookBody', { image: told })}</p><button type="button" onClick={simulate}>{t('simulateThis')}</button></div>}
            <textarea ref={area} class={over ? 'code over' : 'code'} rows={18} spellcheck={false} aria-labelledby="local-yaml" disabled={readOnly} value={yaml} onInput={(e) => set({ yaml: e.currentTarget.value })}
                onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(e) => { e.preventDefault(); setOver(false); void take(e.dataTransfer?.files[0]); }} />
            {problem ? <em role="alert">{problem}</em> : <small>{t('localYamlHint')}</small>}
        </div>
    );
}

type Source = 'local' | 'scm';
const sourceOf = (input: Record<string, unknown>): Source => (textOf(input.filePath || input.filepath) && !textOf(input.yaml) ? 'scm' : 'local');
const isTable = (value: unknown) => !!value && typeof value === 'object' && !Array.isArray(value);

function Payload(props: Part & { draft: PipelineDraft; at: Place; source: Source; setSource: (source: Source) => void }) {
    const { input, set, readOnly, source, setSource } = props;
    const path = input.filepath && !input.filePath ? 'filepath' : 'filePath', constants = isTable(input.parameters) && input.scmConstants === undefined ? 'parameters' : 'scmConstants'; /* the older name stays */
    const left = useRef({ yaml: '', file: '' }); /* of the other source, should somebody come back to it */
    const choose = (next: Source) => {
        left.current = { ...left.current, ...(next === 'scm' ? { yaml: textOf(input.yaml) } : { file: textOf(input[path]) }) };
        setSource(next);
        set(next === 'scm' ? { yaml: '', [path]: left.current.file } : { yaml: left.current.yaml, [path]: '' });
    };
    return (
        <>
            <fieldset class="radios" disabled={readOnly}><legend>{t('payloadSource')}</legend><span class="actions">
                <label class="check"><input type="radio" checked={source === 'scm'} onChange={() => choose('scm')} /><span>{t('sourceControl')}</span></label>
                <label class="check"><input type="radio" checked={source === 'local'} onChange={() => choose('local')} /><span>{t('localDefinition')}</span></label></span></fieldset>
            {source === 'scm' ? <><Plain {...props} label={t('filePath')} hint={t('filePathHint')} name={path} /><Plain {...props} label={t('fileCommit')} hint={t('fileCommitHint')} name="commit" />
                <Pairs label={t('fileParameters')} hint={t('fileParametersHint')} of={input[constants]} set={(v) => set({ [constants]: v })} readOnly={readOnly} placeholder="${input.DOCKER_TAG}" /></> : <Definition {...props} set={set} />}
        </>
    );
}

const withOwn = (all: string[], own: string) => [...new Set([...all, ...(own ? [own] : [])])].map((name) => [name, name] as const);

function Rollback(props: Part) {
    const { input, set, readOnly } = props;
    return (
        <>
            <Field label={t('resourceType')}><Choice value={textOf(input.resourceType)} disabled={readOnly} set={(v) => set({ resourceType: v })} options={[['', t('choose')], ...withOwn(['Deployment', 'StatefulSet', 'DaemonSet'], textOf(input.resourceType))]} /></Field>
            <Plain {...props} label={t('resourceName')} name="resourceName" />
            <Field label={t('revision')}><Choice value={textOf(input.revision) || 'n-1'} disabled={readOnly} set={(v) => set({ revision: v })} options={withOwn([1, 2, 3, 4, 5].map((n) => `n-${n}`), textOf(input.revision))} /></Field>
        </>
    );
}

// ---- the form

export function KubernetesForm(props: TaskProps) {
    const { draft, change, readOnly, at, task } = props;
    const input = task.input ?? {}, action = textOf(input.action).toUpperCase();
    const set = (some: Record<string, unknown>) => change(changeTask(draft, at, { input: Object.fromEntries(Object.entries({ ...input, ...some }).filter(([, value]) => value !== undefined)) }));
    const part: Part = { input, set, readOnly };
    const [source, setSource] = useState<Source>(() => sourceOf(input));
    return (
        <div class="stack">
            <h3>{t('kubernetesProperties')}</h3>
            <Endpoints {...props} fromGit={action !== 'ROLLBACK' && source === 'scm'} />
            <Field label={t('timeoutMinutes')}><Text type="number" min={1} max={1440} disabled={readOnly} value={textOf(input.timeout ?? 5)} set={(v) => set({ timeout: v === '' ? '' : Number(v) })} /></Field>
            <fieldset class="radios" disabled={readOnly}><legend>{t('action')}</legend><span class="actions">
                {ACTIONS.map(([name, text]) => <label key={name} class="check"><input type="radio" checked={action === name} onChange={() => set({ action: name })} /><span>{t(text)}</span></label>)}</span></fieldset>
            {action === 'CREATE' && isDockerStarted(draft) && <div class="notice" role="status"><p>{t('createWarning')}</p>{!readOnly && <button type="button" onClick={() => set({ action: 'APPLY' })}>{t('useApply')}</button>}</div>}
            {action === 'CREATE' && <Check {...part} label={t('continueOnConflict')} name="continueOnConflict" standard={false} />}
            {action === 'GET' && <Plain {...part} label={t('filterByLabel')} name="filterByLabel" />}
            {action === 'ROLLBACK' ? <Rollback {...part} /> : <Payload {...part} draft={draft} at={at} source={source} setSource={setSource} />}
            <Plain {...part} label={t('taskNamespace')} hint={t('taskNamespaceHint')} name="namespace" />
            {(task.endpoints?.dockerRegistry || textOf(input.pullSecret)) && <Plain {...part} label={t('pullSecretName')} hint={t('pullSecretNameHint')} name="pullSecret" />}
            {['CREATE', 'APPLY'].includes(action) && <Check {...part} label={t('pinImages')} name="pinImages" standard={true} />}
            {['CREATE', 'APPLY'].includes(action) && <Check {...part} label={t('failFast')} name="failFast" standard={true} />}
            {action === 'APPLY' && <Check {...part} label={t('force')} name="force" standard={false} />}
        </div>
    );
}
