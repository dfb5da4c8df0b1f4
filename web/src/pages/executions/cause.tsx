/* Why a run is there: the push that started it and the webhook that decided, or who asked for it. */
import { filterOf, list } from '../../api';
import { useLoaded } from '../../loading';
import type { Event, Execution } from '../../model';
import { Time } from '../../parts';
import { t } from '../../texts';

export function Cause({ run }: { run: Execution }) {
    const { data } = useLoaded<Event | null>(`cause ${run.id}`, [], async (s) => (await list<Event>('/registry-events', { $filter: filterOf({ execution: run.id }), $top: 1 }, s)).rows[0] ?? null);
    if (!data && run._rerunOfLink) return <p>{t('startedBy', { name: run._executedBy })}: {t('againOf')} <a href={`/executions/${run._rerunOfLink.split('/').pop()!}`}>#{run._rerunOfIndex}</a></p>;
    if (!data) return run._executedBy ? <p>{t('startedBy', { name: run._executedBy })}{run.comments && <> – <bdi>{run.comments}</bdi></>}</p> : null;
    return (
        <p class="cause">{t('startedByPush')} <strong><bdi>{data.imageName}</bdi></strong><span class="tag"><bdi>{data.tag}</bdi></span>
            {data.owner && <span>{t('by', { name: data.owner })}</span>}<span>{t('webhook')} <a href={`/triggers/docker/activity?event=${data.id}`}>{data.webhook}</a></span><Time at={data.timeStampInMicros} />
            {data.attempt > 1 && <span class="chip">{t('attempt', { n: data.attempt })}</span>}
            {data.digest && <code class="digest" title={data.digest}>{data.digest.slice(0, 19)}…</code>}</p>
    );
}
