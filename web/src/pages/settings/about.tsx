/* Settings: which server this is and how it is; and, for administrators, who did what. */
import './settings.css';
import { useEffect, useState } from 'preact/hooks';
import { P, call, filterOf, isAdministrator } from '../../api';
import { shownText, useList } from '../../listing';
import { useLoaded } from '../../loading';
import { Choice, Copy, Empty, Head, Loading, Text, Time, Trouble } from '../../parts';
import { projects } from '../../projects';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { Windowed } from '../../windowed';

interface About { latestApiVersion: string; product: { name: string; version: string } }

/* /readyz speaks in plain text: whether this node takes deliveries, and why not. */
function useReady(): string | null {
    const [said, say] = useState<string | null>(null);
    useEffect(() => {
        const stop = new AbortController();
        const ask = () => void fetch('/readyz', { cache: 'no-store', signal: stop.signal }).then(async (a) => say(a.ok ? '' : (await a.text()).slice(0, 300)), () => { if (!stop.signal.aborted) say(t('noConnection')); });
        ask();
        const timer = setInterval(ask, 15_000); /* nothing tells of it by itself: a disk that fills up is no event */
        return () => { stop.abort(); clearInterval(timer); };
    }, []);
    return said;
}

function Server() {
    const { data, problem, reload } = useLoaded<About>('about', [], (s) => call('GET', `${P}/about`, undefined, s));
    const ready = useReady();
    return (
        <section class="panel">
            <h2>{t('about')}</h2>
            <Trouble problem={problem} retry={reload} />
            {data && <dl class="values">
                <div><dt>{t('version')}</dt><dd>{data.product.name} {data.product.version}</dd></div>
                <div><dt>{t('apiVersion')}</dt><dd>{data.latestApiVersion}</dd></div>
                <div><dt>{t('address')}</dt><dd>{location.origin} <Copy quiet text={location.origin} /></dd></div>
                <div><dt>{t('state')}</dt><dd><span role="status" class={ready === null ? 'faint' : `status ${ready ? 'bad' : 'good'}`}>{ready !== null && <i aria-hidden="true" />}{ready === null ? t('loading') : ready || t('readyNow')}</span></dd></div>
            </dl>}
            <p><a href="/metrics" target="_blank" rel="noreferrer">{t('metrics')}</a></p>
        </section>
    );
}

// ---- the audit

interface Audited { id: string; project: string; user: string; action: string; object: string; detail: string; _createTimeInMicros: number }

function Audit() {
    const q = query(), search = q.get('search') ?? '', project = q.get('project') ?? '', user = q.get('user') ?? '';
    const { data, problem, reload, more, see, newer, toTop } = useList<Audited>('/audit-events', { $filter: filterOf({ project, user }), search }, ['executions', 'events', 'endpoints', 'variables', 'pipelines', 'projects', 'members', 'users', 'tokens', 'webhooks']);
    const filtered = search || project || user;
    return (
        <section class="stack">
            <h2>{t('audit')}</h2>
            <p class="faint">{t('auditHint')}</p>
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('searchAudit')} value={search} set={(v) => setQuery('search', v)} />
                {projects.value.length > 1 && <Choice aria-label={t('project')} value={project} set={(v) => setQuery('project', v)} options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
                {user && <button type="button" class="chip" aria-label={`${t('takeAway')}: ${user}`} onClick={() => setQuery('user', '')}>{user} ✕</button>}
                <span class="faint count" aria-live="polite">{data ? shownText(data) : ''}</span>
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noAudit')} hint={t(filtered ? 'nothingFitsHint' : 'auditHint')} />}
            {data && data.rows.length > 0 && <Windowed rows={data.rows} keyOf={(one) => String(one.id)} label={t('audit')} estimate={60} see={see} more={more} newer={newer} toTop={toTop}>{(one) => (
                <div class="line audit-line"><span class="what"><strong>{one.action}</strong><small><bdi>{[one.object, one.detail].filter(Boolean).join(' – ')}</bdi></small></span>
                    <span><button type="button" class="plain" onClick={() => setQuery('user', one.user)}>{one.user}</button></span><span class="whom"><small>{one.project}</small></span><span class="when"><Time at={one._createTimeInMicros} /></span></div>)}</Windowed>}
        </section>
    );
}

export default function Settings() {
    return <><Head title={t('settings')} /><Server />{isAdministrator() && <Audit />}</>;
}
