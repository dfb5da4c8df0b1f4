/* The first hour: from nothing to the first deployment, each step checked against what is there. */
import './start.css';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { P, call, list, may } from '../../api';
import { useLoaded } from '../../loading';
import type { Endpoint, Event, Execution, Pipeline, Webhook } from '../../model';
import { Choice, Dialog, Empty, Field, Head, Loading, Text, Trouble, useAction } from '../../parts';
import { firstProject, mayDevelopIn } from '../../projects';
import { go } from '../../router';
import { statusText, t, type TextKey } from '../../texts';
import { EndpointForm } from '../endpoints/form';
import { type Check, CheckRows } from '../triggers/checks';
import { demoPipeline } from './demo';

interface State { registries: Endpoint[]; clusters: Endpoint[]; pipelines: Pipeline[]; webhooks: Webhook[]; events: Event[]; runs: Execution[] }

const KINDS = ['endpoints', 'pipelines', 'webhooks', 'events', 'executions'];

async function load(project: string, signal: AbortSignal): Promise<State> {
    const within = `(project eq '${project.replace(/'/g, "''")}')`;
    const some = <T,>(path: string, more: Record<string, string | number> = {}) => list<T>(path, { $filter: within, $top: 50, ...more }, signal).then((page) => page.rows);
    const [endpoints, pipelines, webhooks, events, runs] = await Promise.all([some<Endpoint>('/endpoints'), some<Pipeline>('/pipelines'), some<Webhook>('/registry-webhooks'),
        some<Event>('/registry-events', { $top: 5 }), some<Execution>('/executions', { $top: 5 })]);
    return { registries: endpoints.filter((e) => e.type === 'dockerregistry'), clusters: endpoints.filter((e) => e.type === 'k8s'), pipelines, webhooks, events, runs };
}

const listens = (p: Pipeline) => (p.options ?? []).includes('DOCKER_TRIGGER') || Object.keys(p.input ?? {}).some((name) => name.startsWith('DOCKER_'));

// ---- the demo pipeline

function Demo({ project, clusters, close }: { project: string; clusters: Endpoint[]; close: () => void }) {
    const [name, setName] = useState('deploy'), [cluster, setCluster] = useState(clusters[0]?.name ?? ''), [namespace, setNamespace] = useState('default'), [port, setPort] = useState('8080');
    const { busy, problem, run } = useAction();
    const make = () => run(async () => {
        const made = await call<{ id: string }>('POST', `${P}/pipelines`, demoPipeline(project, name, cluster, namespace, Number(port)));
        close();
        go(`/pipelines/${made.id}?tab=model`);
    });
    return (
        <Dialog title={t('demoPipeline')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); make(); }}>
                <p class="faint">{t('demoHint')}</p>
                <Field label={t('name')} wrong={problem?.field === 'name' ? problem.message : ''}><Text required autoFocus value={name} set={setName} /></Field>
                <Field label={t('kubernetesCluster')}><Choice value={cluster} set={setCluster} options={clusters.map((c) => [c.name, c.name])} /></Field>
                <div class="pair"><Field label={t('namespace')}><Text required value={namespace} set={setNamespace} /></Field>
                    <Field label={t('demoPort')}><Text type="number" min={1} max={65535} required value={port} set={setPort} /></Field></div>
                {problem?.field !== 'name' && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t('create')}</button></footer>
            </form>
        </Dialog>
    );
}

// ---- the steps

type Opened = 'dockerregistry' | 'k8s' | 'demo' | null;
interface Step { text: TextKey; why: TextKey; done: boolean; found: string; act: ComponentChildren }

function stepsOf(s: State, open: (what: Opened) => void): Step[] {
    const ready = s.pipelines.filter((p) => listens(p)), webhook = s.webhooks[0], event = s.events[0], run = s.runs[0];
    const button = (text: TextKey, act: () => void) => <button type="button" class="primary" onClick={act}>{t(text)}</button>;
    const link = (text: TextKey, href: string) => <a class="button primary" href={href}>{t(text)}</a>;
    return [
        { text: 'stepRegistry', why: 'stepRegistryWhy', done: s.registries.length > 0, found: s.registries.map((e) => e.name).join(', '), act: button('newEndpoint', () => open('dockerregistry')) },
        { text: 'stepCluster', why: 'stepClusterWhy', done: s.clusters.length > 0, found: s.clusters.map((e) => e.name).join(', '), act: button('newEndpoint', () => open('k8s')) },
        { text: 'stepPipeline', why: 'stepPipelineWhy', done: ready.length > 0, found: ready.map((p) => p.name).join(', '), act: s.clusters.length ? button('demoPipeline', () => open('demo')) : <span class="faint">{t('stepAfterCluster')}</span> },
        { text: 'stepEnable', why: 'stepEnableWhy', done: ready.some((p) => p.enabled), found: ready.filter((p) => p.enabled).map((p) => p.name).join(', '),
            act: ready[0] ? link('stepOpenPipeline', `/pipelines/${ready[0].id}`) : <span class="faint">{t('stepAfterPipeline')}</span> },
        { text: 'stepWebhook', why: 'stepWebhookWhy', done: s.webhooks.length > 0, found: s.webhooks.map((w) => w.name).join(', '), act: link('newWebhook', '/triggers/docker/webhooks?new=1') },
        { text: 'stepPush', why: 'stepPushWhy', done: s.events.length > 0, found: event ? `${event.imageName}:${event.tag}, ${statusText(event.executionStatus)}` : '',
            act: webhook ? <code>docker push {webhook.imageNameRegExPattern || webhook.repoName || 'IMAGE'}:TAG</code> : <span class="faint">{t('stepAfterWebhook')}</span> },
        { text: 'stepRun', why: 'stepRunWhy', done: s.runs.some((r) => r.status === 'COMPLETED'), found: run ? `${run.name} #${run.index}, ${statusText(run.status)}` : '',
            act: run ? link('stepOpenRun', `/executions/${run.id}`) : event ? link('activity', '/triggers/docker/activity') : <span class="faint">{t('stepAfterPush')}</span> },
    ];
}

function Steps({ steps, mine }: { steps: Step[]; mine: boolean }) {
    const next = steps.findIndex((s) => !s.done);
    return (
        <ol class="steps">
            {steps.map((step, i) => (
                <li key={step.text} class={step.done ? 'done' : i === next ? 'next' : ''} aria-current={i === next ? 'step' : undefined}>
                    <i aria-hidden="true">{step.done ? '✓' : i + 1}</i>
                    <div><h2>{t(step.text)} <span class="hidden">{t(step.done ? 'stepDone' : 'stepOpen')}</span></h2>
                        {step.found && <p><bdi>{step.found}</bdi></p>}{!step.done && <p class="faint">{t(step.why)}</p>}{i === next && mine && <div class="actions">{step.act}</div>}</div>
                </li>
            ))}
        </ol>
    );
}

/* Asks registry and cluster, so not at every push: only when something was changed that it depends on. */
function Checks({ webhook }: { webhook: Webhook }) {
    const { data } = useLoaded<Check[]>(`checks ${webhook.id}`, ['endpoints', 'pipelines', 'webhooks', 'variables', 'tokens'],
        async (s) => (await call<{ checks: Check[] }>('GET', `${P}/registry-webhooks/${webhook.id}/checks`, undefined, s)).checks);
    const wrong = (data ?? []).filter((c) => c.status !== 'ok');
    return wrong.length ? <section class="panel"><h2>{t('checksOf', { name: webhook.name })}</h2><CheckRows checks={wrong} /></section> : null;
}

export default function Start() {
    const [project, setProject] = useState(''), here = project || firstProject();
    const { data, problem, reload } = useLoaded<State>(`start ${here}`, KINDS, (s) => load(here, s));
    const [opened, open] = useState<Opened>(null);
    const mine = mayDevelopIn(), all = data && stepsOf(data, open).every((s) => s.done);
    return (
        <>
            <Head title={t('firstHour')}>{mine.length > 1 && <Choice aria-label={t('project')} value={here} set={setProject} options={mine.map((p) => [p, p])} />}</Head>
            <p class="faint">{t('startHint')}</p>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {all && <Empty title={t('startDone')} hint={t('startDoneHint')}><a class="button primary" href="/">{t('dashboard')}</a></Empty>}
            {data && <Steps steps={stepsOf(data, open)} mine={may('develop', here)} />}
            {data?.webhooks[0] && may('develop', here) && <Checks webhook={data.webhooks[0]} />}
            {data && opened === 'demo' && <Demo project={here} clusters={data.clusters} close={() => open(null)} />}
            {(opened === 'k8s' || opened === 'dockerregistry') && <EndpointForm type={opened} project={here} close={() => { open(null); reload(); }} />}
        </>
    );
}
