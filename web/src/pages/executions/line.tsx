/* One execution as a line of a list: here, on the dashboard, at its pipeline. */
import './executions.css';
import { type ExecutionBrief, isLive } from '../../model';
import { Duration, Status, Time, tone } from '../../parts';
import { statusText, t } from '../../texts';

/* One piece a stage, in the colour of how it stands. */
function Stages({ of }: { of: ExecutionBrief }) {
    return <span class="bar" aria-hidden="true">{of._stages.map((s) => <i key={s.name} class={tone(s.status)} title={`${s.name}: ${statusText(s.status)}`} />)}</span>;
}

/* What tells it from the others: the input with a star, else what was deployed, else what was said when it was started. */
function about({ input, comments, starred }: ExecutionBrief): string {
    const star = starred.input && starred.input !== 'DOCKER_TAG' ? `${starred.input}: ${String(input[starred.input] ?? '')}` : '';
    const image = input.DOCKER_TAG ? [input.DOCKER_IMAGE, input.DOCKER_TAG].filter(Boolean).map(String).join(':') : '';
    return [image, star].filter(Boolean).join(' · ') || comments;
}

export function ExecutionLine({ run }: { run: ExecutionBrief }) {
    return (
        <a class="line execution-line" href={`/executions/${run.id}`}>
            <Status is={run.status} />
            <span class="what"><strong><bdi>{run.name}</bdi> <span class="index">#{run.index}</span></strong><small><bdi>{run.status === 'FAILED' ? run.statusMessage : about(run) || run.statusMessage}</bdi></small></span>
            <Stages of={run} />
            <span class="whom"><small>{run._executedBy && t('by', { name: run._executedBy })}</small></span>
            <span class="took"><Duration from={run._startTime} micros={run._durationInMicros} going={isLive(run.status) && run.status !== 'QUEUED'} /></span>
            <span class="when"><Time at={run._requestTimeInMicros} /></span>
        </a>
    );
}
