/* Executions: all of them, the newest first, however many there are. */
import './executions.css';
import { useState } from 'preact/hooks';
import { P, call, filterOf, list } from '../../api';
import { shownText, useList } from '../../listing';
import { useLoaded } from '../../loading';
import type { ExecutionBrief } from '../../model';
import { Choice, Confirm, Empty, Head, Loading, Menu, Text, Trouble } from '../../parts';
import { mayDevelopIn, projects } from '../../projects';
import { query, setQuery } from '../../router';
import { Since, useSince } from '../../since';
import { statusText, t } from '../../texts';
import { Windowed } from '../../windowed';
import { ExecutionLine } from './line';

const STATUSES = ['RUNNING', 'QUEUED', 'WAITING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELED'];

interface Wanted { filter: string; search: string; any: boolean }

function useWanted(): Wanted {
    const q = query(), search = q.get('search') ?? '', since = useSince('_requestTimeInMicros');
    const equal = filterOf({ status: q.get('status') ?? '', name: q.get('pipeline') ?? '', project: q.get('project') ?? '', _executedBy: q.get('by') ?? '', tags: q.get('tag') ?? '' });
    const filter = [equal, since].filter(Boolean).join(' and ');
    return { filter, search, any: filter !== '' || search !== '' };
}

function Filters({ count }: { count: string }) {
    const q = query(), chosen = q.get('pipeline') ?? '', by = q.get('by') ?? '';
    const { data } = useLoaded('pipelines of the filter', ['pipelines'], (s) => list<{ name: string }>('/pipelines', { view: 'brief', $orderby: 'name asc', $top: 200 }, s));
    const names = [...new Set([...(data?.rows.map((one) => one.name) ?? []), ...(chosen ? [chosen] : [])])];
    return (
        <div class="filters" role="search">
            <Text type="search" aria-label={t('search')} placeholder={t('searchRuns')} value={q.get('search') ?? ''} set={(v) => setQuery('search', v)} />
            <Choice aria-label={t('status')} value={q.get('status') ?? ''} set={(v) => setQuery('status', v)} options={[['', `${t('status')}: ${t('all')}`], ...STATUSES.map((s) => [s, statusText(s)] as const)]} />
            {names.length > 1 && <Choice aria-label={t('pipeline')} value={chosen} set={(v) => setQuery('pipeline', v)} options={[['', `${t('pipeline')}: ${t('all')}`], ...names.map((n) => [n, n] as const)]} />}
            {projects.value.length > 1 && <Choice aria-label={t('project')} value={q.get('project') ?? ''} set={(v) => setQuery('project', v)} options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
            <Since />
            {by && <button type="button" class="chip" aria-label={`${t('takeAway')}: ${t('by', { name: by })}`} onClick={() => setQuery('by', '')}>{t('by', { name: by })} ✕</button>}
            <span class="faint count" aria-live="polite">{count}</span>
        </div>
    );
}

/* All that are over and fit the filter; the server deletes them piece by piece. */
function DeleteAll({ wanted, total, close }: { wanted: Wanted; total: string; close: () => void }) {
    return <Confirm title={t('deleteRunsAsk')} hint={t('deleteRunsHint', { n: total })} word={t('remove')} close={close} act={() => call('DELETE', `${P}/executions?${new URLSearchParams({ $filter: wanted.filter })}`)} />;
}

export default function Executions() {
    const wanted = useWanted();
    const { data, problem, reload, more, see, newer, toTop } = useList<ExecutionBrief>('/executions', { view: 'brief', $filter: wanted.filter, search: wanted.search }, ['executions']);
    const [clearing, clear] = useState(false);
    const filtered = wanted.any, mayDelete = wanted.filter !== '' && wanted.search === '' && mayDevelopIn().length > 0;
    return (
        <>
            <Head title={t('executions')}>{mayDelete && !!data?.rows.length && <Menu label={t('moreActions')} items={[{ text: `${t('deleteRuns')} …`, bad: true, act: () => clear(true) }]} />}</Head>
            <Filters count={data ? shownText(data) : ''} />
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noRuns')} hint={t(filtered ? 'nothingFitsHint' : 'noRunsHint')} />}
            {data && data.rows.length > 0 && <Windowed rows={data.rows} keyOf={(r) => r.id} label={t('executions')} estimate={66} see={see} more={more} newer={newer} toTop={toTop}>{(r) => <ExecutionLine run={r} />}</Windowed>}
            {clearing && data && <DeleteAll wanted={wanted} total={String(data.total)} close={() => clear(false)} />}
        </>
    );
}
