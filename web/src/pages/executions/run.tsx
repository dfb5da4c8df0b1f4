/* One run: its stages and tasks as they go, and the reason first when something failed. */
import './executions.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { P, call, may } from '../../api';
import { useLoaded } from '../../loading';
import { type Execution, type Stage, type Task, isLive, lanes } from '../../model';
import type { Parts } from '../../lazy';
import { Confirm, Duration, Head, Loading, Status, Time, Trouble, Values, tone, useAction } from '../../parts';
import { go, query, setQuery } from '../../router';
import { t } from '../../texts';

const inOrder = (run: Execution) => run.stageOrder.flatMap((name) => run.stages[name] ?? []);
const tasksOf = (stage: Stage) => lanes(stage.taskOrder, stage.tasks).map((lane) => lane.flatMap((name) => stage.tasks[name] ?? []));
const key = (stage: Stage, task: Task) => `${stage.name}/${task.name}`;

/* The task to look at: the one that was asked for, else the failed, the running, the first. */
function chosen(run: Execution, asked: string): { stage: Stage; task: Task; index: number } | null {
    const all = inOrder(run).flatMap((stage) => Object.values(stage.tasks).map((task) => ({ stage, task, index: 0 })));
    all.forEach((one, i) => { one.index = i; });
    const by = (status: string) => all.find((x) => x.task.status === status);
    return all.find((x) => key(x.stage, x.task) === asked) ?? by('FAILED') ?? by('RUNNING') ?? by('WAITING') ?? all[0] ?? null;
}

function Map({ run, selected }: { run: Execution; selected: string }) {
    return (
        <div class="map" tabIndex={0} role="group" aria-label={t('stage')}>
            {inOrder(run).map((stage) => (
                <section key={stage.name} class={`stage ${tone(stage.status)}`}>
                    <header><h2>{stage.name}</h2><Duration from={stage._startTime} micros={stage._durationInMicros} going={stage.status === 'RUNNING'} /></header>
                    {tasksOf(stage).map((lane, i) => <div class="lane" key={i}>{lane.map((task) => (
                        <button type="button" key={task.name} class={`task ${tone(task.status)}`} aria-pressed={key(stage, task) === selected} onClick={() => setQuery('task', key(stage, task))}>
                            <strong>{task.name}</strong><Status is={task.status} /></button>
                    ))}</div>)}
                </section>
            ))}
        </div>
    );
}

const LOG_MOST = 200_000; /* characters that are kept on the screen; the newest */

function Log({ run, task, going }: { run: string; task: number; going: boolean }) {
    const [text, setText] = useState('');
    const at = useRef(0);
    const box = useRef<HTMLPreElement>(null);
    const bottom = useRef(true);
    useEffect(() => {
        const stop = new AbortController();
        let timer = 0;
        const read = async () => {
            try {
                for (;;) {
                    const piece = await call<{ logs: string; next: number }>('GET', `${P}/executions/${run}/logs?task=${task}&after=${at.current}`, undefined, stop.signal);
                    if (stop.signal.aborted) return;
                    if (piece.logs) setText((old) => (old + piece.logs).slice(-LOG_MOST));
                    const further = piece.next > at.current;
                    at.current = Math.max(at.current, piece.next);
                    if (!further || !piece.logs) break;
                }
            } catch { /* the next look tells it again */ }
            if (going && !stop.signal.aborted) timer = window.setTimeout(() => void read(), 500);
        };
        void read();
        return () => { stop.abort(); clearTimeout(timer); };
    }, [run, task, going]);
    useEffect(() => { if (bottom.current && box.current) box.current.scrollTop = box.current.scrollHeight; }, [text]);
    if (!text) return <p class="faint">{t('noLog')}</p>;
    return <pre ref={box} class="log" tabIndex={0} onScroll={(e) => { const b = e.currentTarget; bottom.current = b.scrollHeight - b.scrollTop - b.clientHeight < 40; }}>{text}</pre>;
}

function TaskDetail({ run, task, index }: { run: Execution; task: Task; index: number }) {
    const [tab, setTab] = useState<'log' | 'input' | 'output'>('log');
    return (
        <section class="panel">
            <header class="panel-head"><h2>{task.name}</h2><Status is={task.status} /><span class="faint">{task.type}</span>
                <Duration from={task._startTime} micros={task._durationInMicros} going={task.status === 'RUNNING'} /></header>
            {task.statusMessage && task.status !== 'FAILED' && <p>{task.statusMessage}</p>}
            <div class="segments" role="group" aria-label={task.name}>
                {(['log', 'input', 'output'] as const).map((name) => <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>{t(name)}</button>)}
            </div>
            {tab === 'log' ? <Log key={index} run={run.id} task={index} going={isLive(task.status)} /> : <Values of={task[tab]} />}
        </section>
    );
}

function Actions({ run }: { run: Execution }) {
    const { busy, problem, run: act } = useAction();
    const [asking, ask] = useState(false);
    if (!may('execute', run.project)) return null;
    const post = (action: string) => call('POST', `${P}/executions/${run.id}?action=${action}`, {});
    const again = async () => {
        const made = await call<{ executionId: string }>('POST', `${P}/pipelines/${run._pipelineLink.split('/').pop()}/executions`, { input: run.input, comments: run.comments });
        go(`/executions/${made.executionId}`);
    };
    const live = isLive(run.status), waits = ['PAUSED', 'WAITING'].includes(run.status);
    return (
        <>
            {live && !waits && run.status === 'RUNNING' && <button type="button" disabled={busy} onClick={() => act(() => post('pause'))}>{t('pause')}</button>}
            {waits && <button type="button" class="primary" disabled={busy} onClick={() => act(() => post('resume'))}>{t('resume')}</button>}
            {live && <button type="button" onClick={() => ask(true)}>{t('cancelRun')}</button>}
            {!live && run._pipelineLink && <button type="button" class="primary" disabled={busy} onClick={() => act(again)}>{t('runAgain')}</button>}
            <Trouble problem={problem} />
            {asking && <Confirm title={`${t('cancelRun')}?`} hint={t('cancelRunHint')} word={t('cancelRun')} close={() => ask(false)} act={() => post('cancel')} />}
        </>
    );
}

export default function ExecutionPage({ id = '' }: Parts) {
    const { data: run, problem, reload } = useLoaded<Execution>(`execution ${id}`, ['executions'], (s) => call('GET', `${P}/executions/${encodeURIComponent(id)}`, undefined, s));
    if (!run) return problem ? <><Head title={t('execution')} /><Trouble problem={problem} retry={reload} /></> : <Loading />;
    const look = chosen(run, query().get('task') ?? '');
    const failed = inOrder(run).flatMap((s) => Object.values(s.tasks)).find((x) => x.status === 'FAILED');
    return (
        <>
            <p class="crumbs"><a href="/executions">{t('executions')}</a></p>
            <Head title={<>{run.name} <span class="index">#{run.index}</span></>}><Actions run={run} /></Head>
            <p class="facts"><Status is={run.status} /><Duration from={run._startTime} micros={run._durationInMicros} going={isLive(run.status)} /><Time at={run._requestTimeInMicros} />
                {run._executedBy && <span>{t('by', { name: run._executedBy })}</span>}{run.comments && <span>{run.comments}</span>}</p>
            {run.status === 'FAILED' && <div class="trouble" role="status"><h2>{failed ? t('failedAt', { task: failed.name }) : run.status}</h2><p>{failed?.failureMessage || run.statusMessage}</p></div>}
            {run.status !== 'FAILED' && run.status !== 'COMPLETED' && run.statusMessage && <p class="notice">{run.statusMessage}</p>}
            <Map run={run} selected={look ? key(look.stage, look.task) : ''} />
            {look && <TaskDetail key={key(look.stage, look.task)} run={run} task={look.task} index={look.index} />}
            <div class="pair">
                <section class="panel"><h2>{t('input')}</h2><Values of={run.input} /></section>
                <section class="panel"><h2>{t('output')}</h2><Values of={run.output} /></section>
            </div>
        </>
    );
}
