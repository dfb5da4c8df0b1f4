/* The stages and tasks of a run: as columns and cards, or along the time that they took. */
import type { Execution, Stage, Task } from '../../model';
import { Duration, Status, tone } from '../../parts';
import { query, setQuery } from '../../router';
import { durationText, t } from '../../texts';
import { goes, lanes } from '../../model';

export const inOrder = (run: Execution): Stage[] => run.stageOrder.flatMap((name) => run.stages[name] ?? []);
const tasksOf = (stage: Stage): Task[][] => lanes(stage.taskOrder, stage.tasks).map((lane) => lane.flatMap((name) => stage.tasks[name] ?? []));

/* A task's place: its number is what logs are asked by. */
export interface Placed { stage: Stage; task: Task; index: number; key: string }
export const placed = (run: Execution): Placed[] => inOrder(run).flatMap((stage) => Object.values(stage.tasks).map((task) => ({ stage, task, key: `${stage.name}/${task.name}` }))).map((one, index) => ({ ...one, index }));

/* The task to look at: the one that was asked for, else the failed, the running, the first. */
export function lookedAt(all: Placed[]): Placed | null {
    const wanted = query().get('task') ?? '', by = (status: string) => all.find((one) => one.task.status === status);
    return all.find((one) => one.key === wanted) ?? by('FAILED') ?? by('WAITING') ?? by('RUNNING') ?? all[0] ?? null;
}

/* Of a stage that is clicked, the task that says most. */
function firstOf(stage: Stage): string {
    const all = Object.values(stage.tasks), task = all.find((one) => one.status === 'FAILED') ?? all.find((one) => goes(one.status)) ?? tasksOf(stage)[0]?.[0];
    return task ? `${stage.name}/${task.name}` : '';
}

function Card({ stage, task, selected }: { stage: Stage; task: Task; selected: boolean }) {
    return (
        <button type="button" class={`task ${tone(task.status)}`} aria-pressed={selected} onClick={() => setQuery('task', `${stage.name}/${task.name}`)}>
            <strong>{task.name}</strong><span class="task-line"><Status is={task.status} />{task._startTime && <Duration from={task._startTime} micros={task._durationInMicros} going={goes(task.status)} />}</span></button>
    );
}

export function Map({ run, selected }: { run: Execution; selected: string }) {
    return (
        <div class="map" tabIndex={0} role="group" aria-label={t('stages', { n: run.stageOrder.length, m: placed(run).length })}>
            {inOrder(run).map((stage) => (
                <section key={stage.name} class={`stage ${tone(stage.status)}`} aria-label={`${t('stage')} ${stage.name}`}>
                    <header><h2><button type="button" class="plain" onClick={() => setQuery('task', firstOf(stage))}>{stage.name}</button></h2>
                        {stage._startTime && <Duration from={stage._startTime} micros={stage._durationInMicros} going={goes(stage.status)} />}</header>
                    {tasksOf(stage).map((lane, i) => <div class="lane" key={i}>{lane.map((task) => <Card key={task.name} stage={stage} task={task} selected={`${stage.name}/${task.name}` === selected} />)}</div>)}
                </section>
            ))}
        </div>
    );
}

// ---- where the time went

/* Shares of the run's own time, from its first task's beginning. */
export function Timing({ run, selected }: { run: Execution; selected: string }) {
    const all = placed(run).filter((one) => one.task._startTime), now = Date.now() * 1000;
    if (!all.length) return <p class="faint">{t('noTiming')}</p>;
    const begin = Math.min(...all.map((one) => one.task._startTime!)), endOf = (task: Task) => (goes(task.status) ? now : task._startTime! + task._durationInMicros);
    const whole = Math.max(1, ...all.map((one) => endOf(one.task) - begin));
    return (
        <div class="timing" role="group" aria-label={t('timing')}>{all.map(({ task, key }) => (
            <button key={key} type="button" class={tone(task.status)} aria-pressed={key === selected} onClick={() => setQuery('task', key)}>
                <span>{key.replace('/', ' › ')}</span>
                <span class="track" aria-hidden="true"><i style={{ marginLeft: `${(100 * (task._startTime! - begin)) / whole}%`, width: `${Math.max(0.4, (100 * (endOf(task) - task._startTime!)) / whole)}%` }} /></span>
                <span class="number">{durationText(endOf(task) - task._startTime!)}</span>
            </button>))}
            <p class="faint timing-foot"><small>{t('timingWaited', { time: durationText(Math.max(0, begin - run._requestTimeInMicros)) })}</small></p>
        </div>
    );
}
