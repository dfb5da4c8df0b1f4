/* The workspace of CI tasks: every field of Code Stream's, and what it knows beyond them kept whole. */
import { list } from '../../api';
import { useLoaded } from '../../loading';
import type { Endpoint } from '../../model';
import { Choice, Field, Json, Text, Toggle } from '../../parts';
import { t } from '../../texts';
import { type TabProps, textOf } from './parameters';

type Workspace = Record<string, unknown>;
const KNOWN = ['type', 'endpoint', 'image', 'registry', 'path', 'cache', 'environmentVariables', 'limits', 'autoCloneForTrigger'];

const linesOf = (value: unknown): string => (Array.isArray(value) ? value.map(textOf).join('\n') : '');
const pairsOf = (value: unknown): string => Object.entries((value as Record<string, unknown> | undefined) ?? {}).map(([k, v]) => `${k}=${textOf(v)}`).join('\n');
const lines = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean);
const pairs = (text: string) => Object.fromEntries(lines(text).map((line) => { const at = line.indexOf('='); return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1)]; }));

/* Written when it is left: while somebody types, a line is not yet what it will be. */
function Lines({ value, set, readOnly }: { value: string; set: (text: string) => void; readOnly: boolean }) {
    return <textarea key={value} rows={3} spellcheck={false} class="code" readOnly={readOnly} onChange={(e) => set(e.currentTarget.value)}>{value}</textarea>;
}

export function WorkspaceTab({ draft, change, readOnly }: TabProps) {
    const key = draft.workspace || !draft.ciWorkspace ? 'workspace' : 'ciWorkspace';
    const space = (draft[key] ?? {}) as Workspace, limits = (space.limits ?? {}) as Workspace;
    const put = (some: Workspace) => change({ ...draft, [key]: { ...space, ...some } });
    const number = (text: string) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text));
    const field = (name: string, label: string, hint = '') => <Field label={label} {...(hint ? { hint } : {})}><Text value={textOf(space[name])} readOnly={readOnly} set={(v) => put({ [name]: v })} /></Field>;
    const found = useLoaded(`endpoints of ${draft.project}`, ['endpoints'], async (s) => (await list<Endpoint>('/endpoints', { $top: 1000, $filter: `(project eq '${draft.project.replace(/'/g, "''")}')` }, s)).rows);
    const chosen = (name: string, type: string, label: string, hint: string, none: string) => { /* what is there already is kept, also where it names no such endpoint */
        const value = textOf(space[name]), names = (found.data ?? []).filter((e) => e.type === type).map((e) => e.name);
        return <Field label={label} hint={hint}><Choice value={value} disabled={readOnly} set={(v) => put({ [name]: v })} options={[['', none], ...[...new Set([...names, ...(value ? [value] : [])])].map((n) => [n, n] as const)]} /></Field>;
    };
    const cluster = textOf(space.type).toUpperCase() === 'K8S', customs = (space.customProperties ?? {}) as Workspace;
    const custom = (name: string, label: string, hint: string) => <Field label={label} hint={hint}><Text value={textOf(customs[name])} readOnly={readOnly} set={(v) => put({ customProperties: { ...customs, [name]: v } })} /></Field>;
    const kept = Object.entries(customs).filter(([name]) => !cluster || !['namespace', 'persistentVolumeClaim'].includes(name));
    const others = Object.fromEntries(Object.entries(space).filter(([name]) => !KNOWN.includes(name) && (name !== 'customProperties' || kept.length)).map(([name, v]) => [name, name === 'customProperties' ? Object.fromEntries(kept) : v]));
    return (
        <div class="stack narrow">
            <p class="faint">{t('workspaceMeans')}</p>
            <div class="pair">
                <Field label={t('workspaceType')}><Choice value={textOf(space.type)} disabled={readOnly} set={(type) => put({ type })} options={[['', '–'], ['DOCKER', 'Docker'], ['K8S', 'Kubernetes']]} /></Field>
                {cluster ? chosen('endpoint', 'k8s', t('workspaceHost'), t('workspaceClusterHint'), '–') : chosen('endpoint', 'docker', t('workspaceHost'), t('workspaceHostHint'), '–')}
            </div>
            {cluster && <div class="pair">{custom('namespace', t('workspaceNamespace'), t('workspaceNamespaceHint'))}{custom('persistentVolumeClaim', t('workspaceClaim'), t('workspaceClaimHint'))}</div>}
            <div class="pair">{field('image', t('builderImage'), t('builderImageHint'))}{chosen('registry', 'dockerregistry', t('imageRegistry'), t('imageRegistryHint'), t('noRegistryLogin'))}</div>
            <Field label={t('workingDirectory')}><Text value={textOf(space.path)} readOnly={readOnly} placeholder="/build" set={(path) => put({ path })} /></Field>
            <Field label={t('cache')}><Lines value={linesOf(space.cache)} readOnly={readOnly} set={(text) => put({ cache: lines(text) })} /></Field>
            <Field label={t('environment')}><Lines value={pairsOf(space.environmentVariables)} readOnly={readOnly} set={(text) => put({ environmentVariables: pairs(text) })} /></Field>
            <div class="pair">
                <Field label={t('cpuLimit')}><Text inputMode="decimal" value={textOf(limits.cpu)} readOnly={readOnly} set={(v) => put({ limits: { ...limits, cpu: number(v) } })} /></Field>
                <Field label={t('memoryLimit')}><Text inputMode="numeric" value={textOf(limits.memory)} readOnly={readOnly} set={(v) => put({ limits: { ...limits, memory: number(v) } })} /></Field>
            </div>
            <p><Toggle on={space.autoCloneForTrigger === true || space.autoCloneForTrigger === 'true'} disabled={readOnly} label={t('autoClone')} set={(on) => put({ autoCloneForTrigger: on })} /></p>
            {Object.keys(others).length > 0 && <section class="stack"><h3>{t('moreKeys')}</h3><Json value={others} /></section>}
        </div>
    );
}
