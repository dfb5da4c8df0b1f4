/* How things stand: what runs, what failed, the last pushes and what came of each, how often it goes well and how long it takes. */
import './dashboard.css';
import { useMemo } from 'preact/hooks';
import { P, call, filterOf } from '../../api';
import { lazy } from '../../lazy';
import { useList } from '../../listing';
import { useLoaded } from '../../loading';
import { type Event, type ExecutionBrief, pageOf } from '../../model';
import { Choice, Head, Loading, Status, Time, Trouble } from '../../parts';
import { projects } from '../../projects';
import { query, setQuery } from '../../router';
import { durationText, t, type TextKey } from '../../texts';
import { ExecutionLine } from '../executions/line';

export interface Summary {
    counts: Record<'running' | 'waiting' | 'queued' | 'held' | 'failed24h' | 'completed24h' | 'canceled24h', number>;
    days: { day: string; completed: number; failed: number; canceled: number; deploys: number; medianDeploySeconds: number | null }[];
    deploys: { _atInMicros: number; seconds: number; status: string; name: string; index: number; executionLink: string; image: string }[];
}

const TILES: { key: keyof Summary['counts']; text: TextKey; tone: string; href: string }[] = [
    { key: 'running', text: 'tileRunning', tone: 'busy', href: '/executions?status=RUNNING' },
    { key: 'waiting', text: 'tileWaiting', tone: 'wait', href: '/executions?status=WAITING' },
    { key: 'queued', text: 'tileQueued', tone: 'wait', href: '/executions?status=QUEUED' },
    { key: 'held', text: 'tileHeld', tone: 'wait', href: '/triggers/docker/activity?status=HELD' },
    { key: 'failed24h', text: 'tileFailed', tone: 'bad', href: '/executions?status=FAILED' },
    { key: 'completed24h', text: 'tileCompleted', tone: 'good', href: '/executions?status=COMPLETED' },
];

function Tiles({ counts }: { counts: Summary['counts'] }) {
    return <ul class="tiles">{TILES.map(({ key, text, tone, href }) => <li key={key}><a class={counts[key] ? `tile ${tone}` : 'tile'} href={href}><strong class="number">{counts[key]}</strong><span>{t(text)}</span></a></li>)}</ul>;
}

/* The numbers that the charts show, as words: also what a screen reader gets. */
function rates(summary: Summary): { done: number; failed: number; rate: number | null; median: number | null } {
    const done = summary.days.reduce((n, d) => n + d.completed, 0), failed = summary.days.reduce((n, d) => n + d.failed, 0);
    const seconds = summary.deploys.filter((d) => d.status === 'COMPLETED').map((d) => d.seconds).sort((a, b) => a - b);
    return { done, failed, rate: done + failed ? Math.round((100 * done) / (done + failed)) : null, median: seconds.length ? seconds[Math.floor(seconds.length / 2)]! : null };
}

const Charts = lazy<{ summary: Summary }>(() => import('./charts'));

function Push({ event }: { event: Event }) {
    return (
        <li class="row"><div class="line push-line">
            <Status is={event.executionStatus} />
            <span class="what"><strong><a href={`/triggers/docker/activity?search=${encodeURIComponent(event.tag)}`}><bdi>{event.imageName}</bdi></a><span class="tag"><bdi>{event.tag}</bdi></span></strong><small><bdi>{event.message}</bdi></small></span>
            <span class="run">{event.executionLink && <a href={pageOf(event.executionLink)}>{event.pipeline} #{event.executionIndex}</a>}</span>
            <span class="when"><Time at={event.timeStampInMicros} /></span>
        </div></li>
    );
}

function Lists({ project }: { project: string }) {
    const pushes = useList<Event>('/registry-events', { $filter: filterOf({ project }) }, ['events', 'executions']);
    const failed = useList<ExecutionBrief>('/executions', { view: 'brief', $filter: filterOf({ project, status: 'FAILED' }) }, ['executions']);
    return (
        <div class="dashboard-lists">
            <section><h2>{t('lastPushes')}</h2><Trouble problem={pushes.problem} />
                {pushes.data && (pushes.data.rows.length ? <ul class="rows">{pushes.data.rows.slice(0, 8).map((e) => <Push key={e.id} event={e} />)}</ul> : <p class="faint">{t('noEvents')}</p>)}
                <p><a href="/triggers/docker/activity">{t('activity')}</a></p></section>
            <section><h2>{t('lastFailures')}</h2><Trouble problem={failed.problem} />
                {failed.data && (failed.data.rows.length ? <ul class="rows">{failed.data.rows.slice(0, 5).map((r) => <li key={r.id} class="row"><ExecutionLine run={r} /></li>)}</ul> : <p class="faint">{t('noFailures')}</p>)}
                <p><a href="/executions">{t('executions')}</a></p></section>
        </div>
    );
}

function Rates({ summary }: { summary: Summary }) {
    const { done, failed, rate, median } = useMemo(() => rates(summary), [summary]);
    if (rate === null) return null;
    return (
        <>
            <ul class="tiles wide-tiles">
                <li class="tile still"><strong class="number">{rate} %</strong><span>{t('successRate', { done, all: done + failed, days: summary.days.length })}</span></li>
                <li class="tile still"><strong class="number">{median === null ? '–' : durationText(median * 1e6)}</strong><span>{t('timeToDeploy')}</span></li>
            </ul>
            <Charts summary={summary} />
        </>
    );
}

export default function Dashboard() {
    const project = query().get('project') ?? '';
    const { data, problem, reload } = useLoaded<Summary>(`summary ${project}`, ['executions', 'events'], (s) => call('GET', `${P}/summary?days=14${project ? `&project=${encodeURIComponent(project)}` : ''}`, undefined, s));
    const nothing = data && !data.deploys.length && Object.values(data.counts).every((n) => !n) && data.days.every((d) => !d.completed && !d.failed && !d.canceled);
    return (
        <>
            <Head title={t('dashboard')}>{projects.value.length > 1 && <Choice aria-label={t('project')} value={project} set={(v) => setQuery('project', v)} options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}</Head>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {nothing && <div class="notice info actions"><p>{t('nothingYet')}</p><a class="button primary" href="/start">{t('firstHour')}</a></div>}
            {data && <Tiles counts={data.counts} />}
            {data && <Rates summary={data} />}
            <Lists project={project} />
        </>
    );
}
