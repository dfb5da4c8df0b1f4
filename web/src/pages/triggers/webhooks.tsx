/* Docker webhooks as cards, and the form with every field. */
import './triggers.css';
import { useState } from 'preact/hooks';
import { P, call, list, may } from '../../api';
import { useList } from '../../listing';
import { useLoaded } from '../../loading';
import type { Endpoint, Pipeline, Webhook } from '../../model';
import { Choice, Confirm, Copy, Dialog, Empty, Field, Head, Loading, Text, Toggle, Trouble, useAction } from '../../parts';
import { firstProject } from '../../projects';
import { t } from '../../texts';

const urlOf = (w: Webhook) => async () => (await call<Webhook>('GET', `${P}/registry-webhooks/${w.id}`)).webhookUrl ?? '';
const HUB_TONE: Record<string, string> = { registered: 'good', failed: 'bad', failing: 'bad', pending: 'busy', manual: 'quiet' };
const SWEEP_TONE: Record<string, string> = { on: 'good', baseline: 'busy', failing: 'bad', impossible: 'wait' };

function Standing({ label, state, message, toned }: { label: string; state: string; message: string; toned: string }) {
    return <div><dt>{label}</dt><dd><span class={`status ${toned}`}><i aria-hidden="true" />{state}</span>{message && <small>{message}</small>}</dd></div>;
}

function Card({ w, edit, remove }: { w: Webhook; edit: () => void; remove: () => void }) {
    const { busy, problem, run } = useAction();
    const mine = may('develop', w.project);
    return (
        <li class={w.enabled ? 'card' : 'card dimmed'}>
            <header><h2>{w.name}</h2>
                <Toggle on={w.enabled} disabled={busy || !mine} label={t(w.enabled ? 'enabled' : 'disabled')} set={(enabled) => run(() => call('PATCH', `${P}/registry-webhooks/${w.id}`, { enabled }))} /></header>
            {w.description && <p class="faint">{w.description}</p>}
            <p class="route"><code>{w.imageNameRegExPattern || w.repoName || '.*'}<span class="tag">{w.tagNamePattern || t('anyTag')}</span></code>
                <span aria-hidden="true">→</span><strong>{w.pipeline}</strong></p>
            <dl class="standing">
                <Standing label={t('hub')} state={w.dockerHub.state} message={w.dockerHub.message} toned={HUB_TONE[w.dockerHub.state] ?? 'wait'} />
                <Standing label={t('sweepShort')} state={w.sweepStatus.state} message={w.sweepStatus.message} toned={SWEEP_TONE[w.sweepStatus.state] ?? 'quiet'} />
            </dl>
            {w.heldEvents > 0 && <p class="notice"><a href={`/triggers/docker/activity?webhook=${encodeURIComponent(w.name)}`}>{t('held', { n: w.heldEvents })}</a></p>}
            <Trouble problem={problem} />
            <footer><span class="faint">{w.endpoint}</span>
                <a href={`/triggers/docker/activity?webhook=${encodeURIComponent(w.name)}`}>{t('activity')}</a>
                {mine && <><Copy quiet text={urlOf(w)} label={t('copyUrl')} /><button type="button" class="plain" onClick={edit}>{t('edit')}</button>
                    <button type="button" class="plain bad" onClick={remove}>{t('remove')}</button></>}</footer>
        </li>
    );
}

// ---- the form

interface Draft {
    name: string; description: string; project: string; endpoint: string; pipeline: string; input: Record<string, string>; refreshToken: string; imageNameRegExPattern: string;
    tagNamePattern: string; verifyPush: string; registration: string; sweep: string; runLimit: string; senders: string;
}

const MASK = '*****';
const draftOf = (w: Webhook | null, project: string): Draft => ({
    name: w?.name ?? '', description: w?.description ?? '', project: w?.project ?? project, endpoint: w?.endpoint ?? '', pipeline: w?.pipeline ?? '', input: w?.input ?? {},
    refreshToken: w && w.refreshToken !== MASK ? w.refreshToken : '', imageNameRegExPattern: w?.imageNameRegExPattern ?? '', tagNamePattern: w?.tagNamePattern ?? '',
    verifyPush: w?.verifyPush ?? 'preferred', registration: w?.registration ?? 'automatic', sweep: w?.sweep ?? 'on', runLimit: String(w?.runLimit ?? 60), senders: (w?.senders ?? []).join(', '),
});

const bodyOf = (d: Draft, old: Webhook | null) => ({
    ...d, runLimit: Number(d.runLimit), senders: d.senders.split(',').map((s) => s.trim()).filter(Boolean),
    refreshToken: d.refreshToken || (old ? MASK : ''), input: Object.fromEntries(Object.entries(d.input).filter(([, v]) => v !== '')),
});

function useNames(project: string) {
    return useLoaded(`names ${project}`, ['projects', 'endpoints', 'pipelines'], async (s) => ({
        projects: (await list<{ name: string }>('/projects', { $top: 1000 }, s)).rows.map((p) => p.name),
        endpoints: (await list<Endpoint>('/endpoints', { $top: 1000, $filter: `(project eq '${project.replace(/'/g, "''")}') and (type eq 'dockerregistry')` }, s)).rows.map((p) => p.name),
        pipelines: (await list<Pipeline>('/pipelines', { $top: 1000, $filter: `(project eq '${project.replace(/'/g, "''")}')` }, s)).rows,
    }));
}

const named = (names: string[]) => [['', t('choose')] as const, ...names.map((n) => [n, n] as const)];

function Inputs({ pipeline, draft, set }: { pipeline: Pipeline | undefined; draft: Draft; set: (d: Partial<Draft>) => void }) {
    const all = Object.entries(pipeline?.input ?? {});
    const own = all.filter(([name]) => !name.startsWith('DOCKER_')), given = all.filter(([name]) => name.startsWith('DOCKER_'));
    if (!all.length) return null;
    return (
        <fieldset><legend>{t('inputsOf')}</legend>
            {given.length > 0 && <p class="faint">{t('injected', { names: given.map(([n]) => n).join(', ') })}</p>}
            {own.map(([name, standard]) => <Field key={name} label={name}><Text value={draft.input[name] ?? ''} placeholder={standard} set={(v) => set({ input: { ...draft.input, [name]: v } })} /></Field>)}
        </fieldset>
    );
}

function TokenField({ draft, set, old, wrong }: { draft: Draft; set: (d: Partial<Draft>) => void; old: Webhook | null; wrong: string }) {
    const { busy, problem, run } = useAction();
    const [made, setMade] = useState(false);
    const generate = () => run(async () => {
        const token = await call<{ token: string }>('POST', `${P}/tokens`, { name: `webhook ${draft.name}`.trim() });
        set({ refreshToken: token.token });
        setMade(true);
    });
    const reference = draft.refreshToken.startsWith('${');
    return (
        <>
            <Field label={t('apiToken')} hint={made ? t('useToken') : t('apiTokenHint')} wrong={wrong}>
                <span class="joined"><Text type={reference ? 'text' : 'password'} autoComplete="off" required={!old} value={draft.refreshToken} placeholder={old ? t('unchanged') : ''} set={(v) => set({ refreshToken: v })} />
                    <button type="button" disabled={busy} onClick={generate}>{t('generateToken')}</button></span></Field>
            <Trouble problem={problem} />
        </>
    );
}

function Form({ old, close }: { old: Webhook | null; close: () => void }) {
    const [d, setDraft] = useState(() => draftOf(old, firstProject()));
    const set = (some: Partial<Draft>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const names = useNames(d.project);
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const save = () => run(async () => {
        await call(old ? 'PUT' : 'POST', `${P}/registry-webhooks${old ? `/${old.id}` : ''}`, bodyOf(d, old));
        close();
    });
    return (
        <Dialog title={old ? old.name : t('newWebhook')} close={close} wide>
            <form onSubmit={(e) => { e.preventDefault(); save(); }}>
                <div class="pair">
                    <Field label={t('project')} wrong={wrong('project')}><Choice value={d.project} disabled={!!old} set={(project) => set({ project, endpoint: '', pipeline: '' })} options={(names.data?.projects ?? [d.project]).map((n) => [n, n])} /></Field>
                    <Field label={t('name')} wrong={wrong('name')}><Text required value={d.name} set={(name) => set({ name })} /></Field>
                </div>
                <Field label={t('description')}><Text value={d.description} set={(description) => set({ description })} /></Field>
                <div class="pair">
                    <Field label={t('webhookEndpoint')} wrong={wrong('endpoint')}><Choice required value={d.endpoint} set={(endpoint) => set({ endpoint })} options={named(names.data?.endpoints ?? [d.endpoint].filter(Boolean))} /></Field>
                    <Field label={t('pipeline')} wrong={wrong('pipeline')}><Choice required value={d.pipeline} set={(pipeline) => set({ pipeline })} options={named(names.data?.pipelines.map((p) => p.name) ?? [d.pipeline].filter(Boolean))} /></Field>
                </div>
                <Inputs pipeline={names.data?.pipelines.find((p) => p.name === d.pipeline)} draft={d} set={set} />
                <TokenField draft={d} set={set} old={old} wrong={wrong('refreshToken')} />
                <div class="pair">
                    <Field label={t('buildImage')} hint={t('buildImageHint')} wrong={wrong('imageNameRegExPattern')}><Text value={d.imageNameRegExPattern} set={(v) => set({ imageNameRegExPattern: v })} /></Field>
                    <Field label={t('tag')} hint={t('tagHint')} wrong={wrong('tagNamePattern')}><Text value={d.tagNamePattern} set={(v) => set({ tagNamePattern: v })} /></Field>
                </div>
                <details><summary>{t('moreOptions')}</summary>
                    <Field label={t('verifyPush')}><Choice value={d.verifyPush} set={(verifyPush) => set({ verifyPush })} options={[['preferred', t('preferred')], ['required', t('required')], ['off', t('off')]]} /></Field>
                    <Field label={t('registration')} wrong={wrong('registration')}><Choice value={d.registration} set={(registration) => set({ registration })} options={[['automatic', t('automatic')], ['manual', t('manual')]]} /></Field>
                    <Field label={t('sweep')}><Choice value={d.sweep} set={(sweep) => set({ sweep })} options={[['on', t('on')], ['off', t('off')]]} /></Field>
                    <Field label={t('runLimit')} wrong={wrong('runLimit')}><Text type="number" min={0} max={100000} value={d.runLimit} set={(runLimit) => set({ runLimit })} /></Field>
                    <Field label={t('senders')} wrong={wrong('senders')}><Text value={d.senders} set={(senders) => set({ senders })} /></Field>
                </details>
                <Trouble problem={problem} />
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{busy ? t('loading') : t('save')}</button></footer>
            </form>
        </Dialog>
    );
}

export default function Webhooks() {
    const { data, problem, reload, more } = useList<Webhook>('/registry-webhooks', { $orderby: 'name asc' }, ['webhooks', 'events']);
    const [edited, edit] = useState<Webhook | 'new' | null>(null);
    const [gone, remove] = useState<Webhook | null>(null);
    const create = <button type="button" class="primary" onClick={() => edit('new')}>{t('newWebhook')}</button>;
    return (
        <>
            <Head title={t('webhooks')}>{data && data.rows.length > 0 && create}</Head>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t('noWebhooks')} hint={t('noWebhooksHint')}>{create}</Empty>}
            {data && <ul class="cards">{data.rows.map((w) => <Card key={w.id} w={w} edit={() => edit(w)} remove={() => remove(w)} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {edited && <Form old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {gone && <Confirm title={t('deleteWebhook', { name: gone.name })} hint={t('deleteWebhookHint')} word={t('remove')} close={() => { remove(null); reload(); }} act={() => call('DELETE', `${P}/registry-webhooks/${gone.id}`)} />}
        </>
    );
}
