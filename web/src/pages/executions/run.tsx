/* One run: its stages and tasks as they go, and the reason first when something failed. */
import './executions.css';
import { useState } from 'preact/hooks';
import { P, call } from '../../api';
import type { Parts } from '../../lazy';
import { useLoaded } from '../../loading';
import { type Execution, isLive } from '../../model';
import { Duration, Head, Loading, Status, Time, Trouble } from '../../parts';
import { setQuery } from '../../router';
import { t } from '../../texts';
import { Actions } from './actions';
import { Cause, Pushed } from './cause';
import { ToldBy } from '../notifications/told';
import { Map, type Placed, Timing, lookedAt, placed } from './map';
import { PathFinder } from './paths';
import { TaskDetail } from './task';

/* What failed, in the words of who refused it; the rest of the page is how it came to that. */
function Failure({ run, all }: { run: Execution; all: Placed[] }) {
    if (!['FAILED', 'ROLLING_BACK', 'ROLLBACK_COMPLETED', 'ROLLBACK_FAILED'].includes(run.status)) return null;
    const failed = all.filter((one) => one.task.status === 'FAILED');
    return (
        <div class="trouble failure" role="status">
            {!failed.length && <p><bdi>{run.statusMessage}</bdi></p>}
            {failed.map(({ task, stage, key }) => (
                <section key={key}><h2>{t('failedAt', { task: `${stage.name} › ${task.name}` })}</h2><p><bdi>{task.failureMessage || task.statusMessage || run.statusMessage}</bdi></p>
                    <p><button type="button" onClick={() => setQuery('task', key)}>{t('showTask')}</button></p></section>))}
        </div>
    );
}

/* Words for a run that stands still; the server's own, where it has some. */
function Standing({ run, all }: { run: Execution; all: Placed[] }) {
    if (['FAILED', 'COMPLETED', 'RUNNING'].includes(run.status)) return null;
    const asks = all.find((one) => one.task.status === 'WAITING');
    if (run.status === 'WAITING' && asks) return <p class="notice"><bdi>{`${asks.stage.name} › ${asks.task.name}: ${asks.task.statusMessage}`}</bdi></p>;
    const said = run.status === 'QUEUED' && !run.statusMessage ? t('queuedHint') : run.statusMessage;
    return said || run.reason ? <p class="notice"><bdi>{[said, run.reason].filter(Boolean).join(' – ')}</bdi></p> : null;
}

function Course({ run, selected }: { run: Execution; selected: string }) {
    const [timing, showTiming] = useState(false);
    return (
        <section class="course">
            <div class="segments" role="group" aria-label={t('course')}>
                <button type="button" aria-pressed={!timing} onClick={() => showTiming(false)}>{t('stagesTab')}</button><button type="button" aria-pressed={timing} onClick={() => showTiming(true)}>{t('timing')}</button></div>
            {timing ? <Timing run={run} selected={selected} /> : <Map run={run} selected={selected} />}
        </section>
    );
}

export default function ExecutionPage({ id = '' }: Parts) {
    const { data: run, problem, reload } = useLoaded<Execution>(`execution ${id}`, ['executions'], (s) => call('GET', `${P}/executions/${encodeURIComponent(id)}`, undefined, s));
    if (!run) return problem ? <><Head title={t('execution')} /><Trouble problem={problem} retry={reload} /></> : <Loading />;
    const all = placed(run), look = lookedAt(all);
    return (
        <>
            <p class="crumbs"><a href="/executions">{t('executions')}</a></p>
            <Head title={<>{run.name} <span class="index">#{run.index}</span></>}><Actions run={run} /></Head>
            <p class="facts"><Status is={run.status} /><Duration from={run._startTime} micros={run._durationInMicros} going={isLive(run.status) && run.status !== 'QUEUED'} /><Time at={run._requestTimeInMicros} />
                <span>{run.project}</span>{run.tags.map((tag) => <a key={tag} class="chip" href={`/executions?tag=${encodeURIComponent(tag)}`}>{tag}</a>)}</p>
            <Cause run={run} />
            <Pushed run={run} />
            <Failure run={run} all={all} />
            <Standing run={run} all={all} />
            <Course run={run} selected={look?.key ?? ''} />
            {look && <TaskDetail key={look.key} run={run} of={look} />}
            <ToldBy run={run} />
            <div class="pair">
                <section class="panel"><h2>{t('input')}</h2><PathFinder begin="input" value={run.input} /></section>
                <section class="panel"><h2>{t('output')}</h2><PathFinder begin="output" value={run.output} /></section>
            </div>
        </>
    );
}
