import './executions.css';
import { filterOf } from '../../api';
import { useList } from '../../listing';
import { type Execution, isLive } from '../../model';
import { Choice, Duration, Empty, Head, Loading, Status, Text, Time, Trouble, tone } from '../../parts';
import { query, setQuery } from '../../router';
import { statusText, t } from '../../texts';

const STATUSES = ['RUNNING', 'QUEUED', 'WAITING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELED'];

/* One piece a stage, in the colour of how it stands. */
function Stages({ of }: { of: Execution }) {
    const stages = of.stageOrder.flatMap((name) => of.stages[name] ?? []);
    return <span class="bar" aria-hidden="true">{stages.map((s) => <i key={s.name} class={tone(s.status)} title={`${s.name}: ${statusText(s.status)}`} />)}</span>;
}

/* What was deployed, where a push started it. */
const about = ({ input, comments }: Execution) => (input.DOCKER_TAG ? `${String(input.DOCKER_IMAGE ?? '')}:${String(input.DOCKER_TAG)}` : comments);

export function ExecutionRow({ run }: { run: Execution }) {
    return (
        <li class="row"><a class="line execution-line" href={`/executions/${run.id}`}>
            <Status is={run.status} />
            <span class="what"><strong>{run.name} <span class="index">#{run.index}</span></strong><small>{run.status === 'FAILED' ? run.statusMessage : about(run) || run.statusMessage}</small></span>
            <Stages of={run} />
            <span class="whom"><small>{run._executedBy && t('by', { name: run._executedBy })}</small></span>
            <span class="took"><Duration from={run._startTime} micros={run._durationInMicros} going={isLive(run.status)} /></span>
            <span class="when"><Time at={run._requestTimeInMicros} /></span>
        </a></li>
    );
}

export default function Executions() {
    const q = query();
    const status = q.get('status') ?? '', search = q.get('search') ?? '';
    const { data, problem, reload, more } = useList<Execution>('/executions', { $filter: filterOf({ status }), search, expand: 'PIPELINE_STAGE_TASK' }, ['executions']);
    const filtered = status || search;
    return (
        <>
            <Head title={t('executions')} />
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <Choice aria-label={t('status')} value={status} set={(v) => setQuery('status', v)} options={[['', `${t('status')}: ${t('all')}`], ...STATUSES.map((s) => [s, statusText(s)] as const)]} />
                {data && <span class="faint count" aria-live="polite">{t('shown', { count: data.rows.length, total: data.total })}</span>}
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noRuns')} hint={t(filtered ? 'nothingFitsHint' : 'noRunsHint')} />}
            {data && data.rows.length > 0 && <ul class="rows">{data.rows.map((r) => <ExecutionRow key={r.id} run={r} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
        </>
    );
}
