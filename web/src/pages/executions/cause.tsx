/* Why a run is there: the push that started it and the webhook that decided, or who asked for it; and what it caused in turn. */
import { P, call, filterOf, list } from '../../api';
import { useLoaded } from '../../loading';
import type { Event, Execution, RunPush } from '../../model';
import { Status, Time } from '../../parts';
import { t } from '../../texts';

const pageOf = (link: string) => `/executions/${link.split('/').pop()!}`;

export function Cause({ run }: { run: Execution }) {
    const { data } = useLoaded<Event | null>(`cause ${run.id}`, [], async (s) => (await list<Event>('/registry-events', { $filter: filterOf({ execution: run.id }), $top: 1 }, s)).rows[0] ?? null);
    if (!data && run._rerunOfLink) return <p>{t('startedBy', { name: run._executedBy })}: {t('againOf')} <a href={pageOf(run._rerunOfLink)}>#{run._rerunOfIndex}</a></p>;
    if (!data) return run._executedBy ? <p>{t('startedBy', { name: run._executedBy })}{run.comments && <> – <bdi>{run.comments}</bdi></>}</p> : null;
    return (
        <p class="cause">{t('startedByPush')} <strong><bdi>{data.imageName}</bdi></strong><span class="tag"><bdi>{data.tag}</bdi></span>
            {data.owner && <span>{t('by', { name: data.owner })}</span>}
            {data.pushedBy && <span>{t('pushedByTheRun')} <a href={pageOf(data.pushedBy.executionLink)}>{data.pushedBy.name} #{data.pushedBy.executionIndex}</a></span>}
            <span>{t('webhook')} <a href={`/triggers/docker/activity?event=${data.id}`}>{data.webhook}</a></span><Time at={data.timeStampInMicros} />
            {data.attempt > 1 && <span class="chip">{t('attempt', { n: data.attempt })}</span>}
            {data.digest && <code class="digest" title={data.digest}>{data.digest.slice(0, 19)}…</code>}</p>
    );
}

/* Images that the run pushed, each with the runs that its push started. */
export function Pushed({ run }: { run: Execution }) {
    const { data } = useLoaded<RunPush[]>(`pushes ${run.id}`, ['executions'], async (s) => (await call<{ pushes: RunPush[] }>('GET', `${P}/executions/${run.id}/pushes`, undefined, s)).pushes);
    return <>{(data ?? []).map((push) => (
        <p class="cause pushed" key={push.image}>{t('runPushed')} <strong><bdi>{push.repository}</bdi></strong><span class="tag"><bdi>{push.tag}</bdi></span>
            {push.executions.map((next) => <span key={next.executionLink}>{t('pushStarted')} <a href={pageOf(next.executionLink)}>{next.name} #{next.executionIndex}</a> <Status is={next.status} /></span>)}
            {push.digest && <code class="digest" title={push.digest}>{push.digest.slice(0, 19)}…</code>}</p>))}</>;
}
