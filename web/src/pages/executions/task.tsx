/* One task of a run: what it says now, its pods, log, what it took and what it gave. */
import { useState } from 'preact/hooks';
import { download } from '../../api';
import type { Execution, Pod } from '../../model';
import { goes, isLive, pageOf } from '../../model';
import { Approval } from '../approvals/answer';
import { Duration, Status, Time, Trouble, useAction } from '../../parts';
import { t } from '../../texts';
import { Log } from './log';
import type { Placed } from './map';
import { PathFinder } from './paths';

/* A rollout, pod by pod, as the cluster tells it. */
function Pods({ of }: { of: Pod[] }) {
    return (
        <div class="panel flat"><table class="pods">
            <thead><tr><th>{t('pod')}</th><th>{t('status')}</th><th>{t('podReady')}</th><th>{t('podRestarts')}</th><th>{t('podReason')}</th></tr></thead>
            <tbody>{of.map((pod) => (
                <tr key={pod.name}><td data-label={t('pod')}><code>{pod.name}</code></td><td data-label={t('status')}><span class={`status ${pod.ready === pod.containers ? 'good' : pod.reason ? 'bad' : 'busy'}`}><i aria-hidden="true" />{pod.phase}</span></td>
                    <td data-label={t('podReady')} class="number">{pod.ready}/{pod.containers}</td><td data-label={t('podRestarts')} class="number">{pod.restarts}</td><td data-label={t('podReason')}><bdi>{pod.reason || '–'}</bdi></td></tr>))}</tbody>
        </table></div>
    );
}

/* Files that it kept: their links are among its outputs. */
function Artifacts({ input, links }: { input: unknown; links: unknown }) {
    const { busy, problem, run } = useAction();
    const paths = Array.isArray(input) ? input : [];
    const all = (Array.isArray(links) ? links : []).map((link, i) => ({ link: String(link), name: String(paths[i] ?? i) })).filter((one) => one.link.startsWith('/'));
    if (!all.length) return null;
    return <div class="actions"><span class="faint">{t('artifacts')}</span>{all.map((one) => <button key={one.link} type="button" class="plain" disabled={busy} onClick={() => run(() => download(one.link, one.name))}>{one.name}</button>)}<Trouble problem={problem} /></div>;
}

/* References begin with "Stage.Task"; a name with a dot in it cannot be one. */
export function TaskDetail({ run, of: { stage, task, index } }: { run: Execution; of: Placed }) {
    const [tab, setTab] = useState<'log' | 'input' | 'output'>('log');
    const file = `${run.name}-${run.index}-${stage.name}-${task.name}.log`.replace(/[^\w.-]+/g, '-'), pods = (task._detail?.pods ?? []).filter((pod) => isLive(task.status) || pod.phase !== 'Terminating'); /* afterwards: what stayed */
    const part = typeof task.output?.pipelineExecutionLink === 'string' ? task.output.pipelineExecutionLink : task._detail?.execution;
    return (
        <section class="panel" aria-label={task.name}>
            <header class="panel-head"><h2>{task.name}</h2><Status is={task.status} /><span class="faint">{[task.type, task._resolved?.action, task.endpoints.kubernetesServer].filter(Boolean).join(' · ')}</span>
                <Duration from={task._startTime} micros={task._durationInMicros} going={goes(task.status)} />{(task._attempt ?? 1) > 1 && <span class="chip">{t('attempt', { n: task._attempt! })}</span>}</header>
            {task.statusMessage && task.status !== 'FAILED' && <p aria-live="polite"><bdi>{task.statusMessage}</bdi></p>}
            {task._restore && <p class="notice" aria-live="polite"><Status is={task._restore.status} /> <bdi>{task._restore.statusMessage || t('puttingBack')}</bdi></p>}
            {task._retryTime && isLive(task.status) && <p class="notice">{t('triesAgain')} <Time at={task._retryTime} /></p>}
            <Artifacts input={task.input?.artifacts} links={task.output?.artifacts} />
            {task._detail?.userOperation && isLive(task.status) && <Approval link={task._detail.userOperation} />}
            {part && <p><a href={pageOf(part)}>{t('partRun', { name: String(task.input?.pipeline ?? '') })}</a></p>}
            {pods.length > 0 && <Pods of={pods} />}
            <div class="segments" role="group" aria-label={task.name}>
                {(['log', 'input', 'output'] as const).map((name) => <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>{t(name)}</button>)}
            </div>
            {tab === 'log' ? <Log key={index} run={run.id} task={index} going={isLive(task.status) || isLive(task._restore?.status ?? '')} name={file} /> : <PathFinder key={tab} begin={`${stage.name}.${task.name}.${tab}`} value={task[tab]} />}
        </section>
    );
}
