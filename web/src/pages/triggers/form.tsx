/* The webhook's form, every field of the manual in its order. */
import { useState } from 'preact/hooks';
import { P, call, list } from '../../api';
import { useLoaded } from '../../loading';
import type { Endpoint, Pipeline, Webhook } from '../../model';
import { Choice, Dialog, Field, Text, Trouble, useAction } from '../../parts';
import { firstProject, mayDevelopIn } from '../../projects';
import { t } from '../../texts';
import { EndpointForm } from '../endpoints/form';
import { Patterns } from './patterns';
import { worthSaying } from './saved';
import { TokenField } from './token_field';

interface Draft {
    name: string; description: string; project: string; endpoint: string; pipeline: string; input: Record<string, string>; refreshToken: string; imageNameRegExPattern: string;
    tagNamePattern: string; verifyPush: string; registration: string; sweep: string; whenHeld: string; runLimit: string; senders: string;
}
type Set = (some: Partial<Draft>) => void;

const MASK = '*****';
const draftOf = (w: Webhook | null, project: string, clone: boolean): Draft => ({
    name: w ? (clone ? `${w.name}-2` : w.name) : '', description: w?.description ?? '', project: w?.project ?? project, endpoint: w?.endpoint ?? '', pipeline: w?.pipeline ?? '', input: w?.input ?? {},
    refreshToken: w && w.refreshToken !== MASK ? w.refreshToken : '', imageNameRegExPattern: w?.imageNameRegExPattern ?? '', tagNamePattern: w?.tagNamePattern ?? '',
    verifyPush: w?.verifyPush ?? 'preferred', registration: w?.registration ?? 'automatic', sweep: w?.sweep ?? 'on', whenHeld: w?.whenHeld ?? 'wait', runLimit: String(w?.runLimit ?? 60), senders: (w?.senders ?? []).join(', '),
});

const bodyOf = (d: Draft, kept: boolean) => ({
    ...d, runLimit: Number(d.runLimit), senders: d.senders.split(',').map((s) => s.trim()).filter(Boolean),
    refreshToken: d.refreshToken || (kept ? MASK : ''), input: Object.fromEntries(Object.entries(d.input).filter(([, v]) => v !== '')),
});

const FIELDS = ['project', 'name', 'endpoint', 'pipeline', 'refreshToken', 'imageNameRegExPattern', 'tagNamePattern', 'registration', 'runLimit', 'senders'];

export const isInjected = (name: string) => name.startsWith('DOCKER_');

function useNames(project: string) {
    const within = `(project eq '${project.replace(/'/g, "''")}')`;
    return useLoaded(`names ${project}`, ['endpoints', 'pipelines'], async (s) => ({
        endpoints: (await list<Endpoint>('/endpoints', { $top: 1000, $filter: `${within} and (type eq 'dockerregistry')` }, s)).rows.map((p) => p.name),
        pipelines: (await list<Pipeline>('/pipelines', { $top: 1000, $filter: within }, s)).rows,
    }));
}

const named = (names: string[], value: string) => [['', t('choose')] as const, ...[...new Set([...names, ...(value ? [value] : [])])].map((n) => [n, n] as const)];

/* What the pipeline takes: the push fills the Docker ones, the others may be given here or keep their defaults. */
function Inputs({ pipeline, draft, set }: { pipeline: Pipeline | undefined; draft: Draft; set: Set }) {
    if (!pipeline) return null;
    const all = Object.entries(pipeline.input ?? {}), own = all.filter(([name]) => !isInjected(name)), given = all.filter(([name]) => isInjected(name));
    return (
        <fieldset><legend>{t('inputsOf')}</legend>
            {given.length > 0 ? <p class="faint">{t('injected', { names: given.map(([n]) => n).join(', ') })}</p> : <p class="notice">{t('noInjected')} <a href={`/pipelines/${pipeline.id}?tab=input`}>{pipeline.name}</a></p>}
            {own.map(([name, standard]) => {
                const meta = pipeline._inputMeta?.[name];
                return <Field key={name} label={meta?.mandatory ? `${name} *` : name} hint={meta?.description || (standard ? t('defaultIs', { value: standard }) : undefined)}>
                    <Text value={draft.input[name] ?? ''} placeholder={standard} required={meta?.mandatory && !standard} set={(v) => set({ input: { ...draft.input, [name]: v } })} /></Field>;
            })}
        </fieldset>
    );
}

function Chosen({ draft, set, old, wrong }: { draft: Draft; set: Set; old: boolean; wrong: (field: string) => string }) {
    const names = useNames(draft.project), [making, make] = useState(false);
    const pipelines = names.data?.pipelines ?? [], takes = (p: Pipeline) => Object.keys(p.input ?? {}).some(isInjected);
    return (
        <>
            <div class="pair">
                <Field label={t('project')} wrong={wrong('project')}><Choice value={draft.project} disabled={old} set={(project) => set({ project, endpoint: '', pipeline: '', input: {} })}
                    options={[...new Set([...mayDevelopIn(), draft.project])].map((n) => [n, n] as const)} /></Field>
                <Field label={t('name')} wrong={wrong('name')}><Text required autoFocus={!old} value={draft.name} set={(name) => set({ name })} /></Field>
            </div>
            <Field label={t('description')}><Text value={draft.description} set={(description) => set({ description })} /></Field>
            <Field label={t('webhookEndpoint')} wrong={wrong('endpoint')}><span class="joined"><Choice required value={draft.endpoint} set={(endpoint) => set({ endpoint })} options={named(names.data?.endpoints ?? [], draft.endpoint)} />
                <button type="button" onClick={() => make(true)}>{t('createEndpoint')}</button></span></Field>
            <Field label={t('pipeline')} wrong={wrong('pipeline')} hint={names.data && !pipelines.length ? t('noPipelineYet') : undefined}><Choice required value={draft.pipeline} set={(pipeline) => set({ pipeline, input: {} })}
                options={[...named([], ''), ...pipelines.map((p) => [p.name, takes(p) ? `${p.name} · ${t('takesPush')}` : p.name] as const), ...(draft.pipeline && !pipelines.some((p) => p.name === draft.pipeline) ? [[draft.pipeline, draft.pipeline] as const] : [])]} /></Field>
            <Inputs pipeline={pipelines.find((p) => p.name === draft.pipeline)} draft={draft} set={set} />
            {making && <EndpointForm type="dockerregistry" project={draft.project} close={(saved) => { make(false); names.reload(); if (saved) set({ endpoint: saved }); }} />}
        </>
    );
}

function MoreOptions({ draft: d, set, wrong }: { draft: Draft; set: Set; wrong: (field: string) => string }) {
    return (
        <details open={['registration', 'runLimit', 'senders'].some((f) => wrong(f))}><summary>{t('moreOptions')}</summary><div class="stack">
            <Field label={t('verifyPush')} hint={t('verifyPushHint')}><Choice value={d.verifyPush} set={(verifyPush) => set({ verifyPush })} options={[['preferred', t('preferred')], ['required', t('required')], ['off', t('off')]]} /></Field>
            <Field label={t('registration')} wrong={wrong('registration')}><Choice value={d.registration} set={(registration) => set({ registration })} options={[['automatic', t('automatic')], ['manual', t('manual')]]} /></Field>
            <Field label={t('sweep')}><Choice value={d.sweep} set={(sweep) => set({ sweep })} options={[['on', t('on')], ['off', t('off')]]} /></Field>
            <Field label={t('whenHeld')}><Choice value={d.whenHeld} set={(whenHeld) => set({ whenHeld })} options={[['wait', t('whenHeldWait')], ['tryNewest', t('whenHeldTry')]]} /></Field>
            <Field label={t('runLimit')} wrong={wrong('runLimit')}><Text type="number" min={0} max={100000} value={d.runLimit} set={(runLimit) => set({ runLimit })} /></Field>
            <Field label={t('senders')} wrong={wrong('senders')}><Text value={d.senders} set={(senders) => set({ senders })} /></Field>
        </div></details>
    );
}

interface Props { old: Webhook | null; clone?: boolean; close: (saved: Webhook | null) => void }

export function WebhookForm({ old, clone = false, close }: Props) {
    const [d, setDraft] = useState(() => draftOf(old, firstProject(), clone));
    const set: Set = (some) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const changes = !!old && !clone;
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const save = () => run(async () => {
        const made = await call<Webhook>(changes ? 'PUT' : 'POST', `${P}/registry-webhooks${changes ? `/${old.id}` : ''}`, bodyOf(d, changes));
        close(worthSaying(made) ? made : null);
    });
    return (
        <Dialog title={changes ? old.name : t('newWebhook')} close={() => close(null)} wide>
            <form onSubmit={(e) => { e.preventDefault(); save(); }}>
                <Chosen draft={d} set={set} old={changes} wrong={wrong} />
                <TokenField project={d.project} name={d.name} value={d.refreshToken} set={(refreshToken) => set({ refreshToken })} kept={changes} wrong={wrong('refreshToken')} />
                <div class="pair">
                    <Field label={t('buildImage')} hint={t('buildImageHint')} wrong={wrong('imageNameRegExPattern')}><Text value={d.imageNameRegExPattern} set={(v) => set({ imageNameRegExPattern: v })} /></Field>
                    <Field label={t('tag')} hint={t('tagHint')} wrong={wrong('tagNamePattern')}><Text value={d.tagNamePattern} set={(v) => set({ tagNamePattern: v })} /></Field>
                </div>
                <Patterns project={d.project} endpoint={d.endpoint} image={d.imageNameRegExPattern} tag={d.tagNamePattern} />
                <MoreOptions draft={d} set={set} wrong={wrong} />
                {!(problem && FIELDS.includes(problem.field)) && <Trouble problem={problem} />}
                <footer><button type="button" onClick={() => close(null)}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button></footer>
            </form>
        </Dialog>
    );
}
